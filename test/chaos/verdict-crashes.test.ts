import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@benchwire/shared/client/client.ts';
import type { RunVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { REPEATS_TAG } from '@benchwire/shared/verdict/repeats.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { StackFixture } from '../support/stack-fixture.ts';

/** Processes die while a base is measured beside its head, and while what can't be told is measured again: the verdict is the same. */

const folder = mkdtempSync(join(tmpdir(), 'bw-verdict-crashes-'));
const PATIENCE = { timeout: 120_000, interval: 50 };
let fixture: StackFixture;
let client: Client;
let stories = 0;

beforeAll(async () => {
  // Notes that it began; where it is the one that is to be held it waits for a file, and so is in the middle for as long as a test needs.
  writeFileSync(
    join(folder, 'measure.cjs'),
    `const { appendFileSync, existsSync, readFileSync } = require('node:fs');
     const [place, held, values] = process.argv.slice(2);
     appendFileSync(place, process.env.SIDE + '\\n');
     const n = readFileSync(place, 'utf8').trim().split('\\n').length;
     const say = () => {
       if (n === Number(held) && !existsSync(place + '.go')) return setTimeout(say, 20);
       const level = JSON.parse(values)[process.env.SIDE];
       const value = Array.isArray(level) ? level[n % level.length] : level * (1 + 0.004 * Math.sin(n * 2.4));
       console.log(JSON.stringify({ metric: 'latency_ms', unit: 'ms', value }));
     };
     say();`,
  );
  fixture = await StackFixture.start({
    dataDir: join(folder, 'data'),
    env: {
      ...{ WORKER_COMMANDS: 'node', WORKER_COMMAND_ENV_ALLOW: 'SIDE', WORKER_COMMAND_ISOLATION: 'off' },
      ...{ LOG_LEVEL: 'warn', ANOMALY_CONFIRM_RUNS: '0' },
    },
    services: { worker: 1, gateway: 0 },
  });
  client = fixture.client;
});
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A place where the programs of one story leave what they did. */
function newPlace(): { place: string; began: () => string[]; go: () => void } {
  const place = join(folder, `story-${++stories}`);
  const began = (): string[] => (existsSync(place) ? readFileSync(place, 'utf8').trim().split('\n') : []);
  return { place, began, go: () => writeFileSync(`${place}.go`, '') };
}

/** Kills services, and says when all of them are back. */
async function kill(...names: string[]): Promise<() => Promise<unknown>> {
  const services = names.map((name) => fixture.stack.service(name));
  await Promise.all(services.map((service) => service.kill('SIGKILL')));
  return () => Promise.all(services.map((service) => service.waitReady()));
}

const finalVerdict = (run_id: string): Promise<RunVerdict> =>
  vi.waitFor(async () => {
    const verdict = await client.verdict(run_id);
    expect(verdict.is_final).toBe(true);
    return verdict;
  }, PATIENCE);

describe('a base beside its head', () => {
  /** Six pairs, of which the head's side is 15 % slower; the run stays in its fifth measurement, the first of the third pair, until `go`. */
  async function inTheMiddle(): Promise<{ run_id: string; began: () => string[]; go: () => void }> {
    const { place, began, go } = newPlace();
    const command = ['node', join(folder, 'measure.cjs'), place, '5', JSON.stringify({ head: 115, base: 100 })];
    const { run_id } = await client.submit({
      ...{ name: `pairs ${stories}`, source: { commit: 'aaaaaaa1', branch: 'change' } },
      base: { commit: 'bbbbbbb1', pairs: 6 },
      tasks: [
        {
          ...{ task_id: 'pairs', executor: 'command', retry_policy: { max_retries: 3, retry_delay_seconds: 0 } },
          ...{ base: { env: { SIDE: 'base' } }, config: { command, env: { SIDE: 'head' } } },
        },
      ],
    });
    await vi.waitFor(() => expect(began()).toHaveLength(5), PATIENCE);
    return { run_id, began, go };
  }

  async function saysSlower(run_id: string): Promise<void> {
    expect(await client.finished(run_id)).toMatchObject({ completed: 1 });
    const { metrics } = await finalVerdict(run_id);
    expect(metrics).toMatchObject([
      { verdict: 'slower', repetitions: 6, run_ids: [run_id], baseline: { pairs: { count: 6, repeated: 0 } } },
    ]);
    expect(metrics[0]?.change_percent).toBeGreaterThan(14);
    const { rows } = await client.query('results', { run_id });
    expect(rows).toHaveLength(1);
  }

  it('goes on after the last whole pair where its worker is killed within one, and no pair counts twice', async () => {
    const { run_id, began } = await inTheMiddle();
    await kill('worker');
    await saysSlower(run_id);
    // Half a pair was measured for nothing.
    expect(began()).toHaveLength(13);
    expect((await client.query('outcomes', { run_id })).rows.map(({ status }) => status)).toEqual(['completed']);
  });

  it('is not measured again where scheduler, aggregator and anomaly service are killed meanwhile', async () => {
    const { run_id, began, go } = await inTheMiddle();
    const back = await kill('scheduler', 'aggregator', 'anomaly');
    go();
    await back();
    await saysSlower(run_id);
    expect(began()).toHaveLength(12);
  });
});

describe('a round that measures again what can’t be told', () => {
  /** Twelve noisy commits of main, and a branch whose gate allows three repetitions; the second of these lasts until `go`. */
  async function inTheMiddle(): Promise<{ run_id: string; began: () => string[]; go: () => void }> {
    const { place, began, go } = newPlace();
    const values = { head: Array.from({ length: 40 }, (_, n) => 100 + 30 * Math.sin(n * 2.4)) };
    const command = ['node', join(folder, 'measure.cjs'), place, '15', JSON.stringify(values)];
    const requestOf = (source: object, gate?: object) => ({
      ...{ name: `noisy ${stories}`, source, ...(gate === undefined ? {} : { gate }) },
      tasks: [
        {
          ...{ task_id: 'noisy', executor: 'command' as const, config: { command, env: { SIDE: 'head' } } },
          retry_policy: { max_retries: 3, retry_delay_seconds: 0 },
        },
      ],
    });
    for (let n = 1; n <= 12; n++) {
      const { run_id } = await client.submit(requestOf({ commit: `c${n}`, branch: 'main', position: n }));
      await client.finished(run_id);
    }
    const gate = { on_cannot_tell: 'repeat', repeat_budget: { runs: 3 } };
    const { run_id } = await client.submit(requestOf({ commit: 'p1', branch: 'change', base: 'main' }, gate));
    await vi.waitFor(() => expect(began()).toHaveLength(15), PATIENCE);
    return { run_id, began, go };
  }

  async function spendsItsBudgetOnce(run_id: string): Promise<void> {
    await vi.waitFor(async () => {
      const verdict = await client.verdict(run_id);
      expect(verdict).toMatchObject({ is_final: true, repeats: { spent: 3, budget: 3, is_running: false } });
    }, PATIENCE);
    const { metrics } = await client.verdict(run_id);
    expect(metrics).toMatchObject([{ verdict: 'cannot_tell', repetitions: 4, gate: 'warn' }]);
    const { rows } = await client.query('runs', { tag: `${REPEATS_TAG}=${run_id}` });
    expect(rows.map(({ state, completed }) => [state, completed])).toEqual([['finished', 3]]);
  }

  it('ends with its budget spent once where its worker is killed', async () => {
    const { run_id, began, go } = await inTheMiddle();
    await kill('worker');
    go();
    await spendsItsBudgetOnce(run_id);
    expect(began()).toHaveLength(17);
  });

  it('ends with its budget spent once where scheduler, aggregator and anomaly service are killed', async () => {
    const { run_id, began, go } = await inTheMiddle();
    const back = await kill('scheduler', 'aggregator', 'anomaly');
    go();
    await back();
    await spendsItsBudgetOnce(run_id);
    expect(began()).toHaveLength(16);
  });
});
