import { momentsOf } from './moments.ts';

/**
 * Lag-1 autocorrelation, -1 to 1: how much a value tells about the next one (Box & Jenkins 1976, 2.1.5). Near 0 for
 * independent measurements. 0 where it cannot be told (fewer than 3 values, or all equal).
 */
export function lag1Autocorrelation(values: ArrayLike<number>): number {
  const n = values.length;
  if (n < 3) return 0;
  const { mean } = momentsOf(values);
  let products = 0;
  let squares = 0;
  let before = 0;
  for (let i = 0; i < n; i++) {
    const deviation = (values[i] ?? Number.NaN) - mean;
    if (i > 0) products += before * deviation;
    squares += deviation * deviation;
    before = deviation;
  }
  return squares === 0 ? 0 : products / squares;
}
