import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalServers, startServers } from '@benchwire/deploy/local/servers.ts';
import { CHECKPOINTS_BUCKET, CHECKPOINTS_TTL_MS } from '@benchwire/shared/contracts/checkpoint.ts';
import type { BenchEvent } from '@benchwire/shared/contracts/event.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { JOB_NAME, type Job, job, jobId, poolQueueName } from '@benchwire/shared/contracts/job.ts';
import { decodeMetricBatch, type MetricBatch } from '@benchwire/shared/contracts/metrics.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { QUARANTINE_BUCKET } from '@benchwire/shared/contracts/quarantine.ts';
import { STREAMS } from '@benchwire/shared/contracts/streams.ts';
import { type Capabilities, capabilities, type Heartbeat, WORKERS_BUCKET } from '@benchwire/shared/contracts/worker.ts';
import { connectNats, type NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { ensureStreams, openBucket } from '@benchwire/shared/runtime/streams.ts';
import { jetstreamManager } from '@nats-io/jetstream';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { vi } from 'vitest';
import { storedOutcomes } from './outcomes.ts';

const MAIN = join(import.meta.dirname, '../../services/worker/src/main.ts');

export const waitFor = <T>(condition: () => T | Promise<T>, timeout = 20_000): Promise<T> =>
  vi.waitFor(condition, { timeout, interval: 25 });

/** Waits for a value to be there. */
export const waitUntil = async <T>(get: () => T | undefined | Promise<T | undefined>): Promise<T> => {
  const found = await vi.waitUntil(get, { timeout: 20_000, interval: 25 });
  return found as T;
};

/** A real worker process, and what it printed. */
export interface WorkerProcess {
  worker_id: string;
  process: ChildProcess;
  pool: string;
  capabilities: Capabilities;
  output: () => string;
  exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface Rejected {
  subject: string;
  of: string;
  issues: string;
  raw: string;
}

/** NATS and Redis of one test file, everything that was published there, and worker processes on demand. */
export class WorkerFixture {
  readonly outcomes: Outcome[] = [];
  readonly events: BenchEvent[] = [];
  readonly heartbeats: Heartbeat[] = [];
  readonly batches: MetricBatch[] = [];
  readonly rejected: Rejected[] = [];
  readonly servers: LocalServers;
  readonly nats: NatsConnection;
  readonly redis: Redis;
  readonly #folder: string;
  readonly #queues = new Map<string, Queue>();
  readonly #started = new Set<Pick<WorkerProcess, 'process' | 'exit'>>();

  private constructor(servers: LocalServers, nats: NatsConnection, redis: Redis, folder: string) {
    this.servers = servers;
    this.nats = nats;
    this.redis = redis;
    this.#folder = folder;
    this.#listen();
  }

  static async start(): Promise<WorkerFixture> {
    const folder = mkdtempSync(join(tmpdir(), 'benchwire-test-'));
    const servers = await startServers({
      dataDir: join(folder, 'data'),
      env: { NATS_URL: undefined, REDIS_URL: undefined, CLICKHOUSE_URL: undefined, KAFKA_BROKERS: undefined },
    });
    const { NATS_URL = '', REDIS_URL = '', NATS_USER, NATS_PASSWORD } = servers.env;
    const nats = await connectNats('test', { NATS_URL: [NATS_URL], NATS_USER, NATS_PASSWORD });
    await ensureStreams(await jetstreamManager(nats), STREAMS, 1);
    // A worker's NATS user may create nothing: that is the scheduler's.
    await openBucket(nats, WORKERS_BUCKET, 1);
    await openBucket(nats, QUARANTINE_BUCKET, 1);
    await openBucket(nats, CHECKPOINTS_BUCKET, 1, CHECKPOINTS_TTL_MS);
    const redis = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
    return new WorkerFixture(servers, nats, redis, folder);
  }

  async stop(): Promise<void> {
    for (const worker of this.#started) worker.process.kill('SIGKILL');
    await Promise.all([...this.#started].map((worker) => worker.exit));
    for (const queue of this.#queues.values()) await queue.close();
    this.redis.disconnect();
    await this.nats.close();
    await this.servers.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Starts a worker process without waiting for it, with a worker's logins and no more. */
  spawnWorker(env: Record<string, string>): Pick<WorkerProcess, 'process' | 'output' | 'exit'> {
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env.PATH, ...this.servers.env, ...this.servers.worker_login, LOG_FORMAT: 'json', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
    }
    const exit = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    const started = { process: child, output: () => text, exit };
    this.#started.add(started);
    return started;
  }

  /** Starts a worker process and waits until it is registered and ready. */
  async worker(worker_id: string, env: Record<string, string> = {}): Promise<WorkerProcess> {
    const started = this.spawnWorker({ WORKER_ID: worker_id, WORKER_EXECUTORS: 'noop,command', ...env });
    await waitFor(() => {
      if (started.process.exitCode !== null) throw new Error(`the worker has ended:\n${started.output()}`);
      if (!started.output().includes('"msg":"ready"')) throw new Error(`not ready:\n${started.output()}`);
    });
    const bucket = await openBucket(this.nats, WORKERS_BUCKET, 1);
    const own = capabilities.parse((await bucket.get(worker_id))?.json());
    return { ...started, worker_id, capabilities: own, pool: own.devices[0]?.pool ?? '' };
  }

  queue(pool: string): Queue {
    const known = this.#queues.get(pool);
    if (known !== undefined) return known;
    const queue = new Queue(poolQueueName(pool), { connection: this.redis, prefix: 'benchwire' });
    this.#queues.set(pool, queue);
    return queue;
  }

  /** Puts one attempt into a pool's queue, as the scheduler does. */
  async add(pool: string, task: Record<string, unknown>, more: Partial<Job> = {}): Promise<Job> {
    const task_id = String(task.task_id ?? 'task');
    const data = job.parse({
      v: 1,
      run_id: newRunId(),
      attempt: 1,
      max_attempts: 4,
      request_name: 'the request',
      source: { commit: 'abc' },
      tags: { team: 'red' },
      queued_at: new Date().toISOString(),
      ...more,
      task: { task_id, base_task_id: task_id, benchmark: 'bench', priority: 0, pool: null, config: {}, ...task },
    });
    await this.queue(pool).add(JOB_NAME, data, { jobId: jobId({ ...data, task_id }) });
    return data;
  }

  outcomesOf(run: { run_id: string }): Outcome[] {
    return this.outcomes.filter((outcome) => outcome.run_id === run.run_id);
  }

  /** The first outcome of a run of one task. */
  outcomeOf(run: { run_id: string }): Promise<Outcome> {
    return waitUntil(() => this.outcomesOf(run)[0]);
  }

  /** What OUTCOMES holds of a run: also that which came while this connection was away. */
  async storedOutcomes(run: { run_id: string }): Promise<Outcome[]> {
    return await storedOutcomes(this.nats, run.run_id);
  }

  lastHeartbeat(worker_id: string): Heartbeat | undefined {
    return this.heartbeats.findLast((heartbeat) => heartbeat.worker_id === worker_id);
  }

  #listen(): void {
    const on = (subject: string, take: (data: Uint8Array, subject: string, header: (name: string) => string) => void) =>
      this.nats.subscribe(subject, {
        callback: (_error, message) => take(message.data, message.subject, (name) => message.headers?.get(name) ?? ''),
      });
    const text = (data: Uint8Array): string => new TextDecoder().decode(data);
    on('bw.outcome.>', (data) => this.outcomes.push(JSON.parse(text(data))));
    on('bw.event.>', (data) => this.events.push(JSON.parse(text(data))));
    on('bw.heartbeat.>', (data) => this.heartbeats.push(JSON.parse(text(data))));
    on('bw.metrics.>', (data) => this.batches.push(decodeMetricBatch(data) as MetricBatch));
    on('bw.rejected.>', (data, subject, header) =>
      this.rejected.push({ subject, of: header('Bw-Subject'), issues: header('Bw-Issues'), raw: text(data) }),
    );
  }
}
