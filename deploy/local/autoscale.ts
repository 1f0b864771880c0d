import type { PoolStatus } from '@benchwire/shared/contracts/status.ts';

/** When to have how many workers. */
export interface ScalingPolicy {
  min: number;
  max: number;
  /** What waits is to be done within this time. */
  drain_seconds: number;
  /** More are started when they have been needed for so long: a queue that empties by itself in a second needs none. */
  settle_ms: number;
  /** Some are stopped when fewer have been enough for so long. */
  cool_down_ms: number;
}

export const usualPolicy = { drain_seconds: 30, settle_ms: 2000, cool_down_ms: 30_000 } as const;

/** After this long without a word about the demand, what was known before says nothing any more. */
const MAX_GAP_MS = 5000;
const BACK_OFF = { base_ms: 5000, cap_ms: 300_000 } as const;

export interface Need {
  workers: number;
  /** One line for a person. */
  why: string;
}

/**
 * How many workers a pool's demand asks for: enough that all that is there is done within the target time, never more
 * than there are tasks for, never fewer than are busy. A task of unknown length is taken to be as long as the target, so
 * that each wants a slot of its own. When tasks have waited longer than the target although the expected run times said
 * that they would not, only their number counts.
 */
export function workersFor(pool: PoolStatus, drain_seconds: number): Need {
  const { waiting, emitted, running = 0, expected_work_seconds, unknown_work_tasks, oldest_wait_seconds = 0 } = pool;
  const tasks = waiting + emitted;
  // Of a scheduler before 0.2 only the number of tasks is known.
  const unknown = expected_work_seconds === undefined ? tasks : (unknown_work_tasks ?? 0);
  const known_seconds = expected_work_seconds ?? 0;
  const slots_each = Math.max(1, pool.slots / Math.max(1, pool.workers));
  const by_count = Math.ceil(tasks / slots_each);
  const by_work = Math.ceil((known_seconds + unknown * drain_seconds) / (drain_seconds * slots_each));
  const late = oldest_wait_seconds > drain_seconds;
  const work = `${Math.ceil(known_seconds)} s of work${unknown > 0 ? ` and ${unknown} of unknown length` : ''}`;
  return {
    workers: Math.max(
      late ? by_count : Math.min(by_count, by_work),
      Math.ceil(running / slots_each),
      tasks > 0 ? 1 : 0,
    ),
    why: `${waiting} waiting and ${emitted} given to ${pool.pool}, ${work}${late ? `, the oldest for ${Math.round(oldest_wait_seconds)} s` : ''}`,
  };
}

/**
 * Turns what is needed from moment to moment into how many workers there are to be. Grows to the smallest number that was
 * needed throughout `settle_ms`, shrinks to the largest that was needed in `cool_down_ms` (the stabilization windows of
 * Kubernetes' HorizontalPodAutoscaler), and stays otherwise, so a constant demand changes it once. Starts that fail put
 * off the next try, twice as long each time.
 */
export class Autoscaler {
  #policy: ScalingPolicy;
  /** What was needed, oldest first; without gaps. */
  #needs: Array<{ at_ms: number; workers: number }> = [];
  #failures = 0;
  #no_start_before_ms = Number.NEGATIVE_INFINITY;

  constructor(policy: ScalingPolicy) {
    this.#policy = policy;
  }

  /**
   * @param current - workers that take jobs or are about to
   * @param need - what the demand asks for now; undefined when nobody says
   * @returns how many there are to be
   */
  target(current: number, need: number | undefined, now: number): number {
    this.#note(need, now);
    return Math.max(this.#policy.min, Math.min(this.#policy.max, this.#wanted(current, now)));
  }

  /** False for a while after a start that failed. */
  mayStart(now: number): boolean {
    return now >= this.#no_start_before_ms;
  }

  /** A worker came up. */
  started(): void {
    this.#failures = 0;
    this.#no_start_before_ms = Number.NEGATIVE_INFINITY;
  }

  /** @returns for how long none is started now, in milliseconds */
  failed(now: number): number {
    const wait_ms = Math.min(BACK_OFF.cap_ms, BACK_OFF.base_ms * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    this.#no_start_before_ms = now + wait_ms;
    return wait_ms;
  }

  #note(need: number | undefined, now: number): void {
    const last = this.#needs.at(-1);
    if (last !== undefined && now - last.at_ms > MAX_GAP_MS) this.#needs = [];
    if (need !== undefined) this.#needs.push({ at_ms: now, workers: need });
    // The first one that is kept was in force when the longest window began.
    const begin_ms = now - Math.max(this.#policy.settle_ms, this.#policy.cool_down_ms);
    while ((this.#needs[1]?.at_ms ?? Number.POSITIVE_INFINITY) <= begin_ms) this.#needs.shift();
  }

  #wanted(current: number, now: number): number {
    const throughout = Math.min(...this.#within(now - this.#policy.settle_ms));
    if (Number.isFinite(throughout) && throughout > current) return throughout;
    const at_most = Math.max(...this.#within(now - this.#policy.cool_down_ms));
    return Number.isFinite(at_most) && at_most < current ? at_most : current;
  }

  /** What was needed since then, with what was in force at that moment; nothing when that is not known. */
  #within(begin_ms: number): number[] {
    const first = this.#needs.findLastIndex(({ at_ms }) => at_ms <= begin_ms);
    return first < 0 ? [] : this.#needs.slice(first).map(({ workers }) => workers);
  }
}
