import type { Pools } from '../fleet/pools.ts';
import type { ReadyQueue } from '../queue/ready-queue.ts';
import type { RunTimes } from '../run-times/run-times.ts';
import type { Lane, PoolState } from '../state/model.ts';

/** A pool takes the first task in order that costs up to this much more there than where it costs least. */
export const BELONGS = 1.1;

/** For a task that another pool should get. */
export const LEAVE = Number.POSITIVE_INFINITY;

/** What a strategy may look at. */
export interface SchedulingView {
  readonly ready: Pick<ReadyQueue, 'size' | 'tenants'>;
  readonly pools: Pick<Pools, 'all' | 'slots' | 'version' | 'numbering'>;
  readonly run_times: RunTimes;
  /** Why that pool must not get tasks of that lane now although it fits; undefined where it may. */
  obstacle(lane: Lane, pool: PoolState, now: number): string | undefined;
}

/**
 * Decides which pool gets a task. The order among tasks (tenants, priority, deadlines) is not its business: it is asked
 * about the foremost tasks, pool by pool, and never about one that a pool cannot or must not run.
 */
export interface Strategy {
  readonly name: string;
  /**
   * Called before each round of decisions; a strategy that plans ahead does it here, and not more often than needed.
   * @returns whether pools that found nothing they want have to be asked again
   */
  prepare?(view: SchedulingView, now: number): boolean;
  /** Of the pools with room those with lower numbers are asked first. Asked anew after each task that a pool takes. */
  rank(pool: PoolState, now: number): number;
  /**
   * How well the next task of a lane suits a pool that has room: 1 where it costs least to run it, 2 where it costs twice as
   * much, `LEAVE` where it comes out better if another pool takes it. Among tasks that are equally urgent the pool takes the
   * first one up to `BELONGS`, else the one that suits it best.
   * @param limit - what is not below this is not looked at any further, and may be any number from there on
   */
  misfit(lane: Lane, pool: PoolState, now: number, limit: number): number;
  /** How long a task of that lane is expected to run there, in milliseconds; for strategies that have planned it. */
  expectedMs?(lane: Lane, pool: PoolState): number | undefined;
}
