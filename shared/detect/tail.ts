import { MAD_TO_SIGMA, medianAbsoluteDeviation } from '../stats/mad.ts';
import { median } from '../stats/quantile.ts';
import { type Boundary, compareAt } from './boundary.ts';
import { countedInflation, type Segmentation } from './levels.ts';
import type { DetectorSettings } from './settings.ts';

/**
 * A change so new that its values make no stretch yet: the last 3 and more values against those of the level before.
 * Of the places where it may have begun the most likely counts (generalised likelihood ratio over the start).
 *
 * @param values - the series, oldest first
 * @param levels - what `segmentSeries` says of them
 * @returns the change that is suspected, or undefined
 */
export function changeAtTheEnd(
  values: Float64Array,
  levels: Pick<Segmentation, 'boundaries' | 'scale' | 'autocorrelation'>,
  settings: DetectorSettings,
): Boundary | undefined {
  const n = values.length;
  const last = levels.boundaries.at(-1)?.index ?? 0;
  const inflation = countedInflation(levels.autocorrelation, settings);
  let best: { index: number; z: number } | undefined;
  for (let m = settings.least_new; m <= settings.most_new; m++) {
    const index = n - m;
    if (index - last < settings.least_base) break;
    const base = values.subarray(Math.max(last, index - settings.base_window), index);
    const level = median(base);
    // Few values look calmer than they are by chance.
    const noise =
      Math.max(medianAbsoluteDeviation(base, level) * MAD_TO_SIGMA, levels.scale * settings.least_noise_share) *
      (1 + 2 / base.length);
    const fresh = values.subarray(index);
    const side = Math.sign(median(fresh) - level);
    let off = 0;
    let nearest = Infinity;
    for (const value of fresh) {
      const distance = (side * (value - level)) / noise;
      if (distance > settings.least_distance) off++;
      nearest = Math.min(nearest, distance);
    }
    if (off < m - (m >= 6 ? 1 : 0)) continue;
    const z = ((side * (median(fresh) - level)) / noise) * Math.sqrt((m * base.length) / (m + base.length) / inflation);
    if (z >= settings.least_tail_z && z > (best?.z ?? 0)) best = { index, z };
  }
  if (best === undefined) return undefined;
  return compareAt(values, last, best.index, n, levels.scale, inflation, settings);
}
