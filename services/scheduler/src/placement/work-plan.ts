import type { Duration } from '../run-times/durations.ts';
import type { Bucket, PoolState } from '../state/model.ts';
import { type Load, loadsAt, type Row, solvePrices } from './prices.ts';
import type { SchedulingView } from './strategy.ts';

/** So many kinds of work are planned for, the most first; the prices hold for the others as well. */
const MAX_ROWS = 256;
/** Degrees of urgency that are told apart. */
const MAX_DEGREES = 8;
/** Of the pools that could run a task so many are compared, the fastest first. */
export const RIVALS = 24;
/** Steps towards the prices: many for the first plan, few from the last plan's prices on. */
const FIRST_STEPS = 200;
const NEXT_STEPS = 40;

/** Of `PlannedRow.proven`; 0 where this pool has completed such work. */

export const PROVEN_IN_CLASS = 1;
export const UNPROVEN = 2;
/** What is expected of a pool by its other work alone may be wrong by this factor: within it the pool has to try. */
const OPTIMISM = 2;
const NOTHING: readonly Bucket[] = [];

/** What is known of one bucket while a plan holds. */
export interface PlannedRow extends Row {
  tasks: number;
  /** By `PoolState.index`. */
  times_ms: Float64Array;
  /** By `PoolState.index`: whether this pool has completed such work, another one of its class, or neither. */
  proven: Uint8Array;
  /** The pools that can serve it, the fastest first. */
  fastest: readonly PoolState[];
  /** What a task costs where it is cheapest: price times milliseconds. */
  cheapest: number;
  /** By degree of urgency: nowhere will one be done sooner than this, by what is planned. */
  earliest_ms: number[];
}

/** How the work that waits is best spread over the fleet, as of a moment. */
export interface Plan {
  rows: ReadonlyMap<Bucket, PlannedRow>;
  priceOf(pool: PoolState): number;
  /** Work that only others of the pool's class have completed, and that may well be cheapest here. */
  toTry(pool: PoolState): readonly Bucket[];
  /** The degree of urgency that a band counts as. */
  degreeOf(band: number): number;
  /** How long a pool works on what is planned for it and at least as urgent, but for one task of that length. */
  plannedMs(pool: PoolState, degree: number, without_ms: number): number;
  readonly prices: Float64Array;
  readonly version: number;
  readonly numbering: number;
  /** How large it was to make. */
  readonly pairs: number;
}

/** Spreads the waiting work over the fleet. */
export function planWork(
  view: SchedulingView,
  before: Plan | undefined,
  now: number,
  durationIn: (bucket: Bucket, pool: PoolState) => Duration,
): Plan {
  const { pools } = view;
  const by_index: Array<PoolState | undefined> = [];
  for (const pool of pools.all) by_index[pool.index] = pool;
  const loads: Load[] = Array.from(by_index, (pool) => ({
    slots: pool?.slots ?? 0,
    busy_ms: pool?.load.remainingMs(now) ?? 0,
  }));
  const counts = countByBand(view);
  const chosen = [...counts].sort((a, b) => b[0].size - a[0].size).slice(0, MAX_ROWS);
  const rows = new Map<Bucket, PlannedRow>();
  for (const [bucket] of chosen) rows.set(bucket, rowOf(bucket, loads.length, durationIn));

  const list = [...rows.values()];
  const known = before !== undefined && before.numbering === pools.numbering ? before.prices : undefined;
  const steps = known === undefined ? FIRST_STEPS : NEXT_STEPS;
  const prices = solvePrices(list, loads, known, steps);

  const to_try = new Map<PoolState, Bucket[]>();
  for (const [bucket, row] of rows) {
    row.cheapest = cheapestOf(row, prices);
    for (const { index } of row.fastest) {
      if (row.proven[index] !== PROVEN_IN_CLASS) continue;
      if ((prices[index] ?? 1) * (row.times_ms[index] ?? 0) > row.cheapest * OPTIMISM) continue;
      const pool = by_index[index];
      if (pool !== undefined) to_try.set(pool, [...(to_try.get(pool) ?? []), bucket]);
    }
  }

  const bands = bandsOf(counts);
  const idle = loads.map(({ slots }) => ({ slots, busy_ms: 0 }));
  const planned = bands.map((band) => {
    const urgent = chosen.flatMap(([bucket, by_band]) => {
      const row = rows.get(bucket);
      let tasks = 0;
      for (const [each, count] of by_band) if (each <= band) tasks += count;
      return row === undefined || tasks === 0 ? [] : [{ ...row, tasks }];
    });
    return loadsAt(urgent, idle, prices);
  });
  const plannedMs: Plan['plannedMs'] = (pool, degree, without_ms) =>
    Math.max(0, (planned[degree]?.[pool.index] ?? 0) - without_ms / pool.slots);
  for (const row of list) {
    row.earliest_ms = bands.map((_, degree) => {
      let earliest = Number.POSITIVE_INFINITY;
      for (const pool of row.fastest.slice(0, RIVALS)) {
        const ms = row.times_ms[pool.index] ?? 0;
        earliest = Math.min(earliest, ms + plannedMs(pool, degree, ms));
      }
      return earliest;
    });
  }

  return {
    rows,
    priceOf: (pool) => prices[pool.index] ?? 1,
    toTry: (pool) => to_try.get(pool) ?? NOTHING,
    degreeOf: (band) => {
      let degree = 0;
      while (degree < bands.length - 1 && (bands[degree] ?? 0) < band) degree++;
      return degree;
    },
    plannedMs,
    prices,
    version: pools.version,
    numbering: pools.numbering,
    pairs: list.length * loads.length,
  };
}

function countByBand({ ready }: SchedulingView): Map<Bucket, Map<number, number>> {
  const counts = new Map<Bucket, Map<number, number>>();
  for (const tenant of ready.tenants) {
    for (const queues of tenant.queues.values()) {
      for (const queue of queues) {
        for (const { bucket, size } of queue.lanes) {
          if (size === 0) continue;
          const by_band = counts.get(bucket) ?? new Map<number, number>();
          counts.set(bucket, by_band);
          by_band.set(queue.band, (by_band.get(queue.band) ?? 0) + size);
        }
      }
    }
  }
  return counts;
}

function rowOf(bucket: Bucket, size: number, durationIn: (bucket: Bucket, pool: PoolState) => Duration): PlannedRow {
  const times_ms = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
  const proven = new Uint8Array(size);
  for (const pool of bucket.group.pools) {
    const { ms, basis } = durationIn(bucket, pool);
    times_ms[pool.index] = ms;
    if (basis === 'prior' || basis === 'any_class') proven[pool.index] = UNPROVEN;
    else if (basis === 'class') proven[pool.index] = PROVEN_IN_CLASS;
  }
  const fastest = bucket.group.pools.toSorted((a, b) => (times_ms[a.index] ?? 0) - (times_ms[b.index] ?? 0));
  return { tasks: bucket.size, times_ms, proven, fastest, cheapest: 0, earliest_ms: [] };
}

function cheapestOf(row: PlannedRow, prices: Float64Array): number {
  let cheapest = Number.POSITIVE_INFINITY;
  for (const pool of row.fastest) {
    cheapest = Math.min(cheapest, (prices[pool.index] ?? 1) * (row.times_ms[pool.index] ?? 0));
  }
  return cheapest;
}

/** The degrees of urgency there are; the least urgent ones are taken together where there are many. */
function bandsOf(counts: ReadonlyMap<Bucket, ReadonlyMap<number, number>>): number[] {
  const bands = new Set<number>();
  for (const by_band of counts.values()) for (const band of by_band.keys()) bands.add(band);
  const sorted = [...bands].sort((a, b) => a - b);
  const last = sorted.at(-1);
  return sorted.length <= MAX_DEGREES || last === undefined ? sorted : [...sorted.slice(0, MAX_DEGREES - 1), last];
}
