import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { MAD_TO_SIGMA, medianAbsoluteDeviation } from '@benchwire/shared/stats/mad.ts';
import { normal } from '@benchwire/shared/stats/normal.ts';
import { median } from '@benchwire/shared/stats/quantile.ts';
import type { Random } from '@benchwire/shared/stats/random.ts';

/** Student's t with 3 degrees of freedom, of unit scale. */
function studentT3(random: Random): number {
  const chi = normal(random) ** 2 + normal(random) ** 2 + normal(random) ** 2;
  return normal(random) / Math.sqrt(chi / 3);
}

/** Values around a level that does not change, of `n` points; a kind's noise has about unit standard deviation. */
export type NoiseKind = (n: number, random: Random) => Float64Array;

const each = (n: number, value: (i: number) => number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => value(i));

export const NOISE_KINDS: Record<string, NoiseKind> = {
  gaussian: (n, random) => each(n, () => normal(random)),
  ar_05: (n, random) => {
    let last = normal(random);
    return each(n, () => {
      last = 0.5 * last + Math.sqrt(0.75) * normal(random);
      return last;
    });
  },
  student_t3: (n, random) => each(n, () => studentT3(random)),
  outliers_2_percent: (n, random) => each(n, () => normal(random) + (random() < 0.02 ? 10 + 10 * random() : 0)),
  /** Each run lands on one of two levels, 6 standard deviations apart, one in three on the upper. */
  bimodal: (n, random) => each(n, () => normal(random) + (random() < 1 / 3 ? 6 : 0)),
  /** The same two levels, but a run stays where the one before was in 19 of 20 cases. */
  sticky_bimodal: (n, random) => {
    let upper = random() < 0.5;
    return each(n, () => {
      if (random() < 0.05) upper = !upper;
      return normal(random) + (upper ? 6 : 0);
    });
  },
};

const BLOCK = 15;
const HALF_WINDOW = 20;

/**
 * Noise of real series, spliced: blocks of 15 residuals around a running median, each block from anywhere in the series, so that
 * short-range dependence stays and every step goes.
 * @param file - gzipped JSON lines with `values`
 */
export function realNoise(file: string): NoiseKind {
  const pools = gunzipSync(readFileSync(file))
    .toString()
    .trim()
    .split('\n')
    .map((line) => residualsOf((JSON.parse(line) as { values: number[] }).values))
    .filter((residuals) => residuals.length >= 100);
  return (n, random) => spliced(pools[Math.floor(random() * pools.length)] as Float64Array, n, random);
}

function spliced(pool: Float64Array, n: number, random: Random): Float64Array {
  const values = new Float64Array(n);
  for (let i = 0; i < n; i += BLOCK) {
    const from = Math.floor(random() * (pool.length - BLOCK));
    values.set(pool.subarray(from, from + Math.min(BLOCK, n - i)), i);
  }
  return values;
}

/** In units of their own robust standard deviation, or of `unit`; empty for a series that hardly moves at all. */
function residualsOf(values: readonly number[], unit?: number): Float64Array {
  const residuals = Float64Array.from(values, (value, i) => {
    const around = values.slice(Math.max(0, i - HALF_WINDOW), i + HALF_WINDOW + 1);
    return value - median(around);
  });
  const scale = medianAbsoluteDeviation(residuals, 0) * MAD_TO_SIGMA;
  return scale > 0 ? residuals.map((residual) => residual / (unit ?? scale)) : new Float64Array(0);
}

/** Noise of real series as a share of their level, spliced as `realNoise` is. */
export function realRelativeNoise(file: string): NoiseKind {
  const pools = gunzipSync(readFileSync(file))
    .toString()
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { values: number[] }).values)
    .map((values) => {
      const level = Math.abs(median(values));
      const residuals = residualsOf(values, 1);
      return level > 0 ? residuals.map((residual) => residual / level) : new Float64Array(0);
    })
    .filter((residuals) => residuals.length >= 100);
  return (n, random) => spliced(pools[Math.floor(random() * pools.length)] as Float64Array, n, random);
}
