import { inflationOf } from '@benchwire/shared/detect/levels.ts';
import { lag1Autocorrelation } from '@benchwire/shared/stats/autocorrelation.ts';
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
/** Kendall's statistic is bounded (21 for 200 points): shrunk by more than this allows, no drift would ever be seen. */
const MAX_CORRELATION = 0.8;

/**
 * Whether the last stretch of a series drifts.
 * @param from - where the stretch begins
 * @param scale - noise of the series, greater than 0
 */
export function driftOf(values: Float64Array, from: number, scale: number, autocorrelation: number): Drift | undefined {
  const start = Math.max(from, values.length - MAX_POINTS);
  const stretch = values.subarray(start);
  if (stretch.length < MIN_POINTS) return undefined;
  const raw_z = Math.abs(mannKendallZ(stretch));
  if (raw_z < MIN_TREND_Z) return undefined;
  const slope = theilSenSlope(stretch);
  // A series that stays where it is for a while seems to creep: what its values hang together around the trend counts, too.
  const own = lag1Autocorrelation(stretch.map((value, i) => value - slope * i));
  const trend_z = raw_z / Math.sqrt(inflationOf(Math.max(autocorrelation, Math.min(MAX_CORRELATION, own))));
  if (trend_z < MIN_TREND_Z) return undefined;
  const movement = (Math.abs(slope) * stretch.length) / scale;
  return movement < MIN_MOVEMENT ? undefined : { from: start, slope, movement, trend_z };
}
