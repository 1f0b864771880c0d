import { type Duration, durationOf } from '../../run-times/durations.ts';
import { type LateAttempts, lateAttempts } from '../../run-times/late-attempts.ts';
import type { Bucket, Lane, PoolState } from '../../state/model.ts';
import { BELONGS, LEAVE, type SchedulingView, type Strategy } from '../strategy.ts';
import { type Plan, type PlannedRow, PROVEN_IN_CLASS, planWork, RIVALS, UNPROVEN } from '../work-plan.ts';

/** A plan is good for so long … */
const PLAN_MS = 1000;
/** … and for so much change in how many tasks wait, … */
const PLAN_SHARE = 1 / 8;
/** … but making one may not take more than a small share of the time: so many pairs of work and pool a millisecond. */
const PAIRS_PER_MS = 1000;

export interface FastestCompletionWeights {
  /** How much shorter a task is taken to run where its model has been used lately, as a share. */
  affinity: number;
  /** How much earlier another pool has to complete a task for this one to leave it, as a share. */
  patience: number;
}

const DEFAULT_WEIGHTS: FastestCompletionWeights = { affinity: 0.1, patience: 0.05 };

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

  /** @throws RangeError for a weight that there is not, or that is no share */
  constructor(weights: Partial<FastestCompletionWeights> = {}) {
    for (const [name, value] of Object.entries(weights)) {
      if (!Object.hasOwn(DEFAULT_WEIGHTS, name) || !(value >= 0 && value < 1)) {
        const known = Object.keys(DEFAULT_WEIGHTS).join(' and ');
        throw new RangeError(`${name}=${value} is not a weight: use ${known}, from 0 to less than 1`);
      }
    }
    this.#weights = { ...DEFAULT_WEIGHTS, ...weights };
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

  misfit(lane: Lane, pool: PoolState, now: number, limit: number): number {
    const { bucket } = lane;
    const row = this.#plan?.rows.get(bucket);
    const ms = row?.times_ms[pool.index];
    if (this.#plan === undefined || row === undefined || ms === undefined) return 1;
    let misfit = (this.#plan.priceOf(pool) * ms) / row.cheapest;
    const { proven } = row;
    // One try is enough to learn how long it takes here, or anywhere in the class.
    if (proven[pool.index] === UNPROVEN) misfit += triesOf(row, bucket, pool);
    let has_to_try = false;
    for (const each of this.#plan.toTry(pool)) {
      if (each.size === 0 || pool.emittedOf(each) > 0) continue;
      if (each === bucket) return Math.min(1, misfit);
      has_to_try = true;
    }
    if (proven[pool.index] === PROVEN_IN_CLASS) misfit += pool.emittedOf(bucket);
    // What is to be tried goes before what is known to belong here.
    if (has_to_try) misfit = Math.max(misfit, BELONGS * 1.01);
    if (misfit >= limit && misfit > BELONGS) return misfit;
    if (this.#comesOutFirst(lane, pool, row, ms, now)) return misfit;
    const { idle_since_ms } = pool;
    return idle_since_ms !== undefined && now - idle_since_ms >= ms ? misfit : LEAVE;
  }

  expectedMs(lane: Lane, pool: PoolState): number {
    const planned = this.#plan?.rows.get(lane.bucket)?.times_ms[pool.index];
    if (planned !== undefined && Number.isFinite(planned)) return planned;
    return this.#view === undefined ? 0 : durationOf(this.#view.run_times, lane.bucket, pool).ms;
  }

  /**
   * Whether no other pool, after what it has and what is planned for it, completes the task earlier. One where it would
   * cost more does not count: it has better things to do.
   */
  #comesOutFirst(lane: Lane, pool: PoolState, row: PlannedRow, ms: number, now: number): boolean {
    const most = (this.#plan?.priceOf(pool) ?? 1) * ms * BELONGS;
    const degree = this.#plan?.degreeOf(lane.queue.band) ?? 0;
    const limit_ms = (pool.waitMs(now) + ms) * (1 - this.#weights.patience);
    if (limit_ms <= (row.earliest_ms[degree] ?? 0)) return true;
    for (let place = 0; place < row.fastest.length && place < RIVALS; place++) {
      const rival = row.fastest[place];
      if (rival === undefined || rival === pool || rival.slots === 0) continue;
      const there_ms = row.times_ms[rival.index] ?? 0;
      // The rest is slower still.
      if (there_ms >= limit_ms) return true;
      if ((this.#plan?.priceOf(rival) ?? 1) * there_ms > most) continue;
      const planned_ms = this.#plan?.plannedMs(rival, degree, there_ms) ?? 0;
      if (planned_ms + there_ms + rival.waitMs(now) >= limit_ms) continue;
      if (this.#view?.obstacle(lane, rival, now) === undefined) return false;
    }
    return true;
  }

  #durationOf(view: SchedulingView, late: LateAttempts, bucket: Bucket, pool: PoolState, now: number): Duration {
    const { ms, basis } = durationOf(view.run_times, bucket, pool);
    if (basis !== 'pool') return { ms: Math.max(ms, late.longestMs(bucket, pool)), basis };
    const share = bucket.model === null ? 0 : pool.users.shareOf(pool.workers, bucket.model, now);
    return { ms: ms * (1 - this.#weights.affinity * share), basis };
  }
}

/** How many attempts of such work are under way in the pool, and in others of its class among the fastest. */
function triesOf({ fastest }: PlannedRow, bucket: Bucket, pool: PoolState): number {
  let tries = pool.emittedOf(bucket);
  for (let place = 0; place < fastest.length && place < RIVALS; place++) {
    const other = fastest[place];
    if (other !== undefined && other !== pool && other.offer?.class === pool.offer?.class)
      tries += other.emittedOf(bucket);
  }
  return tries;
}
