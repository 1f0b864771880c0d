/** What a rank test says of two samples. */
export interface RankTest {
  /** Standard normal under equal distributions; positive where `after` tends to be greater. */
  z: number;
  /** How far the samples are apart: 0 for a full overlap, 1 where none of the one lies within the other (|2 AUC - 1|). */
  separation: number;
}

/**
 * Mann and Whitney's test with the correction for ties and the normal approximation.
 * @param before - at least one value
 * @param after - at least one value
 */
export function rankTest(before: ArrayLike<number>, after: ArrayLike<number>): RankTest {
  const n = before.length;
  const m = after.length;
  const a = Float64Array.from(before).sort();
  const b = Float64Array.from(after).sort();
  let i = 0;
  let j = 0;
  let ranks = 0;
  let ties = 0;
  while (i < n || j < m) {
    const value = Math.min(i < n ? (a[i] as number) : Infinity, j < m ? (b[j] as number) : Infinity);
    const first = i + j;
    while (i < n && a[i] === value) i++;
    const ofAfter = j;
    while (j < m && b[j] === value) j++;
    const tied = i + j - first;
    ranks += (j - ofAfter) * (first + (tied + 1) / 2);
    ties += tied ** 3 - tied;
  }
  const u = ranks - (m * (m + 1)) / 2;
  const all = n + m;
  const variance = ((n * m) / 12) * (all + 1 - ties / (all * (all - 1)));
  const z = variance > 0 ? (u - (n * m) / 2) / Math.sqrt(variance) : 0;
  return { z, separation: Math.abs((2 * u) / (n * m) - 1) };
}
