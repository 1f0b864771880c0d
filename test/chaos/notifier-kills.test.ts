import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@benchwire/deploy/local/free-port.ts';
import { applyNotifyRules } from '@benchwire/shared/client/notify.ts';
import { sentNotifications } from '@benchwire/shared/client/sent-notifications.ts';
import { type Finding, findingMessageId, findingSubject } from '@benchwire/shared/contracts/finding.ts';
import { notifyRules } from '@benchwire/shared/contracts/notify.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { aFinding, nextState } from '../support/findings.ts';
import { type NatsFixture, natsFixture } from '../support/nats-fixture.ts';
import { type SpawnedService, spawnService } from '../support/spawn-service.ts';

/**
 * The notifier, NATS and the receiving side are killed at random (kill -9) while findings come in: in the end every message is at each of
 * two receivers once per revision. BENCHWIRE_NOTIFY_FINDINGS=10000 makes it long; BENCHWIRE_NOTIFY_SEED varies it.
 */
const count = Number(process.env.BENCHWIRE_NOTIFY_FINDINGS ?? 150);
const seed = Number(process.env.BENCHWIRE_NOTIFY_SEED ?? 1);
const random = createRandom(seed);
/** Of so many one goes away later: a second revision. */
const GONE_OF = 10;
const MIN_KILLS = 6;
const KILLED = ['notifier', 'nats', 'receiver'] as const;
const patience = { timeout: 120_000 + count * 60, interval: 500 };

let fixture: NatsFixture;
let folder: string;
let file: string;
let port: number;
let notifier: SpawnedService;
let receiver: ChildProcess;
const stopping = new AbortController();

beforeAll(async () => {
  fixture = await natsFixture();
  folder = mkdtempSync(join(tmpdir(), 'bw-notifier-kills-'));
  file = join(folder, 'taken');
  port = await freePort();
});
afterAll(async () => {
  stopping.abort();
  receiver?.kill('SIGKILL');
  await notifier?.stop();
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts one, and starts it again whenever it has ended. */
function startNotifier(): void {
  notifier = spawnService('notifier', { ...fixture.servers.env, LOG_LEVEL: 'info' });
  notifier.child.once('exit', () => stopping.signal.aborted || startNotifier());
}

function startReceiver(): void {
  const program = join(import.meta.dirname, 'fake-receiver.ts');
  receiver = spawn(process.execPath, [program, String(port), file], { stdio: ['ignore', 'ignore', 'inherit'] });
  receiver.once('exit', () => stopping.signal.aborted || startReceiver());
}

const say = (found: Finding): Promise<unknown> =>
  publish(fixture.client, findingSubject(found), JSON.stringify(found), { id: findingMessageId(found) });

/**
 * One accident after the other, each one to four seconds after something was received again: what is killed more often than it takes to start
 * gets nowhere. @returns how often which was killed
 */
async function killAtRandom(isEnough: () => boolean): Promise<Record<string, number>> {
  const kills: Record<string, number> = { notifier: 0, nats: 0, receiver: 0 };
  for (let round = 0; !isEnough() || round < MIN_KILLS; round++) {
    const before = size();
    await vi.waitFor(() => expect(isEnough() || size() > before).toBe(true), patience);
    await pause(1000 + random() * 3000, stopping.signal);
    const who = KILLED[round < KILLED.length ? round : Math.floor(random() * KILLED.length)] ?? 'notifier';
    kills[who] = (kills[who] ?? 0) + 1;
    if (who === 'notifier') notifier.child.kill('SIGKILL');
    else if (who === 'receiver') receiver.kill('SIGKILL');
    else await fixture.servers.nats?.kill('SIGKILL');
  }
  return kills;
}

const size = (): number => (existsSync(file) ? statSync(file).size : 0);

interface Line {
  how: string;
  path: string;
  key: string;
  revision: number;
  alerts: string[];
}

function received(): Line[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [how = '', path = '', key = '', revision, alerts = ''] = line.split(' ');
    return { how, path, key, revision: Number(revision), alerts: alerts.split(',') };
  });
}

/** For each receiver: how many messages an alert was in, at each revision. */
function tally(lines: readonly Line[], path: string, revision: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines)
    if (line.how === 'taken' && line.path === path && line.revision === revision)
      for (const alert of line.alerts) counts.set(alert, (counts.get(alert) ?? 0) + 1);
  return counts;
}

it(
  `${count} findings reach two receivers once per revision, whatever is killed (seed ${seed})`,
  async () => {
    startReceiver();
    startNotifier();
    await vi.waitFor(() => expect(notifier.port()).toBeDefined(), patience);
    const url = `http://127.0.0.1:${port}`;
    const receivers = ['a', 'b'].map((name) => ({ name, connector: 'webhook', url: `${url}/${name}` }));
    const common = { group_by: ['series'], wait_seconds: 0, interval_seconds: 0 };
    const routes = [{ receiver: 'a', continue: true }, { receiver: 'b' }];
    const rules = notifyRules.parse({ receivers, route: { ...common, routes } });
    await applyNotifyRules(fixture.nats, { text: '', rules, by: 'test', now_ms: Date.now() });

    const began_ms = performance.now();
    const findings = Array.from({ length: count }, (_, i) => aFinding({ series_id: `s${i}`, pool: `cpu-${i}` }));
    const gone = findings.filter((_, i) => i % GONE_OF === 0);
    const ids = (list: readonly Finding[]): string[] => list.map(({ finding_id }) => finding_id).toSorted();
    const isAt = (path: string, revision: number, wanted: readonly Finding[]): boolean =>
      tally(received(), path, revision).size >= wanted.length;
    let is_done = false;
    const accidents = killAtRandom(() => is_done);
    for (const each of findings) await say(each);
    const published_ms = performance.now();
    await vi.waitFor(() => expect(['/a', '/b'].every((path) => isAt(path, 1, findings))).toBe(true), patience);
    for (const each of gone) await say(nextState(each, 'went_away'));
    await vi.waitFor(() => expect(['/a', '/b'].every((path) => isAt(path, 2, gone))).toBe(true), patience);
    const delivered_ms = performance.now();
    is_done = true;
    const kills = await accidents;
    // Everything is noted as sent: nothing comes after it.
    await vi.waitFor(async () => {
      const sent = await sentNotifications(fixture.nats);
      expect(sent.filter(({ delivery }) => delivery?.state !== 'sent')).toEqual([]);
    }, patience);
    const lines = received();
    for (const path of ['/a', '/b'])
      for (const [revision, wanted] of [
        [1, findings],
        [2, gone],
      ] as const) {
        const counts = tally(lines, path, revision);
        expect([...counts.keys()].toSorted()).toEqual(ids(wanted));
        expect([...counts.values()].filter((times) => times !== 1)).toEqual([]);
      }
    const keys = lines.filter(({ how }) => how === 'taken').map(({ path, key }) => `${path} ${key}`);
    expect(new Set(keys).size).toBe(keys.length);
    const repeated = lines.length - keys.length;
    const total = Object.values(kills).reduce((sum, each) => sum + each, 0);
    // Of each of the two receivers one message may be on its way when something dies.
    expect(repeated).toBeLessThanOrEqual(2 * total);
    const seconds = (ms: number): number => Math.round((ms - began_ms) / 100) / 10;
    const times = { published_s: seconds(published_ms), delivered_s: seconds(delivered_ms) };
    console.log(JSON.stringify({ findings: count, seed, kills, messages: keys.length, repeated, ...times }));
  },
  2 * patience.timeout + 120_000,
);
