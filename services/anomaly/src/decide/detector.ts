import { median } from '@benchwire/shared/stats/quantile.ts';
import { excursionLimit, withoutItsBeginning } from '@benchwire/shared/verdict/excursions.ts';
import type { Measured } from '@benchwire/shared/verdict/known-level.ts';
import { noiseOfLevel, ownNoise, singleLimit, UNSTEADY_FACTOR } from '@benchwire/shared/verdict/noise.ts';

/** How the detector is set up. */
export interface DetectorOptions {
  /** Robust z-score from which a value of a long series counts as off. */
  threshold: number;
  /** Runs that must be there before a value is judged, at least 5. */
  min_runs: number;
  /** Runs that a value is held against, at most. */
  window: number;
}

export interface Verdict {
  /** -1 lower than usual, 1 higher, 0 as usual. */
  side: -1 | 0 | 1;
  median: number;
  mad: number;
  /** One unit of the z-score, in the unit of the values. */
  scale: number;
  n: number;
  z_score: number;
  /** What |z_score| had to exceed: grown for few runs, for a measurement that was not steady, and where the series goes so far by itself. */
  threshold: number;
}

/** A series without any noise around 0 has no unit to measure in; JSON has no infinity. */
const MAX_Z = 1000;

/**
 * Compares a value with the runs before it: its distance from their median in units of their noise (`noiseOfLevel`), or of the
 * measurement's own where that is greater. A value that is no further off than the series has been by itself is none: the limit is
 * that of a verdict about one run (`limitOf`).
 *
 * @param before - the runs before, any order
 * @param around - distances of all earlier values from their levels, in their order; asked for only where it matters
 * @returns undefined where there are fewer than `min_runs` of them, or where the numbers overflow
 */
export function judge(
  before: readonly number[],
  point: Measured,
  options: DetectorOptions,
  around: () => Float64Array,
): Verdict | undefined {
  const n = before.length;
  if (n < options.min_runs) return undefined;
  const center = median(before);
  const noise = noiseOfLevel(before, center);
  const scale = Math.max(noise.scale, ownNoise(point));
  const distance = point.value - center;
  const z_score = distance === 0 ? 0 : Math.max(-MAX_Z, Math.min(MAX_Z, distance / scale));
  if (!Number.isFinite(scale) || !Number.isFinite(z_score)) return undefined;
  const side = z_score > 0 ? 1 : -1;
  const usual = singleLimit(n, options.threshold) * (point.steady === false ? UNSTEADY_FACTOR : 1);
  const common = { median: center, mad: noise.mad, scale, n, z_score };
  if (Math.abs(z_score) <= usual) return { ...common, side: 0, threshold: usual };
  const threshold = Math.max(usual, excursionLimit(withoutItsBeginning(around(), distance), 1, side) / scale);
  return { ...common, side: Math.abs(z_score) <= threshold ? 0 : side, threshold };
}
