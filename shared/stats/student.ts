import { regularizedBeta } from './beta.ts';

/** Student's t with so many degrees of freedom is normal to 6 digits. */
export const AS_NORMAL = 1e6;

/** Chance that Student's t with `df` (at most `AS_NORMAL`) degrees of freedom lies at least as far from 0 as `t`, either way. */
export function studentTwoSided(t: number, df: number): number {
  return Number.isFinite(t) ? regularizedBeta(df / (df + t * t), df / 2, 0.5) : 0;
}

/** The t that is passed, either way, with chance `p` in (0, 1); by bisection, to 9 digits. */
export function studentCritical(p: number, df: number): number {
  let low = 0;
  let high = 1;
  while (studentTwoSided(high, df) > p) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (studentTwoSided(middle, df) > p) low = middle;
    else high = middle;
  }
  return high;
}
