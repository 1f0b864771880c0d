import { forgetOldest } from '@benchwire/shared/runtime/forget-oldest.ts';
import type { Offer } from '../placement/match.ts';
import { Fifo } from '../queue/fifo.ts';
import type { Bucket, Group } from '../queue/lane.ts';
import type { Emission, TaskState } from '../state/run-state.ts';
import type { Pool } from './fleet.ts';

/** A model is taken to be in the cache of a worker that has used it within this time. */
const CACHED_MS = 3_600_000;
/** Models that are remembered for each pool. */
const MAX_MODELS = 1000;

/**
 * What the scheduler knows of one pool: what it offers, what was emitted to it, and how much work that is. A pool whose
 * workers are gone stays known for as long as something stands in its queue.
 */
export class PoolState {
  readonly name: string;
  /** Small and dense: place of the pool in arrays by pool. */
  index: number;
  /** Undefined while no worker serves it. */
  offer: Offer | undefined;
  /** Attempts that can run at once. */
  slots = 0;
  workers: readonly string[] = [];
  /** Groups that it can serve. */
  groups: Group[] = [];
  readonly emitted = new Set<TaskState>();
  /** Since when it has had a free slot and taken nothing although it was asked; undefined while it is busy. */
  idle_since_ms: number | undefined;
  /** Of those emitted, how many have a slot (as far as the scheduler can tell), and the sum of since when. */
  #started = 0;
  #started_sum_ms = 0;
  /** Expected run time of all that is emitted, and of what stands behind others. */
  #work_ms = 0;
  #queued_ms = 0;
  #queued = new Fifo<TaskState>();
  #by_bucket = new Map<Bucket, number>();
  /** Which workers have used which model when. */
  #models = new Map<string, Map<string, number>>();

  constructor(name: string, index: number) {
    this.name = name;
    this.index = index;
  }

  /** Takes over what the fleet says of it now. */
  update(pool: Pool | undefined, now: number): void {
    this.offer = pool?.offer;
    this.slots = pool?.slots ?? 0;
    this.workers = pool?.workers ?? [];
    this.#startNext(now);
  }

  /** Attempts that stand behind others. */
  get queued(): number {
    return this.emitted.size - this.#started;
  }

  get queuedWorkMs(): number {
    return this.#queued_ms;
  }

  add(state: TaskState, expected_ms: number, now: number): void {
    state.emission = { pool: this, at_ms: now, expected_ms, started_ms: undefined };
    this.emitted.add(state);
    this.idle_since_ms = undefined;
    this.#work_ms += expected_ms;
    this.#count(state.lane.bucket, 1);
    if (this.#started < this.slots) this.#start(state.emission, now);
    else {
      this.#queued_ms += expected_ms;
      this.#queued.push(state);
    }
  }

  delete(state: TaskState, now: number): void {
    const { emission } = state;
    if (emission === undefined || !this.emitted.delete(state)) return;
    state.emission = undefined;
    this.#work_ms -= emission.expected_ms;
    this.#count(state.lane.bucket, -1);
    if (emission.started_ms === undefined) this.#queued_ms -= emission.expected_ms;
    else {
      this.#started--;
      this.#started_sum_ms -= emission.started_ms;
    }
    if (this.emitted.size === 0) {
      // No rounding is carried on for ever.
      this.#work_ms = 0;
      this.#queued_ms = 0;
      this.#started_sum_ms = 0;
    }
    this.#startNext(now);
  }

  /** How many of those emitted are of that bucket. */
  emittedOf(bucket: Bucket): number {
    return this.#by_bucket.get(bucket) ?? 0;
  }

  /**
   * How long a task that is emitted now would wait for a slot. An attempt that has run for longer than was expected of it
   * counts as needing as long again as it is late: a pool that hangs becomes less and less attractive.
   */
  waitMs(now: number): number {
    if (this.#started < this.slots || this.slots === 0) return 0;
    return this.remainingMs(now) / this.slots;
  }

  /** Slot time that what is emitted will still take, in milliseconds. */
  remainingMs(now: number): number {
    return Math.abs(this.#work_ms - (this.#started * now - this.#started_sum_ms));
  }

  /** A worker has completed a task with that model: it is in its cache now. */
  usedModel(model: string, worker_id: string, now: number): void {
    const users = this.#models.get(model) ?? new Map<string, number>();
    // What was used last stands last.
    this.#models.delete(model);
    this.#models.set(model, users);
    users.set(worker_id, now);
    forgetOldest(this.#models, MAX_MODELS);
  }

  /** The share of its workers that have used a model lately. */
  shareWith(model: string, now: number): number {
    const users = this.#models.get(model);
    if (users === undefined || this.workers.length === 0) return 0;
    let count = 0;
    for (const worker_id of this.workers) if (now - (users.get(worker_id) ?? 0) < CACHED_MS) count++;
    return count / this.workers.length;
  }

  /** What stands behind others and may still be moved, first come first. */
  behind(): Generator<TaskState> {
    return this.#queued.items((state) => this.#isQueued(state));
  }

  #count(bucket: Bucket, by: number): void {
    const count = (this.#by_bucket.get(bucket) ?? 0) + by;
    if (count === 0) this.#by_bucket.delete(bucket);
    else this.#by_bucket.set(bucket, count);
  }

  #isQueued(state: TaskState): boolean {
    return state.emission?.pool === this && state.emission.started_ms === undefined;
  }

  #start(emission: Emission, now: number): void {
    emission.started_ms = now;
    this.#started++;
    this.#started_sum_ms += now;
  }

  #startNext(now: number): void {
    while (this.#started < this.slots && this.emitted.size > this.#started) {
      const next = this.#queued.peek((state) => this.#isQueued(state));
      if (next?.emission === undefined) return;
      this.#queued_ms -= next.emission.expected_ms;
      this.#start(next.emission, now);
    }
  }
}
