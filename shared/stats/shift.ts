import type { Interval } from './median-interval.ts';
import { sorted } from './quantile.ts';

/**
 * How far `b` lies above `a`: the median of all differences (Hodges & Lehmann 1963), and its 95 % interval from the
 * normal approximation of Mann and Whitney's statistic; the interval is null for fewer than 4 values on a side.
 * Both need at least one value.
 */
export function shiftBetween(a: ArrayLike<number>, b: ArrayLike<number>): { shift: number; interval: Interval | null } {
  const n = a.length;
  const m = b.length;
  const differences = new Float64Array(n * m);
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) differences[i * m + j] = (b[j] ?? NaN) - (a[i] ?? NaN);
  const ascending = sorted(differences);
  const all = ascending.length;
  const shift = ((ascending[(all - 1) >> 1] ?? NaN) + (ascending[all >> 1] ?? NaN)) / 2;
  if (n < 4 || m < 4) return { shift, interval: null };
  const cut = Math.max(0, Math.floor(all / 2 - 1.959964 * Math.sqrt((all * (n + m + 1)) / 12)));
  return { shift, interval: { low: ascending[cut] ?? NaN, high: ascending[all - 1 - cut] ?? NaN } };
}
