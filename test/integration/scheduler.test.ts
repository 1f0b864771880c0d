import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import { type RunMessage, runMessageId, runSubject } from '@benchwire/shared/contracts/run.ts';
import { SCHEDULER_STATUS_SUBJECT, schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { storedOutcomes } from '../support/outcomes.ts';
import { StackFixture } from '../support/stack-fixture.ts';
import { TestWorker, type TestWorkerOptions } from '../support/test-worker.ts';

let fixture: StackFixture;
let stack: LocalStack;
let nats: NatsConnection;
const workers: TestWorker[] = [];

beforeAll(async () => {
  fixture = await StackFixture.start({
    services: { ingest: 0, scheduler: 2, worker: 0, aggregator: 0, anomaly: 0 },
  });
  ({ stack, nats } = fixture);
});

afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
});

afterAll(async () => {
  await fixture?.stop();
});

async function worker(options: Partial<TestWorkerOptions> = {}): Promise<TestWorker> {
  const started = new TestWorker({
    nats,
    redis_url: stack.env.REDIS_URL ?? '',
    worker_id: `w-${crypto.randomUUID().slice(0, 8)}`,
    ...options,
  });
  workers.push(started);
  await started.start();
  return started;
}

async function publishRun(message: RunMessage): Promise<void> {
  await jetstream(nats).publish(runSubject(message.run_id), JSON.stringify(message), { msgID: runMessageId(message) });
}

async function submit(body: unknown): Promise<string> {
  const run_id = newRunId();
  await publishRun({ v: 1, run_id, at: new Date().toISOString(), kind: 'submitted', request: request.parse(body) });
  return run_id;
}

const outcomes = (run_id: string): Promise<Outcome[]> => storedOutcomes(nats, run_id);

/** The run is over when RUNS holds nothing of it any more. */
async function finished(run_id: string, timeout = 30_000): Promise<Outcome[]> {
  const manager = await jetstreamManager(nats);
  await vi.waitFor(
    async () => {
      const info = await manager.streams.info('RUNS', { subjects_filter: runSubject(run_id) });
      expect(info.state.subjects ?? {}).toEqual({});
    },
    { timeout, interval: 100 },
  );
  return await outcomes(run_id);
}

describe('the scheduler on real brokers', () => {
  it('runs a run to its end and takes it out of RUNS', async () => {
    await worker({ device: { slots: 8 } });
    const run_id = await submit({ tasks: [{ task_id: 'a', executor: 'noop', repetitions: 100 }] });
    const found = await finished(run_id);
    expect(found).toHaveLength(100);
    expect(found.every((o) => o.status === 'completed' && o.attempt === 1)).toBe(true);
  });

  it('keeps waiting work out of the queue: never more than twice the slots', async () => {
    const gate = Promise.withResolvers<void>();
    const slow = await worker({
      device: { pool: 'cpu-0000000a', slots: 2 },
      run: async () => {
        await gate.promise;
        return { status: 'completed', error: null };
      },
    });
    const run_id = await submit({ tasks: [{ task_id: 'a', executor: 'noop', repetitions: 20 }] });
    await vi.waitFor(() => expect(slow.started).toHaveLength(2), { timeout: 10_000 });
    const keys = await import('ioredis').then(async ({ Redis }) => {
      const redis = new Redis(stack.env.REDIS_URL ?? '');
      const length = await redis.llen('benchwire:bw-pool-cpu-0000000a:wait');
      redis.disconnect();
      return length;
    });
    expect(keys).toBe(2);
    gate.resolve();
    expect(await finished(run_id)).toHaveLength(20);
  });

  it('retries a failing task by its policy and then lets it fail', async () => {
    await worker({
      run: async () => ({ status: 'failed', error: { class: 'unknown', code: 'X', message: 'no', retriable: true } }),
    });
    const run_id = await submit({
      tasks: [{ task_id: 'a', executor: 'noop', retry_policy: { max_retries: 2, retry_delay_seconds: 0.01 } }],
    });
    expect((await finished(run_id)).map((o) => [o.attempt, o.status])).toEqual([
      [1, 'failed'],
      [2, 'failed'],
      [3, 'failed'],
    ]);
  });

  it('gives the attempt of a vanished worker to another one', async () => {
    const doomed = await worker({ device: { slots: 2 }, run: () => new Promise(() => undefined) });
    const run_id = await submit({ tasks: [{ task_id: 'a', executor: 'noop', repetitions: 4 }] });
    await vi.waitFor(() => expect(doomed.started.length).toBe(2), { timeout: 10_000 });
    workers.splice(workers.indexOf(doomed), 1);
    await doomed.vanish();
    await worker({ device: { slots: 2 } });
    const found = await finished(run_id);
    const lost = found.filter((o) => o.status === 'lost');
    expect(lost.map((o) => o.task_id).sort()).toEqual(doomed.started.map((job) => job.task.task_id).sort());
    expect(
      found
        .filter((o) => o.status === 'completed')
        .map((o) => o.task_id)
        .sort(),
    ).toEqual(['a-r1', 'a-r2', 'a-r3', 'a-r4']);
  });

  it('moves jobs that nobody has taken to another pool when their pool is gone', async () => {
    const first = await worker({ device: { pool: 'cpu-0000000b' }, run: () => new Promise(() => undefined) });
    const run_id = await submit({ tasks: [{ task_id: 'a', executor: 'noop', repetitions: 2 }] });
    await vi.waitFor(() => expect(first.started.length).toBe(1), { timeout: 10_000 });
    workers.splice(workers.indexOf(first), 1);
    await first.vanish();
    const second = await worker({ device: { pool: 'cpu-0000000c' } });
    const found = await finished(run_id);
    expect(found.filter((o) => o.status === 'completed')).toHaveLength(2);
    // The job that was never taken is the same attempt still.
    expect(second.started.map((job) => job.attempt).sort()).toEqual([1, 2]);
  });

  it('cancels: what waits ends at once, and nothing starts any more', async () => {
    const busy = await worker({ device: { pool: 'cpu-0000000d' }, run: () => new Promise(() => undefined) });
    const run_id = await submit({ tasks: [{ task_id: 'a', executor: 'noop', repetitions: 50 }] });
    await vi.waitFor(() => expect(busy.started.length).toBe(1), { timeout: 10_000 });
    await publishRun({ v: 1, run_id, at: new Date().toISOString(), kind: 'cancelled', reason: 'enough' });
    await vi.waitFor(async () => expect((await outcomes(run_id)).length).toBe(49), { timeout: 10_000, interval: 200 });
    workers.splice(workers.indexOf(busy), 1);
    // The running one never answers the abort; when its worker vanishes, it is cancelled as well.
    await busy.vanish();
    const found = await finished(run_id);
    expect(found.filter((o) => o.status === 'cancelled')).toHaveLength(50);
    expect(busy.started).toHaveLength(1);
  });

  it('runs an each task once per matching pool', async () => {
    await worker({ device: { pool: 'cpu-0000000e' } });
    await worker({ device: { pool: 'cpu-0000000f' } });
    const statuses = nats.subscribe(SCHEDULER_STATUS_SUBJECT);
    for await (const message of statuses) {
      const { pools } = schedulerStatus.parse(message.json());
      if (['cpu-0000000e', 'cpu-0000000f'].every((name) => pools.some((each) => each.pool === name))) break;
    }
    const run_id = await submit({
      tasks: [
        { task_id: 'a', executor: 'noop', placement: 'each' },
        { task_id: 'b', executor: 'noop', depends_on: ['a'] },
      ],
    });
    const found = await finished(run_id);
    expect(
      found
        .map((o) => [o.task_id, o.status])
        .slice(0, 2)
        .sort(),
    ).toEqual([
      ['a--cpu-0000000e', 'completed'],
      ['a--cpu-0000000f', 'completed'],
    ]);
    expect(found[2]?.task_id).toBe('b');
  });

  it('rejects a message in RUNS that is none, and goes on', async () => {
    const run_id = newRunId();
    await jetstream(nats).publish(runSubject(run_id), 'not json');
    await finished(run_id);
    const rejected = await (await jetstreamManager(nats)).streams.getMessage('REJECTED', {
      last_by_subj: 'bw.rejected.run',
    });
    expect(rejected?.string()).toBe('not json');
  });

  it('survives the loss of every job in Redis', async () => {
    const gate = Promise.withResolvers<void>();
    const slow = await worker({
      device: { pool: 'cpu-0000000a', slots: 1 },
      run: async () => {
        await gate.promise;
        return { status: 'completed', error: null };
      },
    });
    const run_id = await submit({ tasks: [{ task_id: 'a', executor: 'noop', repetitions: 6 }] });
    await vi.waitFor(() => expect(slow.started).toHaveLength(1), { timeout: 10_000 });
    const { Redis } = await import('ioredis');
    const redis = new Redis(stack.env.REDIS_URL ?? '');
    await redis.flushall();
    redis.disconnect();
    gate.resolve();
    const found = await finished(run_id, 60_000);
    expect(found.map((o) => o.task_id).sort()).toEqual(['a-r1', 'a-r2', 'a-r3', 'a-r4', 'a-r5', 'a-r6']);
    expect(found.every((o) => o.status === 'completed')).toBe(true);
  });

  it('hands over to the standby within 5 seconds when the leader is killed, and loses nothing', async () => {
    await worker({ device: { slots: 4 }, run: async () => ({ status: 'completed', error: null }) });
    const run_id = await submit({ tasks: [{ task_id: 'a', executor: 'noop', repetitions: 3000 }] });
    await vi.waitFor(async () => expect((await outcomes(run_id)).length).toBeGreaterThan(20), {
      timeout: 10_000,
      interval: 20,
    });
    const leading = await Promise.all(
      stack.services.map(async (service) => {
        const text = await (await fetch(`${service.http_url}/metrics`)).text();
        return /benchwire_scheduler_leader\{[^}]*\} 1/.test(text) ? service : undefined;
      }),
    );
    const leader = leading.find((service) => service !== undefined);
    expect(leader).toBeDefined();
    const before = Date.now();
    await leader?.kill('SIGKILL');
    const count = (await outcomes(run_id)).length;
    await vi.waitFor(async () => expect((await outcomes(run_id)).length).toBeGreaterThan(count + 20), {
      timeout: 15_000,
      interval: 50,
    });
    expect(Date.now() - before).toBeLessThan(5000);
    const found = await finished(run_id, 60_000);
    expect(found).toHaveLength(3000);
    expect(new Set(found.map((o) => o.task_id)).size).toBe(3000);
  });
});
