import { durationOf } from './durations.ts';
import type { PoolState } from './pool-state.ts';
import type { TaskState } from './run-state.ts';
import { endOf, type SchedulerState } from './scheduler-state.ts';
import type { SchedulingView } from './strategy.ts';

/** A task moves only where that brings its end forward by this share of what is left … */
const GAIN = 0.2;
/** … and by this much: taking a job back and adding it elsewhere is not free. */
const MIN_GAIN_MS = 500;
/** Idle pools and queued tasks that are looked at in one go. */
const MAX_POOLS = 64;
const MAX_TASKS = 64;

/**
 * Tasks that stand behind others in a pool's queue while another pool idles that would complete them earlier. They are
 * to be taken out of their queue, which succeeds only for those that no worker has taken; whatever comes back is ready
 * again, and free slots come first. So none is ever in two queues.
 */
export function planSteals(state: SchedulerState, view: SchedulingView, now: number): TaskState[] {
  const moves: TaskState[] = [];
  let asked = 0;
  for (const thief of state.pools.hungry) {
    const free = thief.slots - thief.emitted.size;
    if (free <= 0) continue;
    if (++asked > MAX_POOLS) break;
    let taken = 0;
    for (const victim of victimsOf(thief)) {
      if (taken >= free) break;
      for (const task of worthMoving(state, view, victim, thief, now)) {
        if (moves.includes(task)) continue;
        moves.push(task);
        if (++taken >= free) break;
      }
    }
  }
  return moves;
}

/** Pools with something in their queue that this one could serve as well. */
function victimsOf(thief: PoolState): Set<PoolState> {
  const victims = new Set<PoolState>();
  for (const group of thief.groups) {
    for (const pool of group.pools) if (pool !== thief && pool.queued > 0) victims.add(pool);
  }
  return victims;
}

function* worthMoving(
  state: SchedulerState,
  view: SchedulingView,
  victim: PoolState,
  thief: PoolState,
  now: number,
): Generator<TaskState> {
  let looked = 0;
  const running_ms = Math.max(0, victim.remainingMs(now) - victim.queuedWorkMs);
  let ahead_ms = running_ms;
  for (const task of victim.behind()) {
    if (++looked > MAX_TASKS) return;
    const { lane, emission } = task;
    const { group } = lane.bucket;
    const stays_ms = ahead_ms / Math.max(1, victim.slots) + (emission?.expected_ms ?? 0);
    ahead_ms += emission?.expected_ms ?? 0;
    if (!thief.groups.includes(group) || state.toWithdraw.has(task) || endOf(task) !== undefined) continue;
    if (view.obstacle(lane, thief, now) !== undefined) continue;
    const moves_ms = durationOf(state.run_times, lane.bucket, thief).ms;
    if (moves_ms + MIN_GAIN_MS < stays_ms * (1 - GAIN)) yield task;
  }
}
