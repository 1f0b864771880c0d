/**
 * Mann-Kendall trend statistic of values in order of time, as a standard score: above 0 rising, below 0 falling, and
 * beyond ±2.58 no chance at the 1 % level (Mann 1945; Kendall 1975, with the correction for ties and continuity).
 * O(n²). 0 where no trend can be told (fewer than 3 values, or all equal).
 */
export function mannKendallZ(values: ArrayLike<number>): number {
  const n = values.length;
  if (n < 3) return 0;
  let score = 0;
  const counts = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    const earlier = values[i] ?? Number.NaN;
    counts.set(earlier, (counts.get(earlier) ?? 0) + 1);
    for (let j = i + 1; j < n; j++) score += Math.sign((values[j] ?? Number.NaN) - earlier);
  }
  const spread = (size: number): number => size * (size - 1) * (2 * size + 5);
  let variance = spread(n);
  for (const ties of counts.values()) variance -= spread(ties);
  variance /= 18;
  if (variance <= 0 || score === 0) return 0;
  return (score - Math.sign(score)) / Math.sqrt(variance);
}
