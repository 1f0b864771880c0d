import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import { type RunMessage, runMessageId, runSubject } from '@benchwire/shared/contracts/run.ts';
import {
  RESERVE_SUBJECT,
  type Reservation,
  reservation,
  type TaskExplanation,
  taskExplanation,
} from '@benchwire/shared/contracts/scheduler.ts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type BwResult, bw } from '../support/bw.ts';
import { StackFixture } from '../support/stack-fixture.ts';
import { TestWorker, type TestWorkerOptions } from '../support/test-worker.ts';

let fixture: StackFixture;
let stack: LocalStack;
let nats: NatsConnection;
const workers: TestWorker[] = [];
const gates: Array<() => void> = [];

beforeAll(async () => {
  fixture = await StackFixture.start({
    services: { ingest: 0, scheduler: 1, worker: 0, aggregator: 1, anomaly: 0 },
  });
  ({ stack, nats } = fixture);
});

afterEach(async () => {
  for (const open of gates.splice(0)) open();
  for (const worker of workers.splice(0)) await worker.stop();
});

afterAll(async () => {
  await fixture?.stop();
});

/** A worker whose tasks end once its gate is open. */
async function worker(
  pool: string,
  options: Partial<TestWorkerOptions> = {},
): Promise<{ worker: TestWorker; open: () => void }> {
  const gate = Promise.withResolvers<void>();
  gates.push(gate.resolve);
  const started = new TestWorker({
    nats,
    redis_url: stack.env.REDIS_URL ?? '',
    worker_id: `w-${crypto.randomUUID().slice(0, 8)}`,
    device: { pool },
    run: async () => {
      await gate.promise;
      return { status: 'completed', error: null };
    },
    ...options,
  });
  workers.push(started);
  await started.start();
  return { worker: started, open: gate.resolve };
}

async function submit(body: unknown): Promise<string> {
  const run_id = newRunId();
  const message: RunMessage = {
    v: 1,
    run_id,
    at: new Date().toISOString(),
    kind: 'submitted',
    request: request.parse(body),
  };
  await jetstream(nats).publish(runSubject(run_id), JSON.stringify(message), { msgID: runMessageId(message) });
  return run_id;
}

async function finished(run_id: string): Promise<void> {
  const manager = await jetstreamManager(nats);
  await vi.waitFor(
    async () => {
      const info = await manager.streams.info('RUNS', { subjects_filter: runSubject(run_id) });
      expect(info.state.subjects ?? {}).toEqual({});
    },
    { timeout: 30_000, interval: 100 },
  );
}

function run(...args: string[]): Promise<BwResult> {
  return bw([...args, '--json'], { env: stack.env });
}

async function why(run_id: string, task_id: string): Promise<TaskExplanation> {
  const { code, stdout, stderr } = await run('why', task_id, '--run', run_id);
  expect([code, stderr]).toEqual([0, '']);
  return taskExplanation.parse(JSON.parse(stdout));
}

describe('bw why', () => {
  it('says of a task that waits which pools fit, and what of one that is over', async () => {
    const { worker: busy, open } = await worker('cpu-0000000a');
    const run_id = await submit({
      tasks: [
        { task_id: 'a', executor: 'noop', repetitions: 3 },
        { task_id: 'b', executor: 'noop', depends_on: ['a'] },
      ],
    });
    const never = await submit({ tasks: [{ task_id: 'c', executor: 'noop', requirements: { hardware: ['tpu'] } }] });
    await vi.waitFor(() => expect(busy.started).toHaveLength(1), { timeout: 10_000 });
    expect(await why(run_id, 'a-r1')).toMatchObject({ phase: 'emitted', attempt: 1 });
    expect(await why(run_id, 'a-r3')).toMatchObject({
      phase: 'ready',
      ahead: 0,
      expected_start: null,
      pools: [{ pool: 'cpu-0000000a', reason: null, slots: 1, emitted: 2 }],
    });
    expect(await why(run_id, 'b')).toMatchObject({ phase: 'blocked', waits_for_count: 3 });
    expect((await why(never, 'c')).pools[0]?.reason).toMatch(/needs tpu, has/);
    const words = await bw(['why', 'a-r3', '--run', run_id], { env: stack.env });
    expect(words.stdout).toMatch(/waits for a free slot[\s\S]*expected start: unknown[\s\S]*cpu-0000000a/);
    open();
    await finished(run_id);
    await vi.waitFor(
      async () =>
        expect(JSON.parse((await run('why', 'b', '--run', run_id)).stdout)).toMatchObject({ state: 'completed' }),
      { timeout: 20_000, interval: 500 },
    );
    expect((await run('why', 'nonsense', '--run', run_id)).code).not.toBe(0);
  });
});

describe('reservations', () => {
  it('keep a pool for a tenant until they are given back, across leaders', async () => {
    const { worker: kept, open } = await worker('cpu-0000000b');
    open();
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const made = await run('reserve', 'cpu-0000000b', '--tenant', 'research', '--until', until);
    expect([made.code, made.stderr]).toEqual([0, '']);
    const { id } = reservation.parse(JSON.parse(made.stdout));
    expect((await run('reserve', 'cpu-0000000b', '--tenant', 'other', '--until', until)).stderr).toMatch(
      /is reserved for the tenant research/,
    );

    const [scheduler] = stack.services.filter(({ name }) => name.startsWith('scheduler'));
    await scheduler?.kill('SIGKILL');
    const others = await submit({ tasks: [{ task_id: 'others', executor: 'noop' }] });
    const own = await submit({ tags: { tenant: 'research' }, tasks: [{ task_id: 'own', executor: 'noop' }] });
    await finished(own);
    expect(kept.started.map((job) => job.task.task_id)).toEqual(['own']);
    expect((await why(others, 'others')).pools[0]?.reason).toMatch(/reserved for the tenant research until/);

    const listed: Reservation[] = JSON.parse((await run('reservations')).stdout);
    expect(listed.map((each) => each.id)).toEqual([id]);
    expect((await run('reserve', '--release', id)).code).toBe(0);
    await finished(others);
    expect((await run('reserve', '--release', id)).stderr).toMatch(/there is no reservation/);
  });

  it('refuse what cannot be read, and keep it', async () => {
    const reply = await nats.request(RESERVE_SUBJECT, '{"pool": "x", "until": "tomorrow"}', { timeout: 5000 });
    expect(reply.json<{ ok: boolean; issues: Array<{ path: string }> }>()).toMatchObject({ ok: false });
    const kept = await (await jetstreamManager(nats)).streams.getMessage('REJECTED', {
      last_by_subj: 'bw.rejected.reservation',
    });
    expect(kept?.string()).toContain('tomorrow');
  });
});

describe('what stands behind others', () => {
  it('moves to a pool that idles, and runs once', async () => {
    const { worker: slow, open } = await worker('cpu-0000000c');
    // Of a name of its own: only what nobody knows the length of is put behind something that runs long.
    const run_id = await submit({ name: 'moves', tasks: [{ task_id: 'a', executor: 'noop', repetitions: 2 }] });
    await vi.waitFor(() => expect(slow.started).toHaveLength(1), { timeout: 10_000 });
    await vi.waitFor(async () => expect((await why(run_id, 'a-r2')).phase).toBe('emitted'), { timeout: 10_000 });
    const { worker: idle, open: openIdle } = await worker('cpu-0000000d');
    await vi.waitFor(() => expect(idle.started).toHaveLength(1), { timeout: 20_000 });
    openIdle();
    open();
    await finished(run_id);
    expect([...slow.started, ...idle.started].map((job) => [job.task.task_id, job.attempt]).sort()).toEqual([
      ['a-r1', 1],
      ['a-r2', 1],
    ]);
  });

  it('of a deadline that is missed, ends only what is asked to', async () => {
    const { worker: busy, open } = await worker('cpu-0000000e');
    const deadline = new Date(Date.now() + 1500).toISOString();
    const run_id = await submit({
      deadline,
      tasks: [
        { task_id: 'stays', executor: 'noop' },
        { task_id: 'ends', executor: 'noop', on_missed_deadline: 'end', depends_on: ['stays'] },
      ],
    });
    await vi.waitFor(() => expect(busy.started).toHaveLength(1), { timeout: 10_000 });
    await vi.waitFor(
      async () => expect((await run('why', 'ends', '--run', run_id)).stdout).toContain('DEADLINE_MISSED'),
      { timeout: 30_000, interval: 500 },
    );
    open();
    await finished(run_id);
    expect(busy.started.map((job) => job.task.task_id)).toEqual(['stays']);
  });
});
