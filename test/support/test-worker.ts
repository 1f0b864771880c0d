import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import { type Job, jobId, poolQueueName } from '@benchwire/shared/contracts/job.ts';
import { type Outcome, outcomeMessageId, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import {
  type Capabilities,
  type Device,
  type Heartbeat,
  heartbeatSubject,
  WORKERS_BUCKET,
} from '@benchwire/shared/contracts/worker.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

export interface TestWorkerOptions {
  nats: NatsConnection;
  redis_url: string;
  worker_id: string;
  device?: Partial<Device>;
  /** How an attempt ends; the default completes at once. A promise that never settles is a hanging task. */
  run?: (job: Job) => Promise<Pick<Outcome, 'status' | 'error'>>;
}

/**
 * A worker in the test's own process that speaks the real protocol (capabilities, heartbeats, queue, outcomes) and
 * whose tasks do what the test says. It is no mock of ours: it shows that the protocol is enough to be a worker.
 */
export class TestWorker {
  readonly pool: string;
  readonly started: Job[] = [];
  #options: TestWorkerOptions;
  #redis: Redis;
  #worker: Worker;
  #timer: NodeJS.Timeout | undefined;
  #running = new Set<string>();
  #boot_id = crypto.randomUUID();

  constructor(options: TestWorkerOptions) {
    this.#options = options;
    this.pool = options.device?.pool ?? 'cpu-00000001';
    this.#redis = new Redis(options.redis_url, { maxRetriesPerRequest: null });
    this.#redis.on('error', () => undefined);
    this.#worker = new Worker(poolQueueName(this.pool), (job) => this.#process(job.data as Job), {
      connection: this.#redis,
      prefix: 'benchwire',
      name: options.worker_id,
      concurrency: options.device?.slots ?? 1,
      maxStalledCount: 0,
      autorun: false,
    });
    this.#worker.on('error', () => undefined);
  }

  async start(): Promise<void> {
    const { nats, worker_id } = this.#options;
    const device: Device = {
      device_id: 'cpu-0',
      class: 'cpu',
      name: 'test',
      fingerprint: 'test',
      pool: this.pool,
      memory_gb: 8,
      cuda_compute: null,
      slots: 1,
      executors: ['noop'],
      commands: [],
      labels: {},
      environment: {},
      ...this.#options.device,
    };
    const value: Capabilities = {
      v: MESSAGE_VERSION,
      worker_id,
      boot_id: this.#boot_id,
      hostname: 'test',
      started_at: new Date().toISOString(),
      version: 'test',
      devices: [device],
    };
    const bucket = await openBucket(nats, WORKERS_BUCKET, 1);
    await bucket.put(worker_id, JSON.stringify(value));
    this.#beat('ready');
    this.#timer = setInterval(() => this.#beat('ready'), 500);
    void this.#worker.run();
  }

  /** Stops talking and working at once, as a killed process would. */
  async vanish(): Promise<void> {
    clearInterval(this.#timer);
    await this.#worker.close(true);
    this.#redis.disconnect();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#worker.close();
    if (!this.#options.nats.isClosed()) this.#beat('left');
    this.#redis.disconnect();
  }

  #beat(state: Heartbeat['state']): void {
    const { nats, worker_id } = this.#options;
    if (nats.isClosed()) return;
    const beat: Heartbeat = {
      v: MESSAGE_VERSION,
      worker_id,
      boot_id: this.#boot_id,
      sent_at: new Date().toISOString(),
      interval_seconds: 0.5,
      state,
      capabilities_revision: 1,
      running: { 'cpu-0': [...this.#running] },
      cpu_load_percent: null,
      memory_used_mb: null,
      memory_total_mb: null,
      temperature_celsius: null,
    };
    nats.publish(heartbeatSubject(worker_id), JSON.stringify(beat));
  }

  async #process(job: Job): Promise<void> {
    const id = jobId({ run_id: job.run_id, task_id: job.task.task_id, attempt: job.attempt });
    this.started.push(job);
    this.#running.add(id);
    const started_at = new Date().toISOString();
    const began = performance.now();
    const end = await (this.#options.run?.(job) ?? Promise.resolve({ status: 'completed' as const, error: null }));
    const outcome: Outcome = {
      v: MESSAGE_VERSION,
      run_id: job.run_id,
      task_id: job.task.task_id,
      attempt: job.attempt,
      max_attempts: job.max_attempts,
      ...end,
      worker_id: this.#options.worker_id,
      device_id: 'cpu-0',
      pool: this.pool,
      fingerprint: 'test',
      benchmark: job.task.benchmark,
      executor: job.task.executor,
      model: null,
      precision: null,
      scenario: null,
      variant: '',
      request_name: job.request_name,
      source: job.source,
      tags: job.tags,
      queued_at: job.queued_at,
      started_at,
      finished_at: new Date().toISOString(),
      execution_time_seconds: (performance.now() - began) / 1000,
      ...(job.workload === undefined ? {} : { workload: job.workload }),
      results: {},
      hardware_metrics: null,
      environment: {},
      simulation_status: { is_simulated: true },
      logs: null,
    };
    await jetstream(this.#options.nats).publish(outcomeSubject(outcome), JSON.stringify(outcome), {
      msgID: outcomeMessageId(outcome),
    });
    this.#running.delete(id);
  }
}
