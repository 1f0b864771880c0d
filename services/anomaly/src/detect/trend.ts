import { quantileSorted } from '@benchwire/shared/stats/quantile.ts';

/** How a level moves from point to point. */
export interface Trend {
  /** Theil and Sen's: the median of all slopes between two points, in the series' unit per point. */
  slope: number;
  /** 95 % interval of it (Sen 1968, by the variance of Kendall's score). */
  low: number;
  high: number;
}

const MAX_POINTS = 200;

/** The trend of the newest points, at most 200 of them. Undefined for fewer than ten. */
export function trendOf(values: Float64Array): Trend | undefined {
  const newest = values.subarray(Math.max(0, values.length - MAX_POINTS));
  const n = newest.length;
  if (n < 10) return undefined;
  const slopes = new Float64Array((n * (n - 1)) / 2);
  let count = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) slopes[count++] = ((newest[j] as number) - (newest[i] as number)) / (j - i);
  }
  slopes.sort();
  const variance = (n * (n - 1) * (2 * n + 5)) / 18;
  const half = (1.96 * Math.sqrt(variance)) / 2;
  const at = (rank: number): number => slopes[Math.max(0, Math.min(count - 1, Math.round(rank)))] as number;
  return { slope: quantileSorted(slopes, 0.5), low: at(count / 2 - half), high: at(count / 2 + half) };
}

/** Where the next points are expected: the level, with its trend where that is more than chance. */
export function forecast(
  level: { median: number; scale: number; n: number },
  trend: Trend | undefined,
  steps: number,
): Array<{ step: number; expected: number; low: number; high: number }> {
  const isMoving = trend !== undefined && trend.low * trend.high > 0;
  const n = Math.min(level.n, MAX_POINTS);
  return Array.from({ length: steps }, (_, i) => {
    const step = i + 1;
    // The median is the level in the middle of its points.
    const ahead = isMoving ? trend.slope * (step + n / 2) : 0;
    const unsure = isMoving ? ((trend.high - trend.low) / 2 / 1.96) * (step + n / 2) : 0;
    const half = 1.96 * Math.hypot(level.scale * Math.sqrt(1 + 1 / n), unsure);
    const expected = level.median + ahead;
    return { step, expected, low: expected - half, high: expected + half };
  });
}
