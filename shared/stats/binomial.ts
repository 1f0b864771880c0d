import { regularizedBeta } from './beta.ts';

/** P(X >= k) for X ~ Binomial(n, p): the chance of at least k successes. */
export function binomialAtLeast(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n) return 0;
  return regularizedBeta(p, k, n - k + 1);
}
