import { binomialAtLeast } from './binomial.ts';
import { sorted } from './quantile.ts';

export interface Interval {
  low: number;
  high: number;
}

/** Fewer samples say too little about their median: the interval would be the whole range. */
export const MIN_SAMPLES_FOR_INTERVAL = 6;

/**
 * Percentile bootstrap interval on the median, in the samples' unit; null below `MIN_SAMPLES_FOR_INTERVAL` samples.
 *
 * The bootstrap is computed exactly instead of by resampling: the m-th smallest of n draws with replacement is at
 * most the k-th smallest sample when at least m draws fall on the first k samples, so with chance
 * P(Binomial(n, k/n) >= m) (Efron 1979, Bootstrap Methods, section 3; Maritz & Jarrett 1978). The bounds are the
 * quantiles of that distribution, found by bisection: no random numbers, and the cost is that of sorting.
 * With an even n the lower middle gives the low bound and the upper middle the high one, so the interval never is
 * narrower than the resampled one.
 *
 * @param confidence e.g. 0.95
 */
export function medianInterval(samples: ArrayLike<number>, confidence = 0.95): Interval | null {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence must lie in (0, 1), not ${confidence}`);
  const n = samples.length;
  if (n < MIN_SAMPLES_FOR_INTERVAL) return null;
  const ascending = sorted(samples);
  const lowRank = rankReaching(n, Math.ceil(n / 2), (1 - confidence) / 2);
  // The distribution is symmetric in rank, and mirroring keeps it so in spite of rounding.
  const highRank = n + 1 - lowRank;
  return { low: ascending[lowRank - 1] ?? Number.NaN, high: ascending[highRank - 1] ?? Number.NaN };
}

/** Smallest rank k (1-based) with P(m-th smallest of a resample <= k-th sample) >= probability. */
function rankReaching(n: number, m: number, probability: number): number {
  let low = 1;
  let high = n;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (binomialAtLeast(m, n, middle / n) >= probability) high = middle;
    else low = middle + 1;
  }
  return low;
}
