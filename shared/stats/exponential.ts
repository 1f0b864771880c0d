import type { Random } from './random.ts';

/**
 * One exponentially distributed wait with the given mean, in the mean's unit; waits drawn one after another are the
 * gaps of a Poisson arrival process (Devroye 1986, Non-Uniform Random Variate Generation, II.2). Always finite.
 */
export function exponential(mean: number, random: Random): number {
  // 1 - u lies in (0, 1], so the logarithm is finite.
  return -Math.log(1 - random()) * mean;
}
