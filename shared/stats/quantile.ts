/** The samples in ascending order, as a new array. Rejects nothing: NaN sorts last, as typed arrays define it. */
export function sorted(samples: ArrayLike<number>): Float64Array {
  return Float64Array.from(samples).sort();
}

/**
 * Quantile `q` (0 to 1) of ascending samples, R-7: linear between the order statistics around (n - 1) q
 * (Hyndman & Fan 1996, Sample Quantiles in Statistical Packages; the default of R, NumPy and criterion.rs).
 * In the samples' unit; throws RangeError without samples or with q outside of [0, 1].
 */
export function quantileSorted(ascending: ArrayLike<number>, q: number): number {
  if (!(q >= 0 && q <= 1)) throw new RangeError(`a quantile must be asked for between 0 and 1, not ${q}`);
  const position = (ascending.length - 1) * q;
  const below = Math.floor(position);
  const low = ascending[below];
  if (low === undefined) throw new RangeError('no samples, so no quantile');
  const high = ascending[below + 1] ?? low;
  const fraction = position - below;
  // The shortcut keeps equal neighbours exact and infinities free of 0 * Infinity.
  return fraction === 0 || low === high ? low : low + fraction * (high - low);
}

/** As `quantileSorted`, of samples in any order. */
export function quantile(samples: ArrayLike<number>, q: number): number {
  return quantileSorted(sorted(samples), q);
}

/** The median: the middle sample, or the mean of the two middle ones. */
export function median(samples: ArrayLike<number>): number {
  return quantile(samples, 0.5);
}
