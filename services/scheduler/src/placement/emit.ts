import type { Fleet } from '../fleet/fleet.ts';
import { durationOf } from '../run-times/durations.ts';
import type { PoolState, TaskState } from '../state/model.ts';
import type { SchedulerState } from '../state/scheduler-state.ts';
import { historyObstacle } from './history.ts';
import { pickLane } from './pick.ts';
import { RankHeap } from './rank-heap.ts';
import type { SchedulingView, Strategy } from './strategy.ts';

export interface Emission {
  state: TaskState;
  pool: string;
}

/** Work that may stand ready in a pool's queue beyond what runs: enough to bridge the way of an outcome and a job. */
const PREFETCH_MS = 2000;
/** Ranks of pools with a free slot are below this, the others above. */
const NO_FREE_SLOT = 1e15;

/** Attempts a pool's queue may hold: what runs, and as many again so that no slot waits for the scheduler. */
export function capacityOf(pool: { slots: number }): number {
  return pool.slots * 2;
}

/** With more than this in its queue a pool is left alone: a few large additions cost much less than many of one job. */
function refillBelow(pool: PoolState): number {
  return capacityOf(pool) - Math.ceil(pool.slots / 2);
}

/**
 * Decides which waiting tasks go to which pool now. Free slots come before prefetch, so that a task never queues behind a
 * busy device while another one that wants it is idle. What runs long is not prefetched at all: the longer it is
 * left open where a task goes, the better the choice.
 * @param maximum - emissions at most, so that one decision stays short
 */
export function planEmissions(
  state: SchedulerState,
  fleet: Fleet,
  strategy: Strategy,
  now: number,
  maximum: number,
): Emission[] {
  const { pools, ready } = state;
  const emissions: Emission[] = [];
  pools.sync(fleet.pools(), now);
  pools.are_all_known = fleet.silenceIsTelling(now);
  if (ready.touched.size > 0) {
    pools.wakeFor(ready.touched);
    ready.touched.clear();
  }
  if (ready.size === 0) return emissions;
  const view = viewOf(state);
  if (strategy.prepare?.(view, now) === true) pools.wakeAll(now);
  else pools.wakeStale(now);

  const open = new RankHeap<PoolState>();
  const add = (pool: PoolState): void => {
    open.push(pool, strategy.rank(pool, now) + (hasFreeSlot(pool) ? 0 : NO_FREE_SLOT));
  };
  for (const pool of pools.takeOpen()) if (pool.emitted.size <= refillBelow(pool)) add(pool);
  while (emissions.length < maximum) {
    const pool = open.pop();
    if (pool === undefined) return emissions;
    const task = nextFor(view, strategy, pool, now);
    if (task === undefined) {
      if (hasFreeSlot(pool)) pool.idle_since_ms ??= now;
      pools.foundNothing(pool);
      continue;
    }
    state.markEmitted(task.state, pool.name, task.expected_ms, now);
    emissions.push({ state: task.state, pool: pool.name });
    if (pool.emitted.size < capacityOf(pool)) add(pool);
  }
  for (const pool of open.rest()) pools.wake(pool);
  return emissions;
}

function nextFor(
  view: SchedulingView,
  strategy: Strategy,
  pool: PoolState,
  now: number,
): { state: TaskState; expected_ms: number } | undefined {
  const lane = pickLane(view, strategy, pool, now);
  if (lane === undefined) return undefined;
  const state = lane.next();
  if (state === undefined) return undefined;
  const known = durationOf(view.run_times, lane.bucket, pool);
  const expected_ms = strategy.expectedMs?.(lane, pool) ?? known.ms;
  if (!hasFreeSlot(pool) && known.basis !== 'prior') {
    if (pool.load.queuedWorkMs + expected_ms > PREFETCH_MS * pool.slots) return undefined;
  }
  return { state, expected_ms };
}

/** The state as strategies see it. */
export function viewOf(state: SchedulerState): SchedulingView {
  return {
    ready: state.ready,
    pools: state.pools,
    run_times: state.run_times,
    obstacle: (lane, pool, now) =>
      state.reservations.obstacle(lane, pool, now, () => durationOf(state.run_times, lane.bucket, pool).ms) ??
      historyObstacle(state, lane, pool, now),
  };
}

function hasFreeSlot(pool: PoolState): boolean {
  return pool.emitted.size < pool.slots;
}
