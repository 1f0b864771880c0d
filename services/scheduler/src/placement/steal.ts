import { durationOf } from '../run-times/durations.ts';
import type { PoolState, TaskState } from '../state/model.ts';
import type { SchedulerState } from '../state/scheduler-state.ts';
import { endOf } from '../state/verdicts.ts';
import type { SchedulingView } from './strategy.ts';

/** A task moves only where that brings its end forward by this share of what is left … */
const GAIN = 0.2;
/** … and by this much: taking a job back and adding it elsewhere is not free. */
const MIN_GAIN_MS = 500;
/** Of one queue so many tasks are looked at in one go, and for each so many other pools. */
const MAX_TASKS = 64;
const MAX_POOLS = 256;

/**
 * Tasks that stand behind others in a pool's queue while another pool idles that would complete them earlier. They are
 * to be taken out of their queue, which succeeds only for those that no worker has taken; whatever comes back is ready
 * again, and free slots come first. So none is ever in two queues.
 */
export function planSteals(state: SchedulerState, view: SchedulingView, now: number): TaskState[] {
  const moves: TaskState[] = [];
  /** Slots of other pools that are free still. */
  const free = new Map<PoolState, number>();
  for (const pool of state.pools.all) {
    if (pool.load.queued === 0) continue;
    let ahead_ms = Math.max(0, pool.load.remainingMs(now) - pool.load.queuedWorkMs);
    let looked = 0;
    for (const task of pool.load.behind()) {
      if (++looked > MAX_TASKS) break;
      const expected_ms = task.emission?.expected_ms ?? 0;
      const stays_ms = ahead_ms / Math.max(1, pool.slots) + expected_ms;
      ahead_ms += expected_ms;
      if (state.toWithdraw.has(task) || endOf(task) !== undefined) continue;
      const other = betterPool(state, view, task, stays_ms * (1 - GAIN) - MIN_GAIN_MS, free, now);
      if (other === undefined) continue;
      free.set(other, (free.get(other) ?? freeSlots(other)) - 1);
      ahead_ms -= expected_ms;
      moves.push(task);
    }
  }
  return moves;
}

/** The pool with a free slot that completes a task first, if one does within that time. */
function betterPool(
  state: SchedulerState,
  view: SchedulingView,
  { lane }: TaskState,
  limit_ms: number,
  free: ReadonlyMap<PoolState, number>,
  now: number,
): PoolState | undefined {
  let best: PoolState | undefined;
  let best_ms = limit_ms;
  let looked = 0;
  for (const pool of lane.bucket.group.pools) {
    if (++looked > MAX_POOLS) break;
    if ((free.get(pool) ?? freeSlots(pool)) <= 0) continue;
    const { ms } = durationOf(state.run_times, lane.bucket, pool);
    if (ms >= best_ms || view.obstacle(lane, pool, now) !== undefined) continue;
    best = pool;
    best_ms = ms;
  }
  return best;
}

function freeSlots(pool: PoolState): number {
  return pool.slots - pool.emitted.size;
}
