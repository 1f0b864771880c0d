import { JOB_NAME, type Job, jobId, poolQueueName } from '@benchwire/shared/contracts/job.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { connectRedis, type RedisOptions } from '@benchwire/shared/runtime/redis.ts';
import { type JobType, Queue } from 'bullmq';
import { Fence, isFenced } from './fence.ts';

export interface QueuedJob {
  id: string;
  /** The worker that took it, where one has. */
  worker_id: string | undefined;
  /** When it was taken, by that worker's clock. */
  taken_at_ms: number | undefined;
}

export type Withdrawal = 'removed' | 'running' | 'gone';

/** The pools' BullMQ queues, over one Redis connection. */
export class PoolQueues {
  #queues = new Map<string, Queue>();
  #redis: ReturnType<typeof connectRedis>;
  #prefix: string;
  #fence: Fence;
  #onFenced: () => void = () => undefined;

  constructor(options: RedisOptions & { REDIS_PREFIX: string }, log: Log) {
    this.#redis = connectRedis('scheduler', options, log);
    this.#prefix = options.REDIS_PREFIX;
    this.#fence = new Fence(this.#redis, options.REDIS_PREFIX);
  }

  get connected(): boolean {
    return this.#redis.status === 'ready';
  }

  /**
   * To be called by a new leader before it looks into the queues: from then on no earlier one adds anything.
   * @param onFenced - an addition was refused: Redis has forgotten the epoch, or a later leader is there
   * @returns false when a later leader has done so
   */
  async takeOver(epoch: string, onFenced: () => void): Promise<boolean> {
    this.#onFenced = onFenced;
    return await this.#fence.raise(epoch);
  }

  /**
   * Puts attempts into a pool's queue, all or none of them; those that are there already are left alone.
   * @throws BenchwireError FENCED when this scheduler does not lead, or Redis has forgotten who does
   */
  async add(pool: string, jobs: readonly Job[]): Promise<void> {
    const { epoch } = this.#fence;
    try {
      await this.#queue(pool).addBulk(
        jobs.map((data) => ({
          name: JOB_NAME,
          data: { ...data, epoch },
          opts: { jobId: jobId({ run_id: data.run_id, task_id: data.task.task_id, attempt: data.attempt }) },
        })),
      );
    } catch (error) {
      if (isFenced(error)) this.#onFenced();
      throw error;
    }
  }

  /** Jobs that no worker has taken yet. */
  async waiting(pool: string): Promise<QueuedJob[]> {
    return await this.#list(pool, ['wait', 'prioritized', 'delayed']);
  }

  async active(pool: string): Promise<QueuedJob[]> {
    return await this.#list(pool, ['active']);
  }

  /** Takes a job out unless a worker has it. */
  async withdraw(pool: string, id: string): Promise<Withdrawal> {
    const job = await this.#queue(pool).getJob(id);
    if (job === undefined) return 'gone';
    if (await job.isActive()) return 'running';
    try {
      await job.remove();
      return 'removed';
    } catch {
      // Locked: a worker took it between the two calls.
      return 'running';
    }
  }

  async state(pool: string, id: string): Promise<'waiting' | 'active' | 'completed' | 'failed' | 'missing'> {
    const state = await this.#queue(pool).getJobState(id);
    if (state === 'active' || state === 'completed' || state === 'failed') return state;
    return state === 'unknown' ? 'missing' : 'waiting';
  }

  /** Every pool that has or had a queue in Redis, whether or not its workers are there. */
  async pools(): Promise<string[]> {
    const start = `${this.#prefix}:${poolQueueName('')}`;
    const found: string[] = [];
    let cursor = '0';
    do {
      const [next, keys] = await this.#redis.scan(cursor, 'MATCH', `${start}*:meta`, 'COUNT', 1000);
      cursor = next;
      for (const key of keys) found.push(key.slice(start.length, -':meta'.length));
    } while (cursor !== '0');
    return found;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#redis.disconnect();
  }

  #queue(pool: string): Queue {
    let queue = this.#queues.get(pool);
    if (queue === undefined) {
      queue = new Queue(poolQueueName(pool), {
        connection: this.#redis,
        prefix: this.#prefix,
        streams: { events: { maxLen: 100 } },
      });
      queue.on('error', () => undefined);
      this.#queues.set(pool, queue);
    }
    return queue;
  }

  async #list(pool: string, states: JobType[]): Promise<QueuedJob[]> {
    const jobs = await this.#queue(pool).getJobs(states);
    return jobs.flatMap((job) =>
      // A job can vanish between the list and its data.
      job?.id === undefined ? [] : [{ id: job.id, worker_id: job.processedBy, taken_at_ms: job.processedOn }],
    );
  }
}
