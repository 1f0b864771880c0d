import { MAD_TO_SIGMA, medianAbsoluteDeviation } from '../stats/mad.ts';
import { median } from '../stats/quantile.ts';

/** Makes the mean absolute deviation of normal values their standard deviation: sqrt(π/2). */
const MEAN_DEVIATION_TO_SIGMA = 1.2533;
/** From so many values on the MAD alone is good enough. */
const FEW_VALUES = 20;
/**
 * Stands in for the noise, as a share of the value, where it is not known yet: a few runs that agree by chance, or more than
 * half of them equal to the digit. A series that has shown its noise is held to that, however small it is.
 */
const MIN_NOISE = 0.005;
/** The same where it is known: what numbers are rounded to. */
export const ROUNDING = 1e-5;
/** Half of a 95 % interval, in standard deviations. */
const HALF_INTERVAL = 1.96;
/** What a limit is multiplied by for a measurement that was not steady. */
export const UNSTEADY_FACTOR = 2;

/** The interval that a measurement gave of itself. */
export interface OwnInterval {
  ci_low: number | null;
  ci_high: number | null;
}

/**
 * The noise of a level from run to run, as one standard deviation in the values' unit: the largest of the scaled MAD, for few
 * values the scaled mean absolute deviation (the MAD of five values is often far too small by chance), and `leastNoise`.
 * The detector, the sensitivity of a series and verdicts all take it from here.
 *
 * @param values - at least one
 * @param center - their median, where it is known already
 * @param magnitude - size of the level, where `values` are distances from it
 */
export function noiseOfLevel(
  values: ArrayLike<number>,
  center: number = median(values),
  magnitude: number = center,
): { scale: number; mad: number } {
  const n = values.length;
  const mad = medianAbsoluteDeviation(values, center);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.abs((values[i] as number) - center);
  const mean = n < FEW_VALUES ? sum / n : 0;
  const scale = Math.max(mad * MAD_TO_SIGMA, mean * MEAN_DEVIATION_TO_SIGMA, leastNoise(n, magnitude, mad));
  return { scale, mad };
}

/** What the noise counts as at least, after `n` values with this median and median absolute deviation. */
export function leastNoise(n: number, level: number, mad: number): number {
  return Math.abs(level) * (n < FEW_VALUES || mad === 0 ? MIN_NOISE : ROUNDING);
}

/** What a measurement says about its own noise, as one standard deviation; 0 where it says nothing. */
export function ownNoise({ ci_low, ci_high }: OwnInterval): number {
  return ci_low === null || ci_high === null ? 0 : Math.abs(ci_high - ci_low) / 2 / HALF_INTERVAL;
}

/**
 * Few values know their own noise badly: 2.4 with 5, 1.2 with 10, 1.04 with 20. Fitted to the 99.95 % quantile of the score
 * that normally distributed values get from this scale, which a threshold of 5 then meets for each n (simulated,
 * 40,000 series each).
 */
function fewValuesFactor(n: number): number {
  return n <= 2 ? Number.POSITIVE_INFINITY : 1 + 12.6 / (n - 2) ** 2;
}

/** |z| that one value must exceed where the noise is known from `n` values. */
export function singleLimit(n: number, threshold: number): number {
  return threshold * fewValuesFactor(n);
}
