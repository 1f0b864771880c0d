import { median } from './quantile.ts';

/**
 * Median absolute deviation from the median, in the samples' unit and not scaled: multiply by `MAD_TO_SIGMA` to
 * compare with a standard deviation (Rousseeuw & Croux 1993). `center` spares computing a median already known.
 */
export function medianAbsoluteDeviation(samples: ArrayLike<number>, center: number = median(samples)): number {
  const deviations = new Float64Array(samples.length);
  for (let i = 0; i < samples.length; i++) deviations[i] = Math.abs((samples[i] ?? Number.NaN) - center);
  return median(deviations);
}

/** 1 / Φ⁻¹(3/4): for normal samples this many MADs are one standard deviation. */
export const MAD_TO_SIGMA = 1.482602218505602;
