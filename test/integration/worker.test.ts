import { spawn } from 'node:child_process';
import { benchEvent } from '@benchwire/shared/contracts/event.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { JOB_NAME, jobId } from '@benchwire/shared/contracts/job.ts';
import { metricBatch } from '@benchwire/shared/contracts/metrics.ts';
import { outcome as outcomeContract } from '@benchwire/shared/contracts/outcome.ts';
import {
  heartbeat as heartbeatContract,
  heartbeatSubject,
  WORKERS_BUCKET,
  workerCommandSubject,
} from '@benchwire/shared/contracts/worker.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WorkerFixture, type WorkerProcess, waitFor, waitUntil } from '../support/worker-fixture.ts';

let fixture: WorkerFixture;
beforeAll(async () => {
  fixture = await WorkerFixture.start();
});
afterAll(() => fixture.stop());

const noop = (config: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => ({
  executor: 'noop',
  config,
  ...more,
});

async function command(worker: WorkerProcess, message: unknown): Promise<{ ok: boolean; message: string }> {
  const reply = await fixture.nats.request(workerCommandSubject(worker.worker_id), JSON.stringify(message));
  return reply.json();
}

describe('a worker', () => {
  let worker: WorkerProcess;
  beforeAll(async () => {
    worker = await fixture.worker('w1', { WORKER_SLOTS: '4', WORKER_LABELS: 'site=lab' });
  });

  it('registers, says that it has joined, and beats', async () => {
    const heartbeat = heartbeatContract.parse(await waitUntil(() => fixture.lastHeartbeat('w1')));
    expect(heartbeat).toMatchObject({ state: 'ready', boot_id: worker.capabilities.boot_id });
    const [device] = worker.capabilities.devices;
    expect(device).toMatchObject({
      class: 'cpu',
      slots: 4,
      labels: { site: 'lab' },
      executors: ['noop'],
      commands: [],
    });
    const joined = await waitUntil(() => fixture.events.find((event) => event.kind === 'joined'));
    // The clock is measured again meanwhile.
    const clock = { offset_ms: expect.any(Number), uncertainty_ms: expect.any(Number) };
    expect(benchEvent.parse(joined).data).toEqual({ capabilities: { ...worker.capabilities, clock } });
  });

  it('ends a job in exactly one outcome, also when the job is added again', async () => {
    const job = await fixture.add(worker.pool, noop({ value: 3 }));
    const found = outcomeContract.parse(await fixture.outcomeOf(job));
    expect(found).toMatchObject({
      status: 'completed',
      error: null,
      worker_id: 'w1',
      device_id: 'cpu-0',
      pool: worker.pool,
      benchmark: 'bench',
      executor: 'noop',
      request_name: 'the request',
      source: { commit: 'abc' },
      tags: { team: 'red' },
      max_attempts: 4,
      simulation_status: { is_simulated: true },
      results: { metrics: { noop_value: { value: 3, samples: 1 } } },
    });
    expect(found.environment.cpu_model).toBe(worker.capabilities.devices[0]?.environment.cpu_model);
    const id = jobId({ ...job, task_id: 'task' });
    const queue = fixture.queue(worker.pool);
    await waitFor(async () => expect(await queue.getJobState(id)).toBe('completed'));
    expect((await queue.getJob(id))?.processedBy).toBe('w1');

    await queue.add(JOB_NAME, job, { jobId: id });
    await fixture.outcomeOf(await fixture.add(worker.pool, noop()));
    expect(fixture.outcomesOf(job)).toHaveLength(1);
  });

  it('keeps a job that it cannot read in REJECTED, and reports its attempt where it can be named', async () => {
    const run_id = newRunId();
    const queue = fixture.queue(worker.pool);
    await queue.add(JOB_NAME, { run_id, attempt: 1, task: { task_id: 'odd', executor: 'nonsense' } }, { jobId: 'odd' });
    await queue.add(JOB_NAME, { garbage: true }, { jobId: 'garbage' });
    const found = outcomeContract.parse(await fixture.outcomeOf({ run_id }));
    expect(found).toMatchObject({ status: 'failed', error: { code: 'JOB_UNREADABLE', retriable: false } });
    const raw = await waitUntil(() => fixture.rejected.find((each) => each.raw.includes('garbage')));
    expect(raw).toMatchObject({ subject: 'bw.rejected.job', raw: '{"garbage":true}' });
    await waitFor(async () => expect(await queue.getJobState('garbage')).toBe('completed'));
    expect((await fixture.outcomeOf(await fixture.add(worker.pool, noop()))).status).toBe('completed');
  });

  it('reports failures with their class, and what an executor throws', async () => {
    const fails = await fixture.add(worker.pool, noop({ behaviour: 'fail', retriable: false }));
    expect(await fixture.outcomeOf(fails)).toMatchObject({
      status: 'failed',
      error: { code: 'NOOP_FAILED', retriable: false },
    });
    const throws = await fixture.add(worker.pool, noop({ behaviour: 'throw' }));
    expect(await fixture.outcomeOf(throws)).toMatchObject({
      status: 'failed',
      error: { class: 'unknown', code: 'EXECUTOR_FAILED' },
    });
    const exits = await fixture.add(worker.pool, noop({ behaviour: 'exit' }));
    expect(await fixture.outcomeOf(exits)).toMatchObject({ status: 'failed', error: { code: 'EXIT_NOT_ALLOWED' } });
    const missing = await fixture.add(worker.pool, { executor: 'command', config: { command: ['sh'] } });
    expect(await fixture.outcomeOf(missing)).toMatchObject({ error: { class: 'executor_missing' } });
  });

  it('announces what runs for longer, and ends it when its time is over', async () => {
    const job = await fixture.add(worker.pool, noop({ behaviour: 'hang' }, { timeout_seconds: 2 }));
    const id = jobId({ ...job, task_id: 'task' });
    await waitFor(() => expect(Object.values(fixture.lastHeartbeat('w1')?.running ?? {}).flat()).toContain(id));
    const found = outcomeContract.parse(await fixture.outcomeOf(job));
    expect(found).toMatchObject({ status: 'timed_out', error: { class: 'timeout', retriable: true } });
    expect(found.execution_time_seconds).toBeGreaterThan(1.9);
    expect(found.hardware_metrics?.memory_usage_mb).toBeGreaterThan(0);
    expect(fixture.events.find((event) => event.run_id === job.run_id)).toMatchObject({
      kind: 'running',
      task_id: 'task',
    });
  });

  it('aborts an attempt when told to, and only that', async () => {
    const job = await fixture.add(worker.pool, noop({ behaviour: 'hang' }));
    const key = { run_id: job.run_id, task_id: 'task', attempt: 1 };
    const told = await waitUntil(async () => {
      const reply = await command(worker, { command: 'abort', ...key, reason: 'no longer wanted' });
      return reply.ok ? reply : undefined;
    });
    expect(told.message).toContain('is being stopped');
    const found = await fixture.outcomeOf(job);
    expect(found).toMatchObject({ status: 'cancelled', error: { class: 'cancelled', retriable: false } });
    expect(found.error?.message).toContain('no longer wanted');
    expect(await command(worker, { command: 'abort', ...key, attempt: 7, reason: 'x' })).toMatchObject({ ok: false });
    expect(await command(worker, { command: 'dance' })).toMatchObject({ ok: false });
    await waitUntil(() => fixture.rejected.find((each) => each.subject === 'bw.rejected.worker_command'));
  });

  it('streams metric points in order, before the outcome', async () => {
    const job = await fixture.add(worker.pool, noop({ metric_points: 25_000, metric_batch_points: 700 }));
    await fixture.outcomeOf(job);
    const batches = fixture.batches
      .filter((batch) => batch.run_id === job.run_id)
      .map((batch) => metricBatch.parse(batch));
    expect(batches.map((batch) => batch.sequence)).toEqual(batches.map((_, index) => index));
    const values = batches.flatMap((batch) => batch.columns.flatMap((column) => column.values));
    expect(values).toHaveLength(25_000);
    expect(values.every((value, index) => value === index + 0.5)).toBe(true);
  });

  it('stops taking jobs on drain, and takes them again on resume', async () => {
    expect(await command(worker, { command: 'drain' })).toMatchObject({ ok: true });
    await waitFor(() => expect(fixture.lastHeartbeat('w1')?.state).toBe('draining'));
    const job = await fixture.add(worker.pool, noop());
    const queue = fixture.queue(worker.pool);
    // The one that was being waited for when the pause came is put back.
    await waitFor(async () => expect(await queue.getJobState(jobId({ ...job, task_id: 'task' }))).toBe('waiting'));
    expect(await command(worker, { command: 'resume' })).toMatchObject({ ok: true });
    expect((await fixture.outcomeOf(job)).status).toBe('completed');
    expect(fixture.outcomesOf(job)).toHaveLength(1);
  });

  it('leaves a job that it has failed before, or that asks for another worker of its pool, to that, but not for ever', async () => {
    const alone = await fixture.add(worker.pool, noop(), { attempt: 2, avoid_workers: ['w1'] });
    expect(await fixture.outcomeOf(alone)).toMatchObject({ status: 'completed', worker_id: 'w1' });
    const other = await fixture.worker('w1b', { WORKER_SLOTS: '4', WORKER_LABELS: 'site=lab' });
    const job = await fixture.add(worker.pool, noop(), { attempt: 2, avoid_workers: ['w1'] });
    expect(await fixture.outcomeOf(job)).toMatchObject({ status: 'completed', worker_id: 'w1b' });
    for (const wanted of ['w1', 'w1b']) {
      const asked = await fixture.add(worker.pool, noop(), { prefer_workers: [wanted] });
      expect(await fixture.outcomeOf(asked)).toMatchObject({ status: 'completed', worker_id: wanted });
    }
    other.process.kill('SIGTERM');
    await other.exit;
  });

  it('refuses to start under the id of a running worker', async () => {
    const second = fixture.spawnWorker({ WORKER_ID: 'w1', WORKER_EXECUTORS: 'noop' });
    expect((await second.exit).code).toBe(1);
    expect(second.output()).toContain('another process runs as worker \\"w1\\" already');
  });

  it('stores the outcome of an attempt that ended while NATS was away', async () => {
    const job = await fixture.add(worker.pool, noop({ sleep_ms: 400 }));
    await waitUntil(() => fixture.events.find((event) => event.run_id === job.run_id));
    const before = fixture.heartbeats.length;
    await fixture.servers.nats?.kill('SIGKILL');
    await fixture.servers.nats?.waitReady();
    // The worker may be back before this connection is: only the stream tells for sure.
    await vi.waitFor(async () => expect(await fixture.storedOutcomes(job)).toHaveLength(1), {
      timeout: 20_000,
      interval: 200,
    });
    expect(outcomeContract.parse((await fixture.storedOutcomes(job))[0]).status).toBe('completed');
    await waitFor(() => expect(fixture.heartbeats.length).toBeGreaterThan(before));
    expect((await fixture.outcomeOf(await fixture.add(worker.pool, noop()))).status).toBe('completed');
    expect(await fixture.storedOutcomes(job)).toHaveLength(1);
  });

  it('goes on after a restart of Redis', async () => {
    await fixture.servers.redis?.kill('SIGKILL');
    await fixture.servers.redis?.waitReady();
    expect((await fixture.outcomeOf(await fixture.add(worker.pool, noop()))).status).toBe('completed');
  });
});

describe('a worker on a machine that is busy with something else', () => {
  it('takes no jobs for a while, says why, and then works in spite of it and says that too', async () => {
    const burner = spawn(process.execPath, ['-e', 'for (;;);']);
    try {
      const worker = await fixture.worker('busy', {
        WORKER_LABELS: 'only=busy',
        WORKER_MAX_FOREIGN_LOAD_PERCENT: '5',
        WORKER_MAX_WAIT_SECONDS: '5',
      });
      const paused = await waitUntil(() => heartbeatContract.parse(fixture.lastHeartbeat('busy')).paused);
      expect(paused.kind).toBe('foreign_load');
      expect(paused.message).toMatch(/other programs use \d+ % of its processors, the limit is 5 %/);
      const job = await fixture.add(worker.pool, noop());
      const found = outcomeContract.parse(await fixture.outcomeOf(job));
      expect(found).toMatchObject({ status: 'completed', worker_id: 'busy' });
      const disturbed = found.results.value_notes?.find(({ code }) => code === 'disturbed');
      expect(disturbed?.text).toMatch(/ran although other programs use/);
      expect(found.results.timings?.waited_for_device_seconds).toBeGreaterThan(0);
      const kinds = fixture.events.filter((event) => event.worker_id === 'busy').map((event) => event.kind);
      expect(kinds.slice(0, 3)).toEqual(['joined', 'paused', 'changed']);
      worker.process.kill('SIGTERM');
      expect((await worker.exit).code).toBe(0);
    } finally {
      burner.kill('SIGKILL');
    }
  });
});

describe('a worker that ends', () => {
  it('finishes what it can, hands back the rest, and signs off', async () => {
    const worker = await fixture.worker('w2', {
      WORKER_SLOTS: '2',
      WORKER_LABELS: 'only=w2',
      SHUTDOWN_SECONDS: '5',
      WORKER_KILL_GRACE_SECONDS: '0.5',
    });
    const short = await fixture.add(worker.pool, noop({ sleep_ms: 1500 }));
    const long = await fixture.add(worker.pool, noop({ behaviour: 'hang' }));
    const ids = [short, long].map((job) => jobId({ ...job, task_id: 'task' }));
    await waitFor(() =>
      expect(Object.values(fixture.lastHeartbeat('w2')?.running ?? {}).flat()).toEqual(expect.arrayContaining(ids)),
    );
    worker.process.kill('SIGTERM');
    expect(await worker.exit).toEqual({ code: 0, signal: null });
    expect((await fixture.outcomeOf(short)).status).toBe('completed');
    expect(outcomeContract.parse(await fixture.outcomeOf(long))).toMatchObject({
      status: 'lost',
      error: { class: 'lost_worker', code: 'WORKER_DRAINED', retriable: true },
    });
    expect(fixture.lastHeartbeat('w2')?.state).toBe('left');
    const kinds = (): string[] =>
      fixture.events
        .filter((event) => event.worker_id === 'w2' && event.entity === 'worker')
        .map((event) => event.kind);
    await waitFor(() => expect(kinds()).toEqual(['joined', 'draining', 'left']));
    const entry = await (await openBucket(fixture.nats, WORKERS_BUCKET, 1)).get('w2');
    expect(entry?.operation ?? 'DEL').toBe('DEL');
    // Nothing of it stays connected.
    const clients = String(await fixture.redis.client('LIST'));
    expect(clients).not.toContain('worker-w2');
  });

  it('gives way, without a word under that id, to a process that has registered in its place', async () => {
    const worker = await fixture.worker('w4', { WORKER_LABELS: 'only=w4' });
    const other = { ...worker.capabilities, boot_id: newRunId() };
    await (await openBucket(fixture.nats, WORKERS_BUCKET, 1)).put('w4', JSON.stringify(other));
    const theirs = { ...fixture.lastHeartbeat('w4'), boot_id: other.boot_id };
    fixture.nats.publish(heartbeatSubject('w4'), JSON.stringify(theirs));
    expect((await worker.exit).code).toBe(1);
    expect(worker.output()).toContain('another process has registered as worker \\"w4\\"');
    expect(fixture.heartbeats.filter((h) => h.worker_id === 'w4' && h.state !== 'ready')).toEqual([]);
    const entry = await (await openBucket(fixture.nats, WORKERS_BUCKET, 1)).get('w4');
    expect(entry?.json()).toMatchObject({ boot_id: other.boot_id });
  });

  it('by a task that ends the process leaves the job to the service that notices', async () => {
    const worker = await fixture.worker('w3', { WORKER_LABELS: 'only=w3', WORKER_NOOP_MAY_EXIT: 'true' });
    const job = await fixture.add(worker.pool, noop({ behaviour: 'exit' }));
    expect((await worker.exit).code).toBe(1);
    const id = jobId({ ...job, task_id: 'task' });
    const queue = fixture.queue(worker.pool);
    expect(await queue.getJobState(id)).toBe('active');

    // The lock runs out after 30 s; here it is taken away.
    await fixture.redis.del(`${queue.toKey(id)}:lock`, queue.toKey('stalled-check'));
    await fixture.redis.sadd(queue.toKey('stalled'), id);
    await fixture.worker('w3', { WORKER_LABELS: 'only=w3', WORKER_NOOP_MAY_EXIT: 'true' });
    expect(outcomeContract.parse(await fixture.outcomeOf(job))).toMatchObject({
      status: 'lost',
      error: { class: 'lost_worker', code: 'JOB_STALLED' },
    });
    expect(await queue.getJobState(id)).toBe('failed');
  });
});

describe('worker processes without an id', () => {
  it('find names that differ', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 2; count++) {
      const started = fixture.spawnWorker({ WORKER_EXECUTORS: 'noop' });
      await waitFor(() => expect(started.output()).toContain('"msg":"ready"'));
      const before = new Set(ids);
      ids.push(
        await waitUntil(
          () =>
            fixture.heartbeats.find((h) => h.worker_id.startsWith('worker-') && !before.has(h.worker_id))?.worker_id,
        ),
      );
    }
    expect(ids[1]).toBe(`${ids[0]}-2`);
  });
});
