import type { Lane, PoolState, Spec } from '../state/model.ts';
import type { SchedulerState } from '../state/scheduler-state.ts';

/**
 * Whether a task has a history that another pool would cut off: it may run anywhere, and is judged by what was measured before. What
 * measures its base itself needs none, and what is simulated has none.
 */
function needsHistory({ placement, pool, requirements, type, executor, base_side }: Spec): boolean {
  if (placement !== 'any' || pool !== null || requirements.pool !== undefined) return false;
  return type === 'benchmark' && executor !== 'noop' && base_side === undefined;
}

/** The pool that has most of a task's history, where that is another one than the pool that it goes to. */
export function historyElsewhere(state: SchedulerState, { spec, bucket }: Lane, pool: string): string | undefined {
  if (!needsHistory(spec)) return undefined;
  const home = state.run_times.homeOf(bucket.workload);
  return home === pool ? undefined : home;
}

/**
 * Why a task leaves a pool alone for now: another one has its history, can run it, and has not kept it waiting for too long. Undefined where it may
 * start.
 */
export function historyObstacle(state: SchedulerState, lane: Lane, pool: PoolState, now: number): string | undefined {
  if (state.history_patience_ms <= 0) return undefined;
  const name = historyElsewhere(state, lane, pool.name);
  if (name === undefined) return undefined;
  const home = lane.bucket.group.pools.find((each) => each.name === name);
  const isGone = home === undefined ? state.pools.are_all_known : home.slots === 0;
  if (isGone) return undefined;
  const since_ms = lane.next()?.ready_at_ms ?? now;
  if (now - since_ms >= state.history_patience_ms) return undefined;
  return `its history is on pool ${name}, for which it waits up to ${state.history_patience_ms / 1000} s`;
}
