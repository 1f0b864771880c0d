import { forgetOldest } from '@benchwire/shared/runtime/forget-oldest.ts';
import { binomialAtLeast } from '@benchwire/shared/stats/binomial.ts';

/** Severe outliers among the samples of one measurement. */
export interface OutlierCount {
  severe: number;
  samples: number;
}

/** More outliers inside the runs than there ever were. */
export interface OutlierPattern {
  /** Of the newest run. */
  share: number;
  /** The greatest and the median share of the runs before. */
  greatest_before: number;
  median_before: number;
  runs_before: number;
  /** Chance of as many, if the usual share were the greatest that was ever seen. */
  p_value: number;
}

interface Remembered {
  shares: number[];
  /** Unusual runs in a row, which are no history yet. */
  row: number[];
  isTold: boolean;
}

/** Runs that a new one is held against. */
const MAX_RUNS = 60;
/** Of a series whose shares only scatter, the next three all lie above the last 20 once in 1,800 times. */
const MIN_RUNS = 20;
const IN_A_ROW = 3;
/** A share below one sample in a hundred, or below twice what there was, is not worth a word. */
const MIN_SHARE = 0.01;
const MIN_FACTOR = 2;
export const MAX_CHANCE = 1e-4;
const MAX_SERIES = 100_000;

/**
 * Whether the samples inside the runs of a series have begun to have more severe outliers (Tukey's far-out fences) than in any
 * of the runs before: three runs in a row are told once, until a usual one comes. The median may not have moved at all.
 */
export class SampleOutliers {
  #series = new Map<string, Remembered>();

  /** Takes the next run of a series. */
  add(series_id: string, { severe, samples }: OutlierCount): OutlierPattern | undefined {
    const known = this.#series.get(series_id) ?? { shares: [], row: [], isTold: false };
    this.#series.delete(series_id);
    this.#series.set(series_id, known);
    forgetOldest(this.#series, MAX_SERIES);
    const share = severe / samples;
    const found = this.#judge(known.shares, severe, samples);
    if (found === undefined) {
      known.shares.push(...known.row.splice(0), share);
      known.shares.splice(0, Math.max(0, known.shares.length - MAX_RUNS));
      known.isTold = false;
      return undefined;
    }
    known.row.push(share);
    if (known.row.length < IN_A_ROW || known.isTold) return undefined;
    known.isTold = true;
    return found;
  }

  #judge(shares: readonly number[], severe: number, samples: number): OutlierPattern | undefined {
    if (shares.length < MIN_RUNS) return undefined;
    const share = severe / samples;
    const ascending = shares.toSorted((a, b) => a - b);
    const greatest_before = ascending.at(-1) ?? 0;
    if (share < MIN_SHARE || share < MIN_FACTOR * greatest_before) return undefined;
    // Where none was ever seen, one in all that could have been.
    const p_value = binomialAtLeast(severe, samples, Math.max(greatest_before, 1 / (samples * shares.length)));
    if (p_value > MAX_CHANCE) return undefined;
    const median_before = ascending[ascending.length >> 1] ?? 0;
    return { share, greatest_before, median_before, runs_before: shares.length, p_value };
  }
}
