import { binomialAtLeast } from './binomial.ts';

/** A percentile may be told only when chance leaves it above the second slowest sample this rarely. */
const DOUBT = 0.01;

/**
 * The fewest samples with which percentile `p` (0 to 1) can be told with 99 % confidence, by MLPerf LoadGen's early
 * stopping: at most one sample may be above it, so n is the smallest with P(Binomial(n, 1 - p) <= 1) <= 0.01
 * (mlcommons/inference `loadgen/early_stopping.cc`; Reddi et al. 2020). 64 for p90, 130 for p95, 662 for p99.
 */
export function samplesForPercentile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`a percentile must lie in (0, 1), not ${p}`);
  let low = 2;
  let high = 4;
  while (!enough(high, p)) high *= 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (enough(middle, p)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function enough(n: number, p: number): boolean {
  return 1 - binomialAtLeast(2, n, 1 - p) <= DOUBT;
}

/** Whether `samples` samples are enough to tell percentile `p`. */
export function percentileIsEligible(p: number, samples: number): boolean {
  return samples >= samplesForPercentile(p);
}
