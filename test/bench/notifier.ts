import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { applyNotifyRules } from '@benchwire/shared/client/notify.ts';
import { findingMessageId, findingSubject } from '@benchwire/shared/contracts/finding.ts';
import { notifyRules } from '@benchwire/shared/contracts/notify.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import { aFinding } from '../support/findings.ts';
import { type NatsFixture, natsFixture } from '../support/nats-fixture.ts';
import { type SpawnedService, spawnService } from '../support/spawn-service.ts';
import { preciseNow } from './bare-bullmq.ts';
import { until } from './bench-stack.ts';
import { type BenchResult, round, say } from './report.ts';

const FINDINGS = 10_000;
/** A death may cost this much after so many findings, with the lease. */
const MAX_RESTART_SECONDS = 10;
const RESTARTS = 3;
const LIMIT_MS = 1_800_000;

/**
 * What the notifier makes of many findings, each a message of its own to one webhook: how long the first waits, messages a second, memory, and
 * how long a message takes after a kill -9 with all of them in its streams. `--rounds` is the number of findings.
 */
export async function notifier(rounds: number): Promise<BenchResult> {
  const count = rounds === 0 ? FINDINGS : rounds;
  const fixture = await natsFixture();
  const received = new Set<string>();
  const receiver = createServer(async (request, response) => {
    for await (const _ of request);
    received.add(String(request.headers['idempotency-key']));
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const start = (): SpawnedService => spawnService('notifier', { ...fixture.servers.env, LOG_LEVEL: 'info' });
  let service = start();
  try {
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    const rules = notifyRules.parse({
      receivers: [{ name: 'a', connector: 'webhook', url }],
      route: { receiver: 'a', group_by: ['series'], wait_seconds: 0, interval_seconds: 0 },
    });
    await applyNotifyRules(fixture.nats, { text: '', rules, by: 'bench', now_ms: Date.now() });
    await until('the notifier leads', () => Promise.resolve(decided(service) !== undefined), 20, LIMIT_MS);

    const began_ms = preciseNow();
    const saying = sayFindings(fixture, count);
    await until('the first message', () => Promise.resolve(received.size > 0), 5, LIMIT_MS);
    const first_s = (preciseNow() - began_ms) / 1000;
    const published_s = (await saying) / 1000;
    await until('all messages', () => Promise.resolve(received.size >= count), 20, LIMIT_MS);
    const delivered_s = (preciseNow() - began_ms) / 1000;
    say(`${count} messages after ${round(delivered_s)} s`);
    const peak_mb = memoryMb(service, 'VmHWM');
    const restarts: Array<{ knows_s: number; sends_s: number }> = [];
    while (restarts.length < RESTARTS) {
      service.child.kill('SIGKILL');
      await once(service.child, 'exit');
      const killed_ms = preciseNow();
      service = start();
      await until('it knows everything', () => Promise.resolve(decided(service) !== undefined), 20, LIMIT_MS);
      const knows_s = (preciseNow() - killed_ms) / 1000;
      const before = received.size;
      await sayFindings(fixture, 1, `after${restarts.length}`);
      await until('the next message', () => Promise.resolve(received.size > before), 5, LIMIT_MS);
      restarts.push({ knows_s: round(knows_s), sends_s: round((preciseNow() - killed_ms) / 1000) });
      say(`restart: ${JSON.stringify(restarts.at(-1))}`);
    }
    const worst_s = Math.max(...restarts.map(({ sends_s }) => sends_s));
    const per_second = round(count / delivered_s);
    return {
      ...{
        name: 'notifier',
        ours: worst_s,
        baseline: MAX_RESTART_SECONDS,
        ratio: round(worst_s / MAX_RESTART_SECONDS),
      },
      unit: `s from kill -9 to the next message, after ${count} findings`,
      ...{ messages_per_second: per_second, first_message_s: round(first_s), published_s: round(published_s) },
      ...{ delivered_s: round(delivered_s), peak_mb, restarts, memory_after_restart_mb: memoryMb(service, 'VmRSS') },
      problems: worst_s > MAX_RESTART_SECONDS ? [`a restart takes ${worst_s} s, at most ${MAX_RESTART_SECONDS} s`] : [],
    };
  } finally {
    await service.stop();
    receiver.close();
    await fixture.stop();
  }
}

/** What the notifier logs once it has read its streams. */
const decided = ({ logs }: SpawnedService): unknown => logs.find(({ msg }) => msg === 'decides what is sent');

/** One after the other, as the anomaly service does. @returns the milliseconds that it took */
async function sayFindings({ client }: NatsFixture, count: number, name = 's'): Promise<number> {
  const began_ms = preciseNow();
  const write = (found: ReturnType<typeof aFinding>): Promise<unknown> =>
    publish(client, findingSubject(found), JSON.stringify(found), { id: findingMessageId(found) });
  for (let i = 0; i < count; i++) {
    const values = Array.from({ length: 60 }, (_, at) => 10 + Math.sin(at + i) / 10);
    const baseline = { median: 10, mad: 0.1, scale: 0.15, n: values.length, values };
    await write(aFinding({ series_id: `${name}${i}`, pool: `cpu-${i}`, baseline }));
  }
  return preciseNow() - began_ms;
}

function memoryMb({ child }: SpawnedService, field: 'VmHWM' | 'VmRSS'): number | null {
  try {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
    return found === null ? null : Math.round(Number(found[1]) / 1024);
  } catch {
    return null;
  }
}
