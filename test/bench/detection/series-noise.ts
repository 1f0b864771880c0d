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

/** The noise of one device over time, of about unit standard deviation. */
export interface NoiseProcess {
  /** The next point of the series. */
  next(): number;
  /** What a re-run right after the newest point measures: what holds on in the process is still there, the rest is drawn anew. */
  again(): number;
}

/** Devices of one pool, each with a process of its own, for one series. */
export type NoiseKind = (random: Random) => () => NoiseProcess;

/** Values of the first device alone. */
export function valuesOf(kind: NoiseKind): (n: number, random: Random) => Float64Array {
  return (n, random) => {
    const { next } = kind(random)();
    return Float64Array.from({ length: n }, next);
  };
}

/** A re-run comes so soon after the point, as a share of the time from point to point. */
const SOON = 0.02;

const independent =
  (draw: (random: Random) => number): NoiseKind =>
  (random) =>
  () => ({ next: () => draw(random), again: () => draw(random) });

/** Each run lands on one of two levels, 6 standard deviations apart. */
const UPPER_LEVEL = 6;
const SWITCHES = 0.05;
const CORRELATION = 0.5;

export const NOISE_KINDS: Record<string, NoiseKind> = {
  gaussian: independent(normal),
  ar_05: (random) => () => {
    let last = normal(random);
    const after = (correlation: number): number => {
      last = correlation * last + Math.sqrt(1 - correlation ** 2) * normal(random);
      return last;
    };
    return { next: () => after(CORRELATION), again: () => after(CORRELATION ** SOON) };
  },
  student_t3: independent(studentT3),
  outliers_2_percent: independent((random) => normal(random) + (random() < 0.02 ? 10 + 10 * random() : 0)),
  /** One run in three lands on the upper level. */
  bimodal: independent((random) => normal(random) + (random() < 1 / 3 ? UPPER_LEVEL : 0)),
  /** The same two levels, but a run stays where the one before was in 19 of 20 cases. */
  sticky_bimodal: (random) => () => {
    let upper = random() < 0.5;
    const after = (switches: number): number => {
      if (random() < switches) upper = !upper;
      return normal(random) + (upper ? UPPER_LEVEL : 0);
    };
    return { next: () => after(SWITCHES), again: () => after(SWITCHES * SOON) };
  },
};

const BLOCK = 15;
const HALF_WINDOW = 20;
/** Of a series, to be drawn from. */
const FEWEST_RESIDUALS = 100;

/**
 * Noise of real series, spliced: blocks of 15 residuals around a running median, each block from anywhere in the series, so that
 * short-range dependence stays and every step goes. A re-run measures one of the four residuals next to the newest.
 * @param file - gzipped JSON lines with `name` and `values`
 * @param counts - whether a series of that name is one of them
 */
export function realNoise(file: string, counts: (name: string) => boolean): NoiseKind {
  const pools = seriesOf(file)
    .filter(({ name }) => counts(name))
    .map(({ values }) => residualsOf(values))
    .filter((residuals) => residuals.length >= FEWEST_RESIDUALS);
  return (random) => {
    const pool = pools[Math.floor(random() * pools.length)] as Float64Array;
    return () => splicedProcess(pool, random);
  };
}

function splicedProcess(pool: Float64Array, random: Random): NoiseProcess {
  let at = -1;
  let left = 0;
  const near = [-2, -1, 1, 2] as const;
  return {
    next: () => {
      at++;
      if (left-- === 0) {
        at = Math.floor(random() * (pool.length - BLOCK));
        left = BLOCK - 1;
      }
      return pool[at] as number;
    },
    again: () => pool[Math.max(0, at + (near[Math.floor(random() * near.length)] as number))] as number,
  };
}

function spliced(pool: Float64Array, n: number, random: Random): Float64Array {
  const { next } = splicedProcess(pool, random);
  return Float64Array.from({ length: n }, next);
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

/** Noise of one real series as a share of its level. */
export interface RelativeNoise {
  /** Of the series. */
  name: string;
  /** `n` values, spliced as `realNoise` does it. */
  values(n: number, random: Random): Float64Array;
}

/** Noise of real series as a share of their level. */
export function realRelativeNoise(file: string): RelativeNoise[] {
  return seriesOf(file).flatMap(({ name, values }): RelativeNoise[] => {
    const level = Math.abs(median(values));
    const residuals = level > 0 ? residualsOf(values, 1).map((residual) => residual / level) : new Float64Array(0);
    if (residuals.length < FEWEST_RESIDUALS) return [];
    return [{ name, values: (n, random) => spliced(residuals, n, random) }];
  });
}

function seriesOf(file: string): Array<{ name: string; values: number[] }> {
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n');
  return lines.map((line) => JSON.parse(line) as { name: string; values: number[] });
}
