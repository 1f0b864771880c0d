import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import type { BenchEvent } from '@benchwire/shared/contracts/event.ts';
import { queryReply, querySubject } from '@benchwire/shared/contracts/query.ts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { StackFixture } from '../support/stack-fixture.ts';

/** Workers that die while nothing else is there to notice. Each step goes on where the one before has ended. */
const dataDir = mkdtempSync(join(tmpdir(), 'bw-lost-workers-'));
const MAIN = join(import.meta.dirname, '../../services/worker/src/main.ts');
const SERVICES = { ingest: 0, worker: 0, anomaly: 0, gateway: 0 };
let fixture: StackFixture;
let stack: LocalStack;
let nats: NatsConnection;
const workers = new Set<ChildProcess>();

async function up(services: Record<string, number> = SERVICES): Promise<void> {
  fixture = await StackFixture.start({ dataDir, services, env: { LOG_LEVEL: 'warn' } });
  ({ stack, nats } = fixture);
}

async function down(): Promise<void> {
  await fixture.stop();
}

beforeAll(() => up(), 60_000);

afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await fixture?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(worker_id: string): Promise<ChildProcess> {
  const login = { ...stack.env, ...stack.worker_login };
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, ...login, WORKER_ID: worker_id, WORKER_EXECUTORS: 'noop', LOG_LEVEL: 'warn' },
    stdio: 'ignore',
  });
  workers.add(child);
  child.once('exit', () => workers.delete(child));
  await expectState(worker_id, 'ready');
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

async function rows(): Promise<Array<Record<string, unknown>>> {
  const answer = await nats.request(querySubject('workers'), JSON.stringify({}), { timeout: 5000 });
  const reply = queryReply.parse(answer.json());
  if (!reply.ok) throw new Error(JSON.stringify(reply.issues));
  return reply.rows;
}

async function expectState(worker_id: string, state: string): Promise<Record<string, unknown>> {
  return await vi.waitFor(
    async () => {
      const row = (await rows()).find((each) => each.worker_id === worker_id);
      expect(row?.state).toBe(state);
      return row ?? {};
    },
    { timeout: 45_000, interval: 200 },
  );
}

/** What EVENTS says of a worker's losses. */
async function losses(worker_id: string): Promise<BenchEvent[]> {
  const consumer = await jetstream(nats).consumers.get('EVENTS', { filter_subjects: ['bw.event.worker.*'] });
  const found: BenchEvent[] = [];
  for (;;) {
    const message = await consumer.next({ expires: 1000 });
    if (message === null) return found;
    const event = message.json<BenchEvent>();
    if (event.worker_id === worker_id && event.kind === 'lost') found.push(event);
  }
}

/** A worker that is lost later than the others shows that a leader has looked at all of them. */
async function leaderHasLooked(name: string): Promise<void> {
  const witness = await start(name);
  await end(witness, 'SIGKILL');
  await expectState(name, 'lost');
}

describe('workers that die while the stack is down', () => {
  it('are lost once the stack is back, also when the stream has forgotten that they ever came; others stay as they were', async () => {
    const [dies, leaves, comes_back] = await Promise.all([start('dies'), start('leaves'), start('comes-back')]);
    await end(leaves, 'SIGTERM');
    await expectState('leaves', 'left');
    // A week has passed.
    await (await jetstreamManager(nats)).streams.purge('EVENTS');
    await down();
    await Promise.all([end(dies, 'SIGKILL'), end(comes_back, 'SIGKILL')]);

    await up();
    expect(await expectState('dies', 'lost')).toMatchObject({ hostname: expect.stringMatching(/./) });
    await expectState('comes-back', 'lost');
    expect((await rows()).find(({ worker_id }) => worker_id === 'leaves')).toMatchObject({ state: 'left' });
    expect(await losses('dies')).toHaveLength(1);
    await start('comes-back');
  }, 180_000);

  it('are not lost again at the next start, nor for the next leader', async () => {
    const before = await expectState('dies', 'lost');
    await down();
    await up();
    await leaderHasLooked('witness-1');
    await stack.service('scheduler').kill('SIGKILL');
    await leaderHasLooked('witness-2');
    expect(await losses('dies')).toHaveLength(1);
    expect(await losses('leaves')).toEqual([]);
    expect(await expectState('dies', 'lost')).toEqual(before);
    await expectState('leaves', 'left');
  }, 180_000);

  it('have rows of their loss alone when everything stored is made anew from the stream', async () => {
    await down();
    await up({ ...SERVICES, aggregator: 0 });
    await (await jetstreamManager(nats)).consumers.delete('EVENTS', 'aggregator');
    await down();
    rmSync(join(dataDir, 'clickhouse'), { recursive: true });
    await up();
    const again = await expectState('dies', 'lost');
    expect(again.pools).not.toEqual([]);
    expect(again.hostname).not.toBe('');
    await expectState('comes-back', 'ready');
  }, 120_000);
});

describe('a worker that is only not heard', () => {
  it('is lost, and back in the state that it has when it is heard again', async () => {
    const child = await start('sleeps');
    child.kill('SIGSTOP');
    await expectState('sleeps', 'lost');
    child.kill('SIGCONT');
    await expectState('sleeps', 'ready');
    child.kill('SIGSTOP');
    await expectState('sleeps', 'lost');
    child.kill('SIGCONT');
    await expectState('sleeps', 'ready');
    expect(await losses('sleeps')).toHaveLength(2);
    await end(child, 'SIGTERM');
    await expectState('sleeps', 'left');
  }, 120_000);
});
