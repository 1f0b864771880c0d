/** The mean of ratios: twice as much and half as much come to the same. Null without a value, or where one is not above zero. */
export function geometricMean(values: readonly number[]): number | null {
  if (values.length === 0 || !values.every((value) => value > 0 && Number.isFinite(value))) return null;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
