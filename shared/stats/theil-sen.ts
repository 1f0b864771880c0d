import { median } from './quantile.ts';

/**
 * Theil-Sen slope of equally spaced values, per step: the median of the slopes between all pairs, which up to 29 %
 * of wild values cannot move far (Sen 1968). O(n²): give it tens of values, such as block medians. 0 below two values.
 */
export function theilSenSlope(values: ArrayLike<number>): number {
  const slopes: number[] = [];
  for (let i = 0; i < values.length; i++) {
    for (let j = i + 1; j < values.length; j++) {
      slopes.push(((values[j] ?? Number.NaN) - (values[i] ?? Number.NaN)) / (j - i));
    }
  }
  return slopes.length === 0 ? 0 : median(slopes);
}
