import { type Duration, durationOf } from '../durations.ts';
import type { Bucket, Lane } from '../lane.ts';
import { type LateAttempts, lateAttempts } from '../late-attempts.ts';
import type { PoolState } from '../pool-state.ts';
import { LEAVE, type SchedulingView, type Strategy } from '../strategy.ts';
import { type Plan, planWork } from '../work-plan.ts';

/** A plan is good for so long … */
const PLAN_MS = 1000;
/** … and for so much change in how many tasks wait, … */
const PLAN_SHARE = 1 / 8;
/** … but making one may not take more than a small share of the time: so many pairs of work and pool a millisecond. */
const PAIRS_PER_MS = 1000;
/** Of the other pools so many are looked at, the fastest first. */
const RIVALS = 24;

export interface FastestCompletionWeights {
  /** How much shorter a task is taken to run where its model has been used lately, as a share. */
  affinity: number;
  /** How much earlier another pool has to complete a task for this one to leave it, as a share. */
  patience: number;
}

/**
 * A task goes where it is expected to be completed first. A pool with room therefore leaves a task to another one that,
 * with all that waits for it, still completes it earlier; and among tasks of the same urgency it takes one that is
 * cheapest to run here (see prices.ts), so that no pool spends its time on what others do better.
 *
 * Never idle for ever: a pool that has idled for as long as it would have needed for the task takes it; the expectation
 * that somebody else would be faster was wrong.
 */
export class FastestCompletion implements Strategy {
  readonly name = 'fastest_completion';
  #weights: FastestCompletionWeights;
  #view: SchedulingView | undefined;
  #plan: Plan | undefined;
  #planned_at_ms = 0;
  #planned_size = 0;

  constructor(weights: Partial<FastestCompletionWeights> = {}) {
    this.#weights = { affinity: 0.1, patience: 0.05, ...weights };
  }

  prepare(view: SchedulingView, now: number): boolean {
    this.#view = view;
    const plan = this.#plan;
    if (plan !== undefined && !this.#isStale(view, plan, now)) return false;
    const late = lateAttempts(view.pools.all, now);
    this.#plan = planWork(view, plan, now, (bucket, pool) => this.#durationOf(view, late, bucket, pool, now));
    this.#planned_at_ms = now;
    this.#planned_size = view.ready.size;
    return true;
  }

  #isStale({ ready, pools }: SchedulingView, plan: Plan, now: number): boolean {
    if (plan.numbering !== pools.numbering) return true;
    const age_ms = now - this.#planned_at_ms;
    if (age_ms >= PLAN_MS) return ready.size > 0 || this.#planned_size > 0;
    if (age_ms < plan.pairs / PAIRS_PER_MS) return false;
    if (plan.version !== pools.version) return true;
    return Math.abs(ready.size - this.#planned_size) > this.#planned_size * PLAN_SHARE;
  }

  rank(pool: PoolState, now: number): number {
    return pool.waitMs(now);
  }

  misfit(lane: Lane, pool: PoolState, now: number): number {
    const { bucket } = lane;
    const plan = this.#plan;
    const row = plan?.rows.get(bucket);
    if (plan === undefined || row === undefined) return 1;
    const ms = this.expectedMs(lane, pool);
    if (!this.#comesOutFirst(lane, pool, pool.waitMs(now) + ms, plan, now)) {
      const { idle_since_ms } = pool;
      if (idle_since_ms === undefined || now - idle_since_ms < ms) return LEAVE;
    }
    const misfit = (plan.priceOf(pool) * ms) / row.cheapest;
    // One try is enough to learn how long it takes here.
    return row.unproven[pool.index] === 1 ? misfit + pool.emittedOf(bucket) : misfit;
  }

  expectedMs(lane: Lane, pool: PoolState): number {
    const planned = this.#plan?.rows.get(lane.bucket)?.times_ms[pool.index];
    if (planned !== undefined && Number.isFinite(planned)) return planned;
    return this.#view === undefined ? 0 : durationOf(this.#view.run_times, lane.bucket, pool).ms;
  }

  /** Whether no other pool, after what it has and what is planned for it, completes the task earlier. */
  #comesOutFirst(lane: Lane, pool: PoolState, here_ms: number, plan: Plan, now: number): boolean {
    const { bucket, queue } = lane;
    const limit_ms = here_ms * (1 - this.#weights.patience);
    const row = plan.rows.get(bucket);
    const rivals = row?.fastest ?? bucket.group.pools;
    for (let place = 0; place < rivals.length && place < RIVALS; place++) {
      const rival = rivals[place];
      if (rival === undefined || rival === pool || rival.slots === 0) continue;
      const ms = row?.times_ms[rival.index] ?? this.expectedMs(lane, rival);
      // The rest is slower still.
      if (ms >= limit_ms) return true;
      const planned_ms = Math.max(0, plan.plannedMs(rival, queue.band) - ms / rival.slots);
      if (planned_ms + rival.waitMs(now) + ms >= limit_ms) continue;
      if (this.#view?.obstacle(lane, rival, now) === undefined) return false;
    }
    return true;
  }

  #durationOf(view: SchedulingView, late: LateAttempts, bucket: Bucket, pool: PoolState, now: number): Duration {
    const { ms, basis } = durationOf(view.run_times, bucket, pool);
    if (basis !== 'pool') return { ms: Math.max(ms, late.longestMs(bucket, pool)), basis };
    const share = bucket.model === null ? 0 : pool.shareWith(bucket.model, now);
    return { ms: ms * (1 - this.#weights.affinity * share), basis };
  }
}
