import { lag1Autocorrelation } from './autocorrelation.ts';
import { mannKendallZ } from './mann-kendall.ts';
import { type Interval, medianInterval } from './median-interval.ts';
import { tukeyFences } from './outliers.ts';
import { median } from './quantile.ts';
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
const MIN_SAMPLES = 20;
const MAX_BLOCKS = 30;

/**
 * Whether samples, in order of time, scatter around one level. Not steady are
 * - a drift: the Theil-Sen slope over block medians amounts to over 5 % of the median from first to last block, and
 *   Mann-Kendall calls it no chance at the 1 % level;
 * - a step: the medians of the two halves differ by over 5 %, and their 99 % intervals do not touch;
 * - dependence: the lag-1 autocorrelation, with outliers moved to Tukey's fences so that two neighbouring spikes do
 *   not decide alone, is over 0.5.
 * Both size and certainty are asked for, so neither noise nor a million samples of a tiny trend raise an alarm.
 * With fewer than 20 samples nothing can be told, and that is said: not steady.
 */
export function checkSteadiness(samples: ArrayLike<number>): Steadiness {
  const n = samples.length;
  if (n < MIN_SAMPLES) return unsteady(`${n} samples are too few to tell; at least ${MIN_SAMPLES} are needed`);
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
  return { steady: true, reason: null };
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
