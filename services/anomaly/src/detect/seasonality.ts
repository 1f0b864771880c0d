import { momentsOf } from '@benchwire/shared/stats/moments.ts';

/** A pattern that comes again every so many points. */
export interface Seasonality {
  period: number;
  /** Autocorrelation at that distance, 0 to 1. */
  strength: number;
}

const MIN_POINTS = 48;
/** Standard deviations of an autocorrelation by chance, with the many lags that are tried in mind. */
const MIN_Z = 4;

/**
 * The period with the strongest autocorrelation, where that is a peak and more than chance (its standard error is about
 * 1/√n). Values around their level; a trend or steps are to be taken out before.
 */
export function seasonalityOf(residuals: Float64Array): Seasonality | undefined {
  const n = residuals.length;
  if (n < MIN_POINTS) return undefined;
  const { mean } = momentsOf(residuals);
  const at = (lag: number): number => {
    let products = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const here = (residuals[i] as number) - mean;
      squares += here * here;
      if (i >= lag) products += here * ((residuals[i - lag] as number) - mean);
    }
    return squares === 0 ? 0 : products / squares;
  };
  const correlations = Array.from({ length: Math.floor(n / 3) + 2 }, (_, lag) => at(lag));
  let best: Seasonality | undefined;
  for (let lag = 2; lag <= n / 3; lag++) {
    const strength = correlations[lag] as number;
    const isPeak = strength > (correlations[lag - 1] as number) && strength > (correlations[lag + 1] as number);
    if (isPeak && strength > MIN_Z / Math.sqrt(n) && strength > (best?.strength ?? 0)) best = { period: lag, strength };
  }
  return best;
}
