/** How the detector is set up. */
export interface DetectorOptions {
  /** Robust z-score from which a value of a long series counts as off. */
  threshold: number;
  /** Runs that must be there before a value is judged, at least 5. */
  min_runs: number;
  /** Runs that a value is held against, at most. */
  window: number;
}

/** One value of a series, with what its own measurement says about its noise. */
export interface Measured {
  value: number;
  ci_low: number | null;
  ci_high: number | null;
  steady: boolean | null;
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
  /** What |z_score| had to exceed: grown for few runs and for a measurement that was not steady. */
  threshold: number;
}

/** Makes the MAD of normally distributed values their standard deviation (1 / Φ⁻¹(3/4)). */
const MAD_TO_SIGMA = 1.4826;
/** The same for the mean absolute deviation: sqrt(π/2). */
const MEAN_DEVIATION_TO_SIGMA = 1.2533;
/** From so many runs on the MAD alone is good enough. */
const FEW_RUNS = 20;
/**
 * Stands in for the noise, as a share of the value, where it is not known yet: a few runs that agree by chance, or more than
 * half of them equal to the digit. A series that has shown its noise is held to that, however small it is.
 */
const LEAST_NOISE = 0.005;
/** The same where it is known: what numbers are rounded to. */
export const ROUNDING = 1e-5;
/** Half of a 95 % interval, in standard deviations. */
const HALF_INTERVAL = 1.96;
const UNSTEADY_FACTOR = 2;
/** A series without any noise around 0 has no unit to measure in; JSON has no infinity. */
const MAX_Z = 1000;

/**
 * Holds a value against the runs before it: its distance from their median in units of their noise, which is the
 * largest of the scaled MAD, for few runs the scaled mean absolute deviation (the MAD of five values is often far too
 * small by chance), the measurement's own interval, and `LEAST_NOISE` where the noise is not known.
 *
 * @param before - the runs before, any order
 * @returns undefined where there are fewer than `min_runs` of them, or where the numbers overflow
 */
export function judge(before: readonly number[], point: Measured, options: DetectorOptions): Verdict | undefined {
  const n = before.length;
  if (n < options.min_runs) return undefined;
  const median = medianOf(Float64Array.from(before));
  const deviations = Float64Array.from(before, (value) => Math.abs(value - median));
  const mad = medianOf(deviations);
  const meanDeviation = n < FEW_RUNS ? deviations.reduce((sum, deviation) => sum + deviation, 0) / n : 0;
  const scale = Math.max(
    mad * MAD_TO_SIGMA,
    meanDeviation * MEAN_DEVIATION_TO_SIGMA,
    ownNoise(point),
    leastNoise(n, median, mad),
  );
  const distance = point.value - median;
  const z_score = distance === 0 ? 0 : Math.max(-MAX_Z, Math.min(MAX_Z, distance / scale));
  if (!Number.isFinite(scale) || !Number.isFinite(z_score)) return undefined;
  const threshold = singleLimit(n, options) * (point.steady === false ? UNSTEADY_FACTOR : 1);
  const side = Math.abs(z_score) <= threshold ? 0 : z_score > 0 ? 1 : -1;
  return { side, median, mad, scale, n, z_score, threshold };
}

/** What the noise counts as at least, after `n` runs with this median and median absolute deviation; in the unit of the values. */
export function leastNoise(n: number, median: number, mad: number): number {
  return Math.abs(median) * (n < FEW_RUNS || mad === 0 ? LEAST_NOISE : ROUNDING);
}

/**
 * Few runs know their own noise badly: 2.4 with 5, 1.2 with 10, 1.04 with 20. Fitted to the 99.95 % quantile of the score
 * that normally distributed values get from this scale, which a threshold of 5 then meets for each n (simulated,
 * 40,000 series each).
 */
function fewRunsFactor(n: number): number {
  return 1 + 12.6 / (n - 2) ** 2;
}

/** |z| that one value must exceed after `n` runs. */
export function singleLimit(n: number, options: Pick<DetectorOptions, 'threshold'>): number {
  return options.threshold * fewRunsFactor(n);
}

function ownNoise({ ci_low, ci_high }: Measured): number {
  return ci_low === null || ci_high === null ? 0 : Math.abs(ci_high - ci_low) / 2 / HALF_INTERVAL;
}

/** Sorts its argument. */
function medianOf(values: Float64Array): number {
  values.sort();
  const middle = values.length >> 1;
  const upper = values[middle] ?? Number.NaN;
  return values.length % 2 === 1 ? upper : ((values[middle - 1] ?? Number.NaN) + upper) / 2;
}
