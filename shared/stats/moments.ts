export interface Moments {
  mean: number;
  /** Of the sample (n - 1 in the divisor); 0 for a single sample. */
  stddev: number;
  min: number;
  max: number;
  sum: number;
}

/**
 * Mean, standard deviation, extremes and sum of at least one sample, in the samples' unit, in one pass that does not
 * lose digits (Welford 1962). Throws RangeError without samples.
 */
export function momentsOf(samples: ArrayLike<number>): Moments {
  if (samples.length === 0) throw new RangeError('no samples, so no moments');
  let mean = 0;
  let squares = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] ?? Number.NaN;
    const delta = value - mean;
    mean += delta / (i + 1);
    squares += delta * (value - mean);
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { mean, stddev: samples.length > 1 ? Math.sqrt(squares / (samples.length - 1)) : 0, min, max, sum };
}
