import { poolQueueName } from '@benchwire/shared/contracts/job.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { isOfBrowser } from './browsers/is-of-browser.ts';
import { leaveMachine, takeMachine, UNUSED } from './decide/machine-use.ts';
import { createJobHandler, type JobHandlerOptions } from './handlers/job.ts';
import { reportStalledJob } from './handlers/stalled-job.ts';
import { finishTogether } from './queue/finish-together.ts';

export interface PoolsOptions extends Omit<JobHandlerOptions, 'isDraining' | 'takeMachine' | 'leaveMachine'> {
  redis: Redis;
  prefix: string;
  devices: readonly Device[];
}

const LOCK_MS = 30_000;
/** Finished jobs that stay in a queue: they tell the reconciler that a job has ended whose outcome it has not seen. */
const KEPT_JOBS = 1000;

/** One queue consumer per device, with as many jobs at once as the device has slots. */
export class Pools {
  readonly #log: Log;
  readonly #redis: Redis;
  readonly #options: PoolsOptions;
  readonly #consumers = new Map<Device, Worker>();
  /** Devices that have left, and those that are not to be joined any more. */
  readonly #left = new WeakSet<Device>();
  readonly #closing = new Set<Promise<unknown>>();
  /** Tasks in browsers run alone; without browsers nothing ever waits. */
  #use = UNUSED;
  #draining = false;
  #started = false;
  #closed = false;
  #stopped: string | undefined;

  constructor(options: PoolsOptions) {
    this.#log = options.log;
    this.#redis = options.redis;
    this.#options = options;
    for (const device of options.devices) this.#consumers.set(device, this.#consumer(device));
  }

  /** Takes jobs from now on. */
  start(): void {
    this.#started = true;
    for (const worker of this.#consumers.values()) this.#run(worker);
  }

  /**
   * Takes no more jobs for these devices; those in execution go on.
   * @returns for each device what resolves once nothing runs there any more
   */
  async leave(devices: readonly Device[]): Promise<Map<Device, Promise<void>>> {
    const idle = new Map<Device, Promise<void>>();
    for (const device of devices) {
      this.#left.add(device);
      const worker = this.#consumers.get(device);
      if (worker === undefined) continue;
      this.#consumers.delete(device);
      await worker.pause(true);
      const closed = worker.close(this.#redis.status !== 'ready').catch((error: unknown) => {
        this.#log.warn({ reason: messageOf(error), pool: device.pool }, 'could not leave a pool in order');
      });
      idle.set(device, closed);
      this.#closing.add(closed);
      void closed.finally(() => this.#closing.delete(closed));
    }
    return idle;
  }

  /** Takes jobs for a device once what ran there before has ended. */
  joinAfter(idle: Promise<void> | undefined, device: Device): void {
    void (idle ?? Promise.resolve()).then(() => {
      if (this.#closed || this.#left.has(device)) return;
      const worker = this.#consumer(device);
      this.#consumers.set(device, worker);
      if (this.#draining) void worker.pause(true);
      if (this.#started) this.#run(worker);
    });
  }

  /** Why it takes no jobs although it should. */
  get stopped(): string | undefined {
    return this.#stopped;
  }

  /** No more jobs; those in execution go on. */
  async pause(): Promise<void> {
    this.#draining = true;
    await Promise.all([...this.#consumers.values()].map((worker) => worker.pause(true)));
  }

  async resume(): Promise<void> {
    this.#draining = false;
    await Promise.all([...this.#consumers.values()].map((worker) => worker.resume()));
  }

  /** Ends the consumers, once every job is over for BullMQ too. Without a server that can't be waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    const force = this.#redis.status !== 'ready';
    await Promise.all([...this.#consumers.values()].map((worker) => worker.close(force)));
    await Promise.all(this.#closing);
  }

  #takeMachine(device: Device): boolean {
    const { is_taken, use } = takeMachine(this.#use, device.device_id, isOfBrowser(device), Date.now());
    this.#use = use;
    return is_taken;
  }

  #run(worker: Worker): void {
    // Ends when the worker is closed; what goes wrong before is told as an event.
    worker.run().catch((error: unknown) => {
      this.#log.error({ err: error }, 'a queue consumer stopped');
      this.#stopped = `the consumer of ${worker.name} has stopped: ${messageOf(error)}`;
    });
  }

  #consumer(device: Device): Worker {
    const options = this.#options;
    const isDraining = (): boolean => this.#draining || this.#left.has(device);
    const handler: JobHandlerOptions = {
      ...options,
      isDraining,
      takeMachine: (each) => this.#takeMachine(each),
      leaveMachine: ({ device_id }) => {
        this.#use = leaveMachine(this.#use, device_id);
      },
    };
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
      removeOnComplete: { count: KEPT_JOBS },
      removeOnFail: { count: KEPT_JOBS },
    });
    finishTogether(worker, options.redis, {
      queue: worker.toKey(''),
      ...{ worker: options.worker_id, lock_ms: LOCK_MS, keep: KEPT_JOBS },
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
