import { lag1Autocorrelation } from './autocorrelation.ts';
import { MAD_TO_SIGMA, medianAbsoluteDeviation } from './mad.ts';
import { mannKendallZ } from './mann-kendall.ts';
import { type Interval, medianInterval } from './median-interval.ts';
import { tukeyFences } from './outliers.ts';
import { median, sorted } from './quantile.ts';
import { theilSenSlope } from './theil-sen.ts';

export interface Steadiness {
  steady: boolean;
  /** Why not; null when steady. */
  reason: string | null;
}

/** A change of the level smaller than this share of the median is no matter, however certain. */
const RELATIVE_CHANGE = 0.05;
/** Mann-Kendall standard score of the 1 % level, two-sided. */
const TREND_Z = 2.576;
/** Above this a measurement depends on the one before: fewer independent samples than it seems. */
const AUTOCORRELATION = 0.5;
/** One sample that took so many times the median was held up by something else. */
const MAX_TIMES_MEDIAN = 20;
/** Severe outliers may add this share to the time that all samples would take without them. */
const OUTLIER_SHARE = 0.05;
/** Two levels: each has this share of the samples, they are this far apart, in shares of the median and in their own noise. */
const MODE_SHARE = 0.1;
const MODE_DISTANCE = 0.1;
const MODE_SIGMAS = 4;
const MIN_SAMPLES = 20;
const MAX_BLOCKS = 30;

/**
 * Whether samples, in order of time, scatter around one level. Not steady are
 * - a drift: the Theil-Sen slope over block medians amounts to over 5 % of the median from first to last block, and
 *   Mann-Kendall calls it no chance at the 1 % level;
 * - a step: the medians of the two halves differ by over 5 %, and their 99 % intervals do not touch;
 * - dependence: the lag-1 autocorrelation, with outliers moved to Tukey's fences so that two neighbouring spikes do
 *   not decide alone, is over 0.5.
 * - a tail: a sample of over 20 times the median, or severe outliers (Tukey) that add over 5 % to the time;
 * - two levels that it switches between: the best split into two groups (Otsu 1979) leaves at least 10 % of the samples in
 *   each, over 10 % of the median apart and over 4 times the sum of their own standard deviations (robust).
 * Both size and certainty are asked for, so neither noise nor a million samples of a tiny trend raise an alarm.
 * With fewer than 20 samples nothing can be told, and that is said: not steady.
 */
export function checkSteadiness(samples: ArrayLike<number>): Steadiness {
  const n = samples.length;
  if (n < MIN_SAMPLES) return unsteady(`${n} samples are too few to judge; at least ${MIN_SAMPLES} are needed`);
  const values = Float64Array.from(samples);
  const level = median(values);
  const percent = (change: number): string => `${change > 0 ? '+' : ''}${((100 * change) / level).toFixed(1)} %`;
  const matters = (change: number): boolean => Math.abs(change) > RELATIVE_CHANGE * Math.abs(level);

  const blocks = blockMedians(values);
  const drift = theilSenSlope(blocks) * (blocks.length - 1);
  if (matters(drift) && Math.abs(mannKendallZ(blocks)) > TREND_Z) {
    return unsteady(`drift of ${percent(drift)} over the measured window`);
  }

  const first = values.subarray(0, n >> 1);
  const second = values.subarray(n >> 1);
  const step = median(second) - median(first);
  if (matters(step) && disjoint(medianInterval(first, 0.99), medianInterval(second, 0.99))) {
    return unsteady(`the second half's median is ${percent(step)} off the first half's`);
  }

  const fences = tukeyFences(values);
  const clipped = values.map((value) => Math.min(Math.max(value, fences.low_mild), fences.high_mild));
  const correlation = lag1Autocorrelation(clipped);
  if (correlation > AUTOCORRELATION) {
    return unsteady(`samples depend on the ones before them (lag-1 autocorrelation ${correlation.toFixed(2)})`);
  }
  return tailOf(values, level, fences.high_severe) ?? modesOf(values, level) ?? { steady: true, reason: null };
}

function tailOf(values: Float64Array, level: number, limit: number): Steadiness | undefined {
  let total = 0;
  let excess = 0;
  let count = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    total += value;
    most = Math.max(most, value);
    if (value <= limit) continue;
    excess += value - level;
    count++;
  }
  if (level <= 0) return undefined;
  if (most > MAX_TIMES_MEDIAN * level)
    return unsteady(`the slowest sample took ${Math.round(most / level)} times the median`);
  const usual = total - excess;
  if (excess <= OUTLIER_SHARE * usual) return undefined;
  return unsteady(
    `${count} of ${values.length} samples are severe outliers and add ${Math.round((100 * excess) / usual)} % to the time`,
  );
}

function modesOf(values: Float64Array, level: number): Steadiness | undefined {
  const ascending = sorted(values);
  const at = bestSplit(ascending);
  const low = ascending.subarray(0, at);
  const high = ascending.subarray(at);
  if (Math.min(low.length, high.length) < MODE_SHARE * ascending.length) return undefined;
  const [below, above] = [median(low), median(high)];
  const distance = above - below;
  if (distance <= MODE_DISTANCE * Math.abs(level)) return undefined;
  const noise = MAD_TO_SIGMA * (medianAbsoluteDeviation(low, below) + medianAbsoluteDeviation(high, above));
  if (distance <= MODE_SIGMAS * noise) return undefined;
  const share = Math.round((100 * high.length) / ascending.length);
  return unsteady(
    `two levels: ${share} % of the samples are ${Math.round((100 * distance) / Math.abs(below))} % above the others`,
  );
}

/** Where two groups of sorted values differ most (largest variance between them). @returns the size of the lower one */
function bestSplit(ascending: Float64Array): number {
  const n = ascending.length;
  const total = ascending.reduce((sum, value) => sum + value, 0);
  let best = 0;
  let size = n;
  let sum = 0;
  for (let i = 1; i < n; i++) {
    sum += ascending[i - 1] ?? 0;
    const difference = (total - sum) / (n - i) - sum / i;
    const between = i * (n - i) * difference * difference;
    if (between > best) {
      best = between;
      size = i;
    }
  }
  return size;
}

function unsteady(reason: string): Steadiness {
  return { steady: false, reason };
}

function disjoint(a: Interval | null, b: Interval | null): boolean {
  return a !== null && b !== null && (a.high < b.low || b.high < a.low);
}

/** Medians of up to `MAX_BLOCKS` blocks of neighbours, each of at least two samples. */
function blockMedians(values: Float64Array): number[] {
  const blocks = Math.min(MAX_BLOCKS, values.length >> 1);
  return Array.from({ length: blocks }, (_, block) => {
    const from = Math.floor((block * values.length) / blocks);
    const to = Math.floor(((block + 1) * values.length) / blocks);
    return median(values.subarray(from, to));
  });
}
