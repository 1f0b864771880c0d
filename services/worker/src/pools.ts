import { poolQueueName } from '@benchwire/shared/contracts/job.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { createJobHandler, type JobHandlerOptions } from './handlers/job.ts';
import { reportStalledJob } from './handlers/stalled-job.ts';

export interface PoolsOptions extends Omit<JobHandlerOptions, 'isDraining'> {
  redis: Redis;
  prefix: string;
  devices: readonly Device[];
}

const LOCK_MS = 30_000;

/** One queue consumer per device, with as many jobs at once as the device has slots. */
export class Pools {
  readonly #log: Log;
  readonly #redis: Redis;
  readonly #workers: Worker[];
  #draining = false;
  #stopped: string | undefined;

  constructor(options: PoolsOptions) {
    this.#log = options.log;
    this.#redis = options.redis;
    const handler: JobHandlerOptions = { ...options, isDraining: () => this.#draining };
    this.#workers = options.devices.map((device) => this.#consumer(device, handler, options));
  }

  /** Takes jobs from now on. */
  start(): void {
    for (const worker of this.#workers) {
      // Ends when the worker is closed; what goes wrong before is told as an event.
      worker.run().catch((error: unknown) => {
        this.#log.error({ err: error }, 'a queue consumer stopped');
        this.#stopped = `the consumer of ${worker.name} has stopped: ${messageOf(error)}`;
      });
    }
  }

  /** Why it takes no jobs although it should. */
  get stopped(): string | undefined {
    return this.#stopped;
  }

  /** No more jobs; those in execution go on. */
  async pause(): Promise<void> {
    this.#draining = true;
    await Promise.all(this.#workers.map((worker) => worker.pause(true)));
  }

  async resume(): Promise<void> {
    this.#draining = false;
    await Promise.all(this.#workers.map((worker) => worker.resume()));
  }

  /** Ends the consumers, once every job is over for BullMQ too. Without a server that can't be waited for. */
  async close(): Promise<void> {
    const force = this.#redis.status !== 'ready';
    await Promise.all(this.#workers.map((worker) => worker.close(force)));
  }

  #consumer(device: Device, handler: JobHandlerOptions, options: PoolsOptions): Worker {
    const worker = new Worker(poolQueueName(device.pool), createJobHandler(device, handler), {
      connection: options.redis,
      prefix: options.prefix,
      // The scheduler finds a lost worker's jobs by this name.
      name: options.worker_id,
      concurrency: device.slots,
      autorun: false,
      lockDuration: LOCK_MS,
      stalledInterval: LOCK_MS,
      // A retry is the scheduler's, since it counts attempts and may choose another pool.
      maxStalledCount: 0,
      runRetryDelay: 1000,
      removeOnComplete: { count: 1000 },
      removeOnFail: { count: 1000 },
    });
    worker.on('error', (error) => {
      // An outage is told once, by the connection; here it shows up again with every try.
      const level = this.#redis.status === 'ready' ? 'warn' : 'debug';
      this.#log[level]({ reason: messageOf(error), pool: device.pool }, 'the queue reports an error');
    });
    worker.on('failed', (job, error) => {
      if (job === undefined) return;
      if (!(error instanceof UnrecoverableError)) {
        this.#log.error({ err: error, job: job.id }, 'could not store an outcome');
        return;
      }
      reportStalledJob(job, device, handler).catch((cause: unknown) =>
        this.#log.error({ err: cause, job: job.id }, 'could not report a stalled job'),
      );
    });
    return worker;
  }
}
