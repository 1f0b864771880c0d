import type { ComparedDifference } from '../contracts/comparison.ts';
import { MAD_TO_SIGMA, medianAbsoluteDeviation } from '../stats/mad.ts';
import { median } from '../stats/quantile.ts';
import { rankTest } from '../stats/rank-test.ts';
import { shiftBetween } from '../stats/shift.ts';
import { AS_NORMAL, studentCritical, studentTwoSided } from '../stats/student.ts';

/** One side of a difference. */
export interface Measured {
  /** One a run, at least one. */
  values: readonly number[];
  /** Within the newest run. */
  ci_low: number | null;
  ci_high: number | null;
  /** Newest values of the series, oldest first, these among them: how much repeated runs differ. */
  history: readonly number[];
}

export type Judged = Pick<
  ComparedDifference,
  'basis' | 'change_percent' | 'change_low_percent' | 'change_high_percent' | 'p_value'
> & {
  /** Standard deviation from run to run in percent of the first side, where the history tells it. */
  noise_percent: number | null;
};

/** Fewer runs a side say nothing by their ranks: the smallest p value of 4 against 4 is 0.03. */
export const MIN_REPEATED = 5;
/** Fewer runs of a series say too little about its noise. */
export const MIN_HISTORY = 8;
/** What a robust estimate from neighbours is worth, against one of a standard deviation from as many values (Rousseeuw & Croux 1993). */
const EFFICIENCY = 0.37;
/** The median of several normal values scatters that much more than their mean. */
const MEDIAN_VARIANCE = Math.PI / 2;
const NORMAL_95 = 1.959964;

/**
 * How `b` differs from `a`, and how likely it is that noise alone makes such a difference. The noise is taken from the
 * best that there is: repeated runs on both sides (Mann & Whitney's test), what the series showed from run to run
 * before (Student's t), or the samples within the one run, which don't know what another run would bring.
 */
export function judgeDifference(a: Measured, b: Measured): Judged {
  const from = median(a.values);
  const to = median(b.values);
  const shift = to - from;
  const share = (value: number): number | null => (from === 0 ? null : (100 * value) / Math.abs(from));
  const noise = [noiseOf(a.history), noiseOf(b.history)] as const;
  const noise_percent = noise[0] === null || noise[1] === null ? null : share(Math.max(noise[0].scale, noise[1].scale));
  const answer = (basis: Judged['basis'], half: number | null, p_value: number | null): Judged => ({
    basis,
    change_percent: share(shift),
    change_low_percent: half === null ? null : share(shift - half),
    change_high_percent: half === null ? null : share(shift + half),
    p_value,
    noise_percent,
  });

  if (a.values.length >= MIN_REPEATED && b.values.length >= MIN_REPEATED) {
    // The interval is that of the shift between all pairs; where few runs make the medians lie outside, it is taken wider.
    const { interval } = shiftBetween(a.values, b.values);
    const { z } = rankTest(a.values, b.values);
    return {
      ...answer('repeated_runs', null, studentTwoSided(z, AS_NORMAL)),
      change_low_percent: interval === null ? null : share(Math.min(interval.low, shift)),
      change_high_percent: interval === null ? null : share(Math.max(interval.high, shift)),
    };
  }
  if (noise[0] !== null && noise[1] !== null) {
    const error = Math.hypot(
      noise[0].scale * Math.sqrt(spread(a.values.length)),
      noise[1].scale * Math.sqrt(spread(b.values.length)),
    );
    const df = Math.min(noise[0].df, noise[1].df);
    return byError('history', error, df);
  }
  const errors = [a, b].map(({ ci_low, ci_high }) =>
    ci_low === null || ci_high === null ? null : (ci_high - ci_low) / (2 * NORMAL_95),
  );
  if (errors[0] != null && errors[1] != null) return byError('samples', Math.hypot(errors[0], errors[1]), AS_NORMAL);
  return answer(null, null, null);

  function byError(basis: 'history' | 'samples', error: number, df: number): Judged {
    // Values that never moved at all: any difference is one.
    if (error === 0) return answer(basis, 0, shift === 0 ? 1 : 0);
    return answer(basis, studentCritical(0.05, df) * error, studentTwoSided(shift / error, df));
  }
}

const spread = (runs: number): number => (runs > 2 ? MEDIAN_VARIANCE : 1) / runs;

/** Standard deviation from run to run, from neighbours, which a change of level doesn't disturb; null for a short series. */
function noiseOf(history: readonly number[]): { scale: number; df: number } | null {
  if (history.length < MIN_HISTORY) return null;
  const steps = history.slice(1).map((value, at) => value - (history[at] ?? value));
  const scale = (medianAbsoluteDeviation(steps, 0) * MAD_TO_SIGMA) / Math.SQRT2;
  return { scale, df: Math.max(2, Math.floor(EFFICIENCY * steps.length)) };
}
