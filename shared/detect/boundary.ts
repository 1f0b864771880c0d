import { MAD_TO_SIGMA, medianAbsoluteDeviation } from '../stats/mad.ts';
import { median } from '../stats/quantile.ts';
import { rankTest } from '../stats/rank-test.ts';

/** How two neighbouring stretches of a series differ. */
export interface Boundary {
  /** The first value of the new level. */
  index: number;
  before: { from: number; median: number };
  after: { to: number; median: number };
  /** Distance of the medians over the noise within both stretches. */
  effect_size: number;
  /** |z| of the rank test over the values next to the boundary, shrunk by the autocorrelation. */
  rank_z: number;
  /** 0 where the two overlap fully, 1 where they don't. */
  separation: number;
}

export interface BoundaryOptions {
  /** Values on either side that are compared, at most. */
  test_window: number;
  /** Part of the series' noise that a stretch's own noise counts as at least: short stretches look calm by chance. */
  least_noise_share: number;
}

/**
 * Compares the stretches on both sides of a boundary.
 * @param values - the series
 * @param from, index, to - the stretches [from, index) and [index, to), none empty
 * @param scale - noise of the series, in its unit
 * @param inflation - variance of a mean over that of independent values, from 1
 */
export function compareAt(
  values: Float64Array,
  from: number,
  index: number,
  to: number,
  scale: number,
  inflation: number,
  options: BoundaryOptions,
): Boundary {
  const before = values.subarray(Math.max(from, index - options.test_window), index);
  const after = values.subarray(index, Math.min(to, index + options.test_window));
  const levelBefore = median(before);
  const levelAfter = median(after);
  const a = medianAbsoluteDeviation(before, levelBefore) * MAD_TO_SIGMA;
  const b = medianAbsoluteDeviation(after, levelAfter) * MAD_TO_SIGMA;
  const pooled = Math.sqrt((a * a * before.length + b * b * after.length) / (before.length + after.length));
  const noise = Math.max(pooled, scale * options.least_noise_share);
  const { z, separation } = rankTest(before, after);
  return {
    index,
    before: { from, median: levelBefore },
    after: { to, median: levelAfter },
    effect_size: Math.abs(levelAfter - levelBefore) / noise,
    rank_z: Math.abs(z) / Math.sqrt(inflation),
    separation,
  };
}
