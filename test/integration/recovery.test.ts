import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import type { BenchEvent } from '@benchwire/shared/contracts/event.ts';
import type { FaultTolerance } from '@benchwire/shared/contracts/fault-tolerance.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { Job } from '@benchwire/shared/contracts/job.ts';
import { type Outcome, outcomeSubject, type TaskError } from '@benchwire/shared/contracts/outcome.ts';
import { QUARANTINE_BUCKET, quarantine } from '@benchwire/shared/contracts/quarantine.ts';
import { QUERIES } from '@benchwire/shared/contracts/query.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import { runMessageId, runSubject } from '@benchwire/shared/contracts/run.ts';
import { SCHEDULER_STATUS_SUBJECT, type SchedulerStatus } from '@benchwire/shared/contracts/status.ts';
import type { Heartbeat } from '@benchwire/shared/contracts/worker.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { addModel } from '../../services/worker/test-support/onnx-model.ts';
import { bw } from '../support/bw.ts';
import { outcomeWith } from '../support/outcomes.ts';
import { StackFixture } from '../support/stack-fixture.ts';
import { TestWorker, type TestWorkerOptions } from '../support/test-worker.ts';

/** The scheduler and one real worker on real brokers; further workers are the test's own and fail as it says. */
const dataDir = mkdtempSync(join(tmpdir(), 'bw-recovery-'));
let fixture: StackFixture;
let stack: LocalStack;
let nats: NatsConnection;
const workers: TestWorker[] = [];
const outcomes: Outcome[] = [];
const events: BenchEvent[] = [];
const heartbeats: Heartbeat[] = [];
const statuses: SchedulerStatus[] = [];

beforeAll(async () => {
  writeFileSync(join(dataDir, 'sequence.onnx'), addModel(['batch', 'length']));
  fixture = await StackFixture.start({
    dataDir,
    services: { ingest: 0, scheduler: 1, worker: 1, aggregator: 1, anomaly: 0 },
    env: {
      WORKER_LABELS: 'kind=real',
      WORKER_MODEL_DIRS: dataDir,
      SCHEDULER_BREAKER_SECONDS: '1',
      SCHEDULER_QUARANTINE_SECONDS: '1',
      LOG_LEVEL: 'warn',
    },
  });
  ({ stack, nats } = fixture);
  const listen = <T>(subject: string, found: T[]) =>
    nats.subscribe(subject, { callback: (_error, message) => void found.push(message.json<T>()) });
  listen('bw.outcome.>', outcomes);
  listen('bw.event.>', events);
  listen('bw.heartbeat.*', heartbeats);
  listen(SCHEDULER_STATUS_SUBJECT, statuses);
  await nats.flush();
});

afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
});

afterAll(async () => {
  await fixture?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function worker(pool: string, run: TestWorkerOptions['run'], device: TestWorkerOptions['device'] = {}) {
  const started = new TestWorker({
    nats,
    redis_url: stack.env.REDIS_URL ?? '',
    worker_id: `w-${crypto.randomUUID().slice(0, 8)}`,
    device: { pool, executors: ['noop', 'onnx'], labels: { kind: 'test' }, ...device },
    ...(run === undefined ? {} : { run }),
  });
  workers.push(started);
  await started.start();
  return started;
}

async function submit(tasks: Array<Record<string, unknown>>): Promise<string> {
  const run_id = newRunId();
  const defaults = {
    requirements: { labels: { kind: 'test' } },
    retry_policy: { max_retries: 3, retry_delay_seconds: 0.01 },
  };
  const body = request.parse({ tasks: tasks.map((task) => ({ ...defaults, ...task })) });
  const message = { v: 1 as const, run_id, at: new Date().toISOString(), kind: 'submitted' as const, request: body };
  await jetstream(nats).publish(runSubject(run_id), JSON.stringify(message), { msgID: runMessageId(message) });
  return run_id;
}

const of = (run_id: string): Outcome[] => outcomes.filter((outcome) => outcome.run_id === run_id);
const waitFor = <T>(condition: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(condition, { timeout: 30_000, interval: 25 });

function failure(kind: TaskError['class'], more: Partial<TaskError> = {}): Pick<Outcome, 'status' | 'error'> {
  return {
    status: 'failed',
    error: { class: kind, code: 'X', message: 'because of the test', retriable: true, ...more },
  };
}
const completed: Pick<Outcome, 'status' | 'error'> = { status: 'completed', error: null };
const sizesOf = ({ task: { config } }: Job): number[] =>
  'batch_sizes' in config && Array.isArray(config.batch_sizes) ? config.batch_sizes : [];

describe('after a failure', () => {
  it('for want of memory, the next attempt has the batch sizes that fit, and says what it lacks', async () => {
    const small = await worker('cpu-000000a1', async (job) =>
      sizesOf(job).includes(8) ? failure('out_of_memory', { batch_size: 8 }) : completed,
    );
    await submit([{ task_id: 'a', executor: 'onnx', config: { model: 'm', batch_sizes: [1, 4, 8, 16] } }]);
    await waitFor(() => expect(small.started).toHaveLength(2));
    const [, second] = small.started;
    expect(second === undefined ? [] : sizesOf(second)).toEqual([1, 4]);
    expect(second?.dropped_batch_sizes).toEqual({
      8: expect.stringContaining('did not fit in memory'),
      16: expect.stringContaining('larger than 8'),
    });
  });

  it('for want of memory, a pool with more of it is asked first, with all batch sizes', async () => {
    const lacking = failure('out_of_memory', { batch_size: 8 });
    // It fails once the scheduler knows the other one: alone it would be asked until no attempt is left.
    const joined = Promise.withResolvers<void>();
    const fail = async () => {
      await joined.promise;
      return lacking;
    };
    const small = await worker('cpu-000000a2', fail, { memory_gb: 8 });
    const run_id = await submit([{ task_id: 'a', executor: 'onnx', config: { model: 'm', batch_sizes: [1, 8] } }]);
    await waitFor(() => expect(small.started).toHaveLength(1));
    const large = await worker('cpu-000000a3', async () => completed, { memory_gb: 64 });
    await waitFor(() => expect(statuses.at(-1)?.pools.map((each) => each.pool)).toContain('cpu-000000a3'));
    joined.resolve();
    await waitFor(() => expect(of(run_id).some((outcome) => outcome.status === 'completed')).toBe(true));
    expect(small.started).toHaveLength(1);
    expect(large.started.map(sizesOf)).toEqual([[1, 8]]);
  });

  it('for want of memory, a real measurement completes with the batch sizes that fit, none measured twice', async () => {
    const config = {
      model: 'sequence.onnx',
      batch_sizes: [1, 2, 65_536],
      iterations: 20,
      dimensions: { length: 2000 },
      max_memory_mb: 350,
    };
    const run_id = await submit([
      { task_id: 'a', executor: 'onnx', config, requirements: { labels: { kind: 'real' } } },
    ]);
    await waitFor(() => expect(of(run_id)).toHaveLength(2));
    const [first, second] = of(run_id);
    expect(first).toMatchObject({
      status: 'failed',
      error: { class: 'out_of_memory', code: 'MEMORY_LIMIT', batch_size: 65_536, retriable: true },
    });
    expect(second).toMatchObject({ status: 'completed', attempt: 2, error: null });
    expect(Object.entries(second?.results.batch_sizes ?? {}).map(([size, r]) => [size, r.measured_by_attempt])).toEqual(
      [
        ['1', 1],
        ['2', 1],
      ],
    );
    expect(second?.results.dropped_batch_sizes).toEqual({ 65536: expect.stringContaining('limit of 350 MB') });
    expect(second?.workload).toBeUndefined();
    expect(events.filter((event) => event.run_id === run_id && event.kind === 'measured')).toHaveLength(2);
  });

  it('of a worker, another worker of its pool has the next attempt', async () => {
    const crash = async () => failure('crash');
    const pair = [await worker('cpu-000000a4', crash), await worker('cpu-000000a4', crash)];
    await waitFor(() => {
      const pool = statuses.at(-1)?.pools.find((each) => each.pool === 'cpu-000000a4');
      expect(pool?.workers).toBe(2);
    });
    const run_id = await submit([
      { task_id: 'a', executor: 'noop', retry_policy: { max_retries: 1, retry_delay_seconds: 0.01 } },
    ]);
    await waitFor(() => expect(of(run_id)).toHaveLength(2));
    expect(pair.flatMap((each) => each.started.map((job) => job.attempt)).sort()).toEqual([1, 2]);
    const second = pair.flatMap((each) => each.started).find((job) => job.attempt === 2);
    expect(second?.avoid_workers).toEqual([of(run_id)[0]?.worker_id]);
  });

  it('for want of an executor everywhere, the task ends', async () => {
    await worker('cpu-000000a5', async () => failure('executor_missing'));
    const run_id = await submit([{ task_id: 'a', executor: 'noop' }]);
    await waitFor(() => expect(of(run_id)).toHaveLength(2));
    expect(of(run_id)[1]?.error).toMatchObject({ code: 'NO_EXECUTOR_LEFT', retriable: false });
  });
});

describe('a model that fails alike on three workers', () => {
  it('is held back, tried once after a while, and let through when that completes', async () => {
    let broken = true;
    const run = async (job: Job) => (broken && job.task.benchmark === 'poison' ? failure('crash') : completed);
    for (let count = 0; count < 3; count++) await worker('cpu-000000b1', run);
    const policy = { max_retries: 20, retry_delay_seconds: 0.01 };
    const run_id = await submit([
      { task_id: 'bad', executor: 'noop', benchmark: 'poison', repetitions: 6, retry_policy: policy },
    ]);
    const opened = await waitFor(() => {
      const event = events.find((each) => each.kind === 'circuit_opened');
      if (event === undefined) throw new Error('no circuit was opened');
      return event;
    });
    expect(opened.message).toMatch(/noop poison ended with crash on 3 cpu workers .* so it is held back/);
    expect(opened.data).toMatchObject({ subject: 'noop poison', hardware: 'cpu', error_class: 'crash' });
    await waitFor(() => expect(events.some((each) => each.kind === 'circuit_half_open')).toBe(true));
    const waiting = await waitFor(() => {
      const event = events.find((each) => each.kind === 'waiting_for_pool' && each.run_id === run_id);
      if (event === undefined) throw new Error('nobody says why they wait');
      return event;
    });
    expect(waiting.message).toContain('noop poison ended with crash');
    // The others are not kept waiting.
    const good = await submit([{ task_id: 'good', executor: 'noop' }]);
    await waitFor(() => expect(of(good)).toHaveLength(1));
    broken = false;
    await waitFor(() => expect(of(run_id).filter((outcome) => outcome.status === 'completed')).toHaveLength(6));
    await waitFor(() => expect(events.some((each) => each.kind === 'circuit_closed')).toBe(true));
    const metrics = await (await fetch(`${stack.service('scheduler').http_url}/metrics`)).text();
    expect(metrics).toMatch(/benchwire_scheduler_recoveries_total\{[^}]*recovery="elsewhere"[^}]*\} [1-9]/);
  });
});

describe('a worker on which three things in a row fail alike', () => {
  const real = { labels: { kind: 'real' } };
  const failing = (name: string) => ({
    task_id: name,
    executor: 'noop',
    benchmark: name,
    requirements: real,
    retry_policy: { max_retries: 0, retry_delay_seconds: 0 },
    config: { behaviour: 'fail' },
  });
  const kindsOf = (worker_id: string): string[] =>
    events.filter((event) => event.entity === 'worker' && event.worker_id === worker_id).map((event) => event.kind);

  it('stays in service where the request or the network is the cause, however often', async () => {
    const urls = Array.from({ length: 20 }, (_, n) => `https://127.0.0.1:9${n}/m${n}.onnx`);
    const once = { requirements: real, retry_policy: { max_retries: 0, retry_delay_seconds: 0 } };
    const unreachable = urls.map((model, n) => ({
      ...{
        ...once,
        task_id: `url-${n}`,
        executor: 'onnx',
        config: { model, sha256: 'a'.repeat(64), batch_sizes: [1] },
      },
    }));
    const asked = ['fail', 'throw', 'hang'].flatMap((behaviour) =>
      [1, 2, 3, 4].map((n) => ({
        ...{ ...failing(`${behaviour}-${n}`), config: { behaviour }, timeout_seconds: behaviour === 'hang' ? 1 : 60 },
      })),
    );
    const run_id = await submit([...unreachable, ...asked]);
    await vi.waitFor(() => expect(of(run_id)).toHaveLength(32), { timeout: 100_000, interval: 100 });
    expect(new Set(of(run_id).map(({ status }) => status))).toEqual(new Set(['failed', 'timed_out']));
    const worker_id = of(run_id)[0]?.worker_id ?? '';
    expect(kindsOf(worker_id)).not.toContain('quarantined');
    expect(events.filter(({ kind, message }) => kind === 'circuit_opened' && /onnx|hang|throw/.test(message))).toEqual(
      [],
    );
    const good = await submit([{ ...failing('good'), config: {} }]);
    await waitFor(() => expect(of(good)).toMatchObject([{ status: 'completed' }]));
  });

  it('takes no tasks until it has passed a health check, which runs a real model', async () => {
    const worker_id = heartbeats.find((beat) => !beat.worker_id.startsWith('w-'))?.worker_id ?? '';
    const kinds = (): string[] => kindsOf(worker_id);
    // What a worker with a broken device reports: three models, one after the other.
    const models = ['./one.onnx', './two.onnx', './three.onnx'];
    const once = { requirements: { labels: { kind: 'nowhere' } }, retry_policy: { max_retries: 0 } };
    const broken = models.map((model, n) => ({
      ...once,
      ...{ task_id: `m${n}`, benchmark: model, executor: 'onnx', config: { model } },
    }));
    const run_id = await submit(broken);
    for (const [n, model] of models.entries()) {
      const error = { class: 'device_error' as const, code: 'DEVICE_FAILED', message: 'it fell off', retriable: true };
      const about = {
        run_id,
        task_id: `m${n}`,
        max_attempts: 1,
        worker_id,
        pool: 'cpu-000000d0',
        executor: 'onnx',
        model,
      };
      const said = outcomeWith(1, { ...about, benchmark: model, status: 'failed', error, results: {} });
      await jetstream(nats).publish(outcomeSubject(said), JSON.stringify(said));
    }
    await waitFor(() => expect(of(run_id)).toHaveLength(3));
    await waitFor(() => expect(kinds()).toContain('quarantined'));
    await waitFor(() => expect(heartbeats.some((beat) => beat.paused?.kind === 'quarantined')).toBe(true));
    const held = await submit([{ ...failing('four'), config: {} }]);
    await waitFor(() => expect(kinds()).toContain('released'));
    const released = events.find((event) => event.kind === 'released');
    expect(released?.message).toMatch(/cpu-0 ran silero-vad-v5/);
    await waitFor(() => expect(of(held)).toMatchObject([{ status: 'completed' }]));
    const bucket = await openBucket(nats, QUARANTINE_BUCKET, 1);
    const entry = quarantine.parse((await bucket.get(worker_id))?.json());
    expect(entry).toMatchObject({ quarantined: false, by: 'scheduler', checks_failed: 0 });
  });

  it('stays in a quarantine that a person has put it in, also after a restart, until a person lets it back', async () => {
    const worker_id = heartbeats.find((beat) => !beat.worker_id.startsWith('w-'))?.worker_id ?? '';
    const env = Object.fromEntries(Object.entries(stack.env).filter(([, value]) => value !== undefined));
    const workersCommand = (...args: string[]) => bw(['workers', ...args], { env, cwd: dataDir });
    const misspelt = await workersCommand('quarantine', `${worker_id}x`);
    expect(misspelt.code).not.toBe(0);
    expect(misspelt.stderr).toContain(`Did you mean "${worker_id}"?`);
    const paused = (): Heartbeat['paused'] => heartbeats.findLast((beat) => beat.worker_id === worker_id)?.paused;
    const put = await workersCommand('quarantine', worker_id, '--reason', 'its fan is loud');
    expect(put).toMatchObject({ code: 0, stdout: expect.stringContaining(`${worker_id}: in quarantine until`) });
    await waitFor(() => expect(paused()).toMatchObject({ kind: 'quarantined', message: 'its fan is loud' }));
    heartbeats.length = 0;
    await stack.service('worker').kill('SIGKILL');
    await stack.service('worker').waitReady();
    await waitFor(() => expect(paused()?.message).toBe('its fan is loud'));
    const run_id = await submit([{ ...failing('five'), config: {} }]);
    const waits = await waitFor(() => {
      const event = events.find((each) => each.kind === 'waiting_for_pool' && each.run_id === run_id);
      if (event === undefined) throw new Error('nobody says why it waits');
      return event;
    });
    expect(waits.message).toContain('is in quarantine: its fan is loud');
    expect(await workersCommand('resume', worker_id)).toMatchObject({ code: 0, stdout: `${worker_id}: takes jobs\n` });
    await waitFor(() => expect(of(run_id)).toMatchObject([{ status: 'completed' }]));
  });
});

describe('what failed and what was done about it, after all of that', () => {
  const faults = async (): Promise<FaultTolerance> => {
    const { code, stdout, stderr } = await bw(['report', '--fault-tolerance', '--since', '1d', '--json'], {
      env: stack.env,
    });
    if (code !== 0) throw new Error(stderr);
    return QUERIES.fault_tolerance.row.parse(JSON.parse(stdout));
  };

  it('is counted by class, and by what helped', async () => {
    const found = await waitFor(async () => {
      const row = await faults();
      expect(row.quarantines.some(({ by, next_status }) => by === 'scheduler' && next_status === 'completed')).toBe(
        true,
      );
      return row;
    });
    const classes = new Set(found.failures.map(({ error_class }) => error_class));
    for (const name of ['out_of_memory', 'device_error', 'crash', 'executor_missing', 'timeout'])
      expect(classes, `of ${[...classes]}`).toContain(name);
    const failed = outcomes.filter(({ error, status }) => error !== null && status !== 'cancelled');
    expect(found.failed_attempts).toBe(failed.length);
    expect(found.failures.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(failed.length);
    expect(found.recovered_tasks).toBeGreaterThan(6);
    const succeeded = (strategy: string, error_class: string): number | undefined =>
      found.strategies.find((use) => use.strategy === strategy && use.error_class === error_class)?.succeeded;
    expect(succeeded('other_pool', 'out_of_memory')).toBeGreaterThan(0);
    expect(succeeded('same_worker', 'out_of_memory')).toBeGreaterThan(0);
    expect(succeeded('circuit_breaker', 'crash')).toBe(1);
    expect(succeeded('quarantine', '')).toBeGreaterThan(0);
    expect(found.circuits).toMatchObject([{ subject: 'noop poison', hardware: 'cpu', error_class: 'crash' }]);
  });

  it('is one HTML file', async () => {
    const file = join(dataDir, 'faults.html');
    const { code, stderr } = await bw(['report', '--fault-tolerance', '--output', file], { env: stack.env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(`written to ${file}`) });
    const page = readFileSync(file, 'utf8');
    for (const text of [
      '<h2>Quarantines</h2>',
      'Circuit breaker',
      'noop poison',
      'Retry in another pool',
      'device error',
    ])
      expect(page).toContain(text);
  });
});
