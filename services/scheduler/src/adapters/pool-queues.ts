import { token } from '@benchwire/shared/contracts/ids.ts';
import { type Job, jobId, poolQueueName } from '@benchwire/shared/contracts/job.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { connectRedis, pingRedis, type RedisOptions } from '@benchwire/shared/runtime/redis.ts';
import { Queue } from 'bullmq';
import { addJobs, isFenced, MAX_EVENTS, type NewJob } from './add-jobs.ts';
import { Fence } from './fence.ts';
import { type IdList, isReply, isWrongType, type KeepDamage, QueueRepair } from './queue-repair.ts';

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
  #repair: QueueRepair;
  #log: Log;
  #answers = true;
  #onFenced: () => void = () => undefined;

  /** @param keep - takes what is damaged, before it is removed */
  constructor(options: RedisOptions & { REDIS_PREFIX: string }, log: Log, keep: KeepDamage) {
    this.#redis = connectRedis('scheduler', options, log);
    this.#prefix = options.REDIS_PREFIX;
    this.#log = log;
    this.#fence = new Fence(this.#redis, options.REDIS_PREFIX, keep);
    this.#repair = new QueueRepair(this.#redis, options.REDIS_PREFIX, keep, log);
  }

  /** Whether Redis answered when it was last asked. */
  get answers(): boolean {
    return this.#redis.status === 'ready' && this.#answers;
  }

  /** @throws while Redis does not answer, with the reason */
  async check(): Promise<void> {
    this.#answers = await pingRedis(this.#redis).then(
      () => true,
      (error: unknown) => {
        this.#answers = false;
        throw error;
      },
    );
  }

  /**
   * To be called by a new leader before it looks into the queues: from then on no earlier one adds anything.
   * @param newest - asks NATS for an epoch that no leader up to now can be later than
   * @param onFenced - an addition was refused: Redis has forgotten the epoch, or a later leader is there
   * @returns false when a later leader has done so
   */
  async takeOver(epoch: string, newest: () => Promise<string>, onFenced: () => void): Promise<boolean> {
    this.#onFenced = onFenced;
    return await this.#fence.raise(epoch, newest);
  }

  /**
   * Puts attempts into a pool's queue, all or none of them; those that are there already are left alone.
   * @throws BenchwireError FENCED when this scheduler does not lead, or Redis has forgotten who does
   */
  async add(pool: string, jobs: readonly Job[]): Promise<void> {
    const { key, epoch = 'none' } = this.#fence;
    const target = { fence: key, epoch, queue: this.#repair.key(pool, '') };
    // Writes the queue's settings when it is made.
    this.#queue(pool);
    try {
      const added = jobs.map((data): NewJob => {
        const id = jobId({ run_id: data.run_id, task_id: data.task.task_id, attempt: data.attempt });
        return [id, JSON.stringify({ ...data, epoch } satisfies Job)];
      });
      await addJobs(this.#redis, target, added);
    } catch (error) {
      if (isFenced(error)) this.#onFenced();
      // Something of the queue is not what it should be; the reconciler adds them again.
      else if (isReply(error)) await this.#repair.repair(pool);
      throw error;
    }
  }

  /** Jobs that no worker has taken yet. What cannot be read is taken out of the way. */
  async waiting(pool: string): Promise<QueuedJob[]> {
    return await this.#list(pool, ['wait', 'paused', 'prioritized', 'delayed']);
  }

  async active(pool: string): Promise<QueuedJob[]> {
    return await this.#list(pool, ['active']);
  }

  /** Looks at everything that a queue consists of, and takes out of the way what is not what it should be. */
  async repair(pool: string): Promise<void> {
    await this.#repair.repair(pool);
  }

  /** What keeps a job from being added although no list has it. */
  async discardOrphan(pool: string, id: string): Promise<void> {
    await this.#repair.discardOrphan(pool, id);
  }

  /** Takes a job out unless a worker has it. */
  async withdraw(pool: string, id: string): Promise<Withdrawal> {
    const state = await this.state(pool, id);
    if (state !== 'waiting') return state === 'active' ? 'running' : 'gone';
    // Locked: a worker took it between the two calls.
    return (await this.#queue(pool).remove(id)) === 1 ? 'removed' : 'running';
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
      for (const key of keys) {
        const pool = key.slice(start.length, -':meta'.length);
        // Whatever else stands there is no queue of ours.
        if (token.safeParse(pool).success) found.push(pool);
        else this.#log.warn({ key }, 'ignoring a queue with a name that no pool has');
      }
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
        streams: { events: { maxLen: MAX_EVENTS } },
      });
      queue.on('error', () => undefined);
      this.#queues.set(pool, queue);
    }
    return queue;
  }

  async #list(pool: string, lists: IdList[]): Promise<QueuedJob[]> {
    const found: QueuedJob[] = [];
    const seen = new Set<string>();
    for (const list of lists) {
      const ids = (await this.#ids(pool, list)).filter((id) => !seen.has(id));
      for (const id of ids) seen.add(id);
      const jobs = await Promise.all(ids.map((id) => this.#repair.job(pool, list, id)));
      for (const [index, id] of ids.entries()) {
        const fields = jobs[index];
        if (fields === undefined) continue;
        const { pb, processedOn } = fields;
        found.push({ id, worker_id: pb, taken_at_ms: processedOn === undefined ? undefined : Number(processedOn) });
      }
    }
    return found;
  }

  async #ids(pool: string, list: IdList): Promise<string[]> {
    try {
      return await this.#repair.ids(pool, list);
    } catch (error) {
      if (!isWrongType(error)) throw error;
      await this.#repair.repair(pool);
      return await this.#repair.ids(pool, list);
    }
  }
}
