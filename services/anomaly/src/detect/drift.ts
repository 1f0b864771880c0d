import { inflationOf } from '@benchwire/shared/detect/levels.ts';
import { mannKendallZ } from '@benchwire/shared/stats/mann-kendall.ts';
import { theilSenSlope } from '@benchwire/shared/stats/theil-sen.ts';

/** A level that moves slowly and goes on moving. */
export interface Drift {
  /** Where the stretch begins that drifts. */
  from: number;
  /** Per point, in the series' unit: Theil and Sen's. */
  slope: number;
  /** Over the whole stretch, in units of the noise. */
  movement: number;
  /** |z| of Mann and Kendall's test, shrunk by the autocorrelation. */
  trend_z: number;
}

/** Fewest points of a drift; beyond the most, only the newest are looked at, since the tests take quadratic time. */
const MIN_POINTS = 60;
const MAX_POINTS = 200;
export const MIN_TREND_Z = 5;
const MIN_MOVEMENT = 2;

/**
 * Whether the last stretch of a series drifts.
 * @param from - where the stretch begins
 * @param scale - noise of the series, greater than 0
 */
export function driftOf(values: Float64Array, from: number, scale: number, autocorrelation: number): Drift | undefined {
  const start = Math.max(from, values.length - MAX_POINTS);
  const stretch = values.subarray(start);
  if (stretch.length < MIN_POINTS) return undefined;
  const trend_z = Math.abs(mannKendallZ(stretch)) / Math.sqrt(inflationOf(autocorrelation));
  if (trend_z < MIN_TREND_Z) return undefined;
  const slope = theilSenSlope(stretch);
  const movement = (Math.abs(slope) * stretch.length) / scale;
  return movement < MIN_MOVEMENT ? undefined : { from: start, slope, movement, trend_z };
}
