import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processIdentity } from '@benchwire/deploy/local/process-identity.ts';
import { type LocalStack, startLocalStack } from '@benchwire/deploy/local/stack.ts';
import type { BenchEvent } from '@benchwire/shared/contracts/event.ts';
import { attemptId, newRunId } from '@benchwire/shared/contracts/ids.ts';
import { JOB_NAME, poolQueueName } from '@benchwire/shared/contracts/job.ts';
import { decodeMetricBatch } from '@benchwire/shared/contracts/metrics.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { type Heartbeat, WORKERS_BUCKET, workerCommandSubject } from '@benchwire/shared/contracts/worker.ts';
import { loadConfig, natsVariables } from '@benchwire/shared/runtime/config.ts';
import { connectNats, type NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type BwProcess, bw, startBw } from '../support/bw.ts';
import { problemsOf } from '../support/protocol-schemas.ts';
import { pythonWith } from '../support/python.ts';
import { PYTHON_WORKER, type PythonWorker, startPythonWorker } from '../support/python-worker.ts';

/**
 * A worker that shares no line with ours, in another language, in a real stack: examples/python-worker, with BullMQ's own
 * Python package. Whatever is said there has to fit the schemas of docs/protocol.
 */
const folder = mkdtempSync(join(tmpdir(), 'bw-python-'));
const { python = '', reason } = pythonWith(join(PYTHON_WORKER, 'requirements.txt'), folder);
if (reason !== undefined) {
  console.log(`the Python worker is not tested here: ${reason}`);
  rmSync(folder, { recursive: true, force: true });
}

describe.skipIf(reason !== undefined)('a worker in Python', () => {
  let stack: LocalStack;
  let nats: NatsConnection;
  let redis: Redis;
  let worker: PythonWorker;
  const started: PythonWorker[] = [];
  const said: Array<{ schema: string; message: unknown }> = [];
  const saidAs = <T>(schema: string): T[] =>
    said.filter((each) => each.schema === schema).map(({ message }) => message as T);
  const rejected: string[] = [];

  beforeAll(async () => {
    // A worker of ours is there as well, and allows the same programs.
    const env = { WORKER_COMMANDS: 'python3,sh', WORKER_EXECUTORS: 'command', LOG_LEVEL: 'warn' };
    stack = await startLocalStack({ dataDir: join(folder, 'data'), env });
    nats = await connectNats('test', loadConfig(z.object(natsVariables), stack.env));
    redis = new Redis(stack.env.REDIS_URL ?? '', { maxRetriesPerRequest: null });
    const hear = (subject: string, schema: string, read: (bytes: Uint8Array) => unknown): void => {
      nats.subscribe(subject, { callback: (_error, { data }) => void said.push({ schema, message: read(data) }) });
    };
    const json = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());
    hear('bw.heartbeat.>', 'heartbeat', json);
    hear('bw.outcome.>', 'outcome', json);
    hear('bw.event.>', 'event', json);
    hear('bw.metrics.>', 'metric-batch', decodeMetricBatch);
    nats.subscribe('bw.rejected.>', { callback: (_error, { subject }) => void rejected.push(subject) });
    await nats.flush();
    worker = await start();
  });
  afterAll(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    redis?.disconnect();
    await nats?.close();
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (...args: string[]): Promise<PythonWorker> => {
    const common = ['--id', 'python-1', '--allow', 'python3', '--allow', 'sh'];
    const one = await startPythonWorker(python, stack.env, [...common, ...args]);
    started.push(one);
    return one;
  };
  const inPython = (command: string[], more: object = {}) => ({
    task_id: 'task',
    executor: 'command',
    requirements: { labels: { language: 'python' } },
    config: { command, model: 'sha256' },
    ...more,
  });
  const run = (task: object): BwProcess =>
    startBw(['run', '-', '--json', '--no-git'], {
      env: stack.env,
      input: JSON.stringify({ name: 'py', tasks: [task] }),
    });
  /** The outcome that ended a run of one task, as it was published. */
  const outcomeOf = async (running: BwProcess): Promise<Outcome> => {
    const { stdout, stderr } = await running.ended;
    const last: Outcome | undefined = stdout === '' ? undefined : JSON.parse(stdout).tasks[0];
    const outcome = saidAs<Outcome>('outcome').find(
      (each) => each.run_id === last?.run_id && each.task_id === last.task_id && each.attempt === last.attempt,
    );
    if (outcome === undefined) throw new Error(`bw run gave no outcome:\n${stderr}\n${worker.output()}`);
    return outcome;
  };
  const sql = async (statement: string): Promise<Array<Record<string, unknown>>> =>
    JSON.parse((await bw(['sql', statement, '--json'], { env: stack.env })).stdout);
  const command = async (message: object): Promise<Record<string, unknown>> =>
    (await nats.request(workerCommandSubject('python-1'), JSON.stringify(message), { timeout: 5000 })).json();
  /** The attempt that a worker says it runs, and that is not over. */
  const running = (worker_id: string): Promise<string> =>
    vi.waitFor(() => {
      const over = new Set(saidAs<Outcome>('outcome').map((each) => attemptId(each)));
      const beat = saidAs<Heartbeat>('heartbeat').findLast((each) => each.worker_id === worker_id);
      const id = Object.values(beat?.running ?? {})
        .flat()
        .find((each) => !over.has(each));
      if (id === undefined) throw new Error(`it runs nothing:\n${worker.output()}`);
      return id;
    }, 20_000);
  const queue = (): Queue => new Queue(poolQueueName(worker.pool), { connection: redis, prefix: 'benchwire' });

  it('takes what asks for it, measures it, and its results are kept like those of others', async () => {
    const script = `
import hashlib, json, time
for _ in range(30):
    begin = time.perf_counter()
    hashlib.sha256(b"x" * 1_000_000).digest()
    print(json.dumps({"metric": "sha256_ms", "value": (time.perf_counter() - begin) * 1000, "unit": "ms"}), flush=True)
    time.sleep(0.01)
print("done")`;
    const outcome = await outcomeOf(run(inPython(['python3', '-c', script])));
    expect(outcome).toMatchObject({
      status: 'completed',
      worker_id: 'python-1',
      pool: worker.pool,
      model: 'sha256',
      simulation_status: { is_simulated: false },
    });
    expect(Buffer.from(outcome.logs ?? '', 'base64').toString()).toBe('done\n');
    expect(outcome.environment.python_version).toMatch(/^3\./);
    const result = outcome.results.metrics?.sha256_ms;
    expect(result).toMatchObject({ unit: 'ms', samples: 30, ci_low: null });
    expect(result?.min).toBeGreaterThan(0);
    expect(outcome.hardware_metrics?.unavailable?.power_consumption_watts).toBeTruthy();

    // Ours would do as well, but has another fingerprint: the two never share a history.
    const everywhere = { requirements: {}, placement: 'each' };
    const ours = await outcomeOf(run(inPython(['python3', '-c', script], everywhere)));
    const pools = new Set(
      (await sql('SELECT DISTINCT pool, fingerprint FROM attempts')).map(({ fingerprint }) => fingerprint),
    );
    expect(ours.status).toBe('completed');
    expect(pools.size).toBe(2);

    await vi.waitFor(async () => {
      expect(await sql('SELECT uniqExact(fingerprint) fingerprints, uniqExact(pool) pools FROM attempts')).toEqual([
        { fingerprints: 2, pools: 2 },
      ]);
      const where = `run_id = '${outcome.run_id}'`;
      expect(await sql(`SELECT count() n, max(value) most FROM samples WHERE ${where}`)).toEqual([
        { n: 30, most: result?.max },
      ]);
      expect(await sql(`SELECT metric, samples FROM results FINAL WHERE ${where}`)).toEqual([
        { metric: 'sha256_ms', samples: 30 },
      ]);
    }, 20_000);
    const stored = await queue().getJob(`${outcome.run_id}.task.1`);
    expect(problemsOf('job', stored?.data)).toEqual([]);
    expect(stored?.data.variant).toBe(outcome.variant);
  });

  it('says why a program failed', async () => {
    const policy = { retry_policy: { max_retries: 0 } };
    const failed = await outcomeOf(run(inPython(['sh', '-c', 'echo oh; exit 3'], policy)));
    expect(failed).toMatchObject({ status: 'failed', error: { class: 'crash', code: 'EXIT_CODE' } });
    expect(failed.error?.message).toMatch(/code 3.*oh/);
    const late = await outcomeOf(run(inPython(['sh', '-c', 'sleep 600'], { ...policy, timeout_seconds: 0.5 })));
    expect(late).toMatchObject({ status: 'timed_out', error: { code: 'TASK_TIMED_OUT' } });
  });

  it('ends an attempt that is cancelled, with all that it started', async () => {
    const cancelled = run(inPython(['sh', '-c', 'sleep 600 & echo $! ; wait']));
    const id = await running('python-1');
    await bw(['cancel', id.split('.')[0] ?? ''], { env: stack.env });
    const outcome = await outcomeOf(cancelled);
    expect(outcome).toMatchObject({ status: 'cancelled', error: { class: 'cancelled', retriable: false } });
    const child = Buffer.from(outcome.logs ?? '', 'base64')
      .toString()
      .trim();
    expect(child).toMatch(/^\d+$/);
    await vi.waitFor(() => expect(processIdentity(Number(child))).toBeUndefined());
  });

  it('answers commands, and tells those that are none', async () => {
    const answers = await Promise.all(['ping', 'health_check', 'dance'].map((name) => command({ command: name })));
    expect(answers).toMatchObject([{ ok: true }, { ok: true }, { ok: false }]);
    for (const answer of answers) expect(problemsOf('worker-command-reply', answer)).toEqual([]);
    await vi.waitFor(() => expect(rejected).toContain('bw.rejected.worker_command'));
    await command({ command: 'drain' });
    const waiting = run(inPython(['sh', '-c', 'true']));
    await waiting.waitFor(/no pool can run it now/);
    await command({ command: 'resume' });
    expect((await outcomeOf(waiting)).status).toBe('completed');
  });

  it('takes no jobs while it is in quarantine', async () => {
    const beat = (): Heartbeat | undefined =>
      saidAs<Heartbeat>('heartbeat').findLast((each) => each.worker_id === 'python-1');
    const act = (...args: string[]) => bw(['workers', ...args], { env: stack.env });
    expect((await act('quarantine', 'python-1', '--reason', 'the fan')).code).toBe(0);
    await vi.waitFor(
      () => expect(beat()).toMatchObject({ paused: { kind: 'quarantined', message: 'the fan' } }),
      20_000,
    );
    expect((await act('resume', 'python-1')).code).toBe(0);
    await vi.waitFor(() => expect(beat()).toMatchObject({ state: 'ready' }), 20_000);
    expect(beat()?.paused).toBeUndefined();
  });

  it('rejects a job that it cannot read, and ends its attempt', async () => {
    const run_id = newRunId();
    const data = { v: 2, run_id, attempt: 1, max_attempts: 1, task: { task_id: 'odd' } };
    await queue().add(JOB_NAME, data, { jobId: `${run_id}.odd.1` });
    const outcome = await vi.waitFor(() => {
      const found = saidAs<Outcome>('outcome').find((each) => each.run_id === run_id);
      if (found === undefined) throw new Error('no outcome');
      return found;
    }, 20_000);
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'JOB_UNREADABLE', retriable: false } });
    expect(rejected).toContain('bw.rejected.job');
  });

  it('is lost when it is killed, and the attempt is made again elsewhere in its pool', async () => {
    // The first attempt would take for ever.
    const script = 'case $BENCHWIRE_ATTEMPT in *.1) exec sleep 600;; esac';
    const lasting = run(inPython(['sh', '-c', script]));
    const id = await running('python-1');
    const job = await queue().getJob(id);
    expect(job?.processedBy).toBe('python-1');
    worker.child.kill('SIGKILL');
    await worker.ended;
    worker = await start('--id', 'python-2');
    const outcome = await outcomeOf(lasting);
    expect(outcome).toMatchObject({ status: 'completed', attempt: 2, worker_id: 'python-2' });
    const first = saidAs<Outcome>('outcome').find((each) => each.run_id === outcome.run_id && each.attempt === 1);
    expect(first).toMatchObject({ status: 'lost', worker_id: 'python-1', error: { code: 'WORKER_LOST' } });
  });

  it('reports a job lost that a dead worker of its pool has left behind', async () => {
    // Not the scheduler's: nobody else looks after it. Its lock would run out after 30 s; here it is taken away.
    const run_id = newRunId();
    const id = `${run_id}.left.1`;
    const task = {
      task_id: 'left',
      executor: 'command',
      config: { command: ['sh'] },
      benchmark: 'b',
      timeout_seconds: 9,
    };
    const job = { v: 1, run_id, attempt: 1, max_attempts: 1, task, request_name: null, source: null, tags: {} };
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    const pool = queue();
    await pool.add(JOB_NAME, { ...job, variant: '', queued_at: new Date().toISOString() }, { jobId: id });
    await redis
      .multi()
      .lrem(pool.toKey('wait'), 0, id)
      .lpush(pool.toKey('active'), id)
      .sadd(pool.toKey('stalled'), id)
      .exec();
    await redis.del(pool.toKey('stalled-check'));
    worker = await start('--id', 'python-2');
    const outcome = await vi.waitFor(() => {
      const found = saidAs<Outcome>('outcome').find((each) => each.run_id === run_id);
      if (found === undefined) throw new Error(`no outcome:\n${worker.output()}`);
      return found;
    }, 20_000);
    expect(outcome).toMatchObject({ status: 'lost', worker_id: null, error: { code: 'JOB_STALLED' } });
  });

  it('finishes what it runs when it is told to leave, and signs off', async () => {
    const last = run(inPython(['sh', '-c', 'sleep 1.5']));
    await running('python-2');
    worker.child.kill('SIGTERM');
    expect([await worker.ended, worker.output()]).toEqual([0, expect.not.stringContaining('Traceback')]);
    expect((await outcomeOf(last)).status).toBe('completed');
    const states = saidAs<Heartbeat>('heartbeat').filter((each) => each.worker_id === 'python-2');
    expect(states.at(-1)?.state).toBe('left');
    const kinds = saidAs<BenchEvent>('event').filter(
      (each) => each.entity === 'worker' && each.worker_id === 'python-2',
    );
    expect(kinds.slice(-3).map((each) => each.kind)).toEqual(['joined', 'draining', 'left']);
    const entry = await (await openBucket(nats, WORKERS_BUCKET, 1)).get('python-2');
    expect(entry?.operation ?? 'DEL').toBe('DEL');
  });

  it('has said nothing that does not fit docs/protocol', () => {
    for (const schema of ['heartbeat', 'outcome', 'event', 'metric-batch']) expect(saidAs(schema)).not.toEqual([]);
    expect(new Set(said.flatMap(({ schema, message }) => problemsOf(schema, message)))).toEqual(new Set());
    const joined = saidAs<BenchEvent>('event').filter((each) => each.kind === 'joined');
    for (const { data } of joined) expect(problemsOf('capabilities', data?.capabilities)).toEqual([]);
  });
});
