import type { Direction } from '../contracts/direction.ts';
import type { VerdictKind } from '../contracts/verdict.ts';
import { KNOWN_MODE, visitsTo } from '../detect/modes.ts';
import { MAD_TO_SIGMA, medianAbsoluteDeviation } from '../stats/mad.ts';
import { studentCritical } from '../stats/student.ts';
import { withoutItsBeginning } from './excursions.ts';
import type { VerdictSettings } from './history.ts';
import { type Measured, type NewestLevel, withMeasured } from './known-level.ts';
import { worseBy } from './levels-of-line.ts';
import { errorOf, limitOf, minimumDetectableChange, repetitionsFor } from './sensitivity.ts';

/** A change that has to be excluded for "no change" where nobody says what matters, in percent. */
export const USUAL_CHANGE_PERCENT = 5;
/** Mean |difference| of two normal values, in standard deviations, inverted. */
const DIFFERENCE_TO_SIGMA = 0.886;
/** Repetitions that scatter so many times as much as the series does disagree. */
const DISAGREE = 2.5;

/** What new values say against a level, in the series' unit where it is not in percent. */
export interface Compared {
  verdict: Exclude<VerdictKind, 'new'>;
  value: number;
  change: number;
  half_interval: number;
  minimum_detectable: number | null;
  more_repetitions: number | null;
  /** One standard deviation that the comparison used. */
  scale: number;
  /** Why it can't be told; empty otherwise. */
  why: string;
}

export interface CompareOptions extends Pick<VerdictSettings, 'single' | 'levels'> {
  direction: Direction;
  /** Whether the new values continue the line that the level is of. */
  continues: boolean;
  /** What has to be excluded for "no change", in percent. */
  matters_percent: number;
}

/**
 * Compares the repetitions of a change with a level.
 * @param measured - at least one
 * @param before - the values of the line up to the level's end: to know its modes
 */
export function compareWithLevel(
  measured: readonly Measured[],
  level: NewestLevel,
  before: Float64Array,
  options: CompareOptions,
): Compared {
  const { direction, single } = options;
  const runs = measured.length;
  const value = middleTowards(
    measured.map((each) => each.value),
    level.median,
  );
  const scatter = scatterOf(measured.map((each) => each.value));
  const change = value - level.median;
  const own = withMeasured(level, measured);
  const known = options.continues ? { ...own, around: withoutItsBeginning(own.around, change) } : own;
  const disagree = scatter > DISAGREE * known.scale;
  const used = disagree ? { ...known, scale: scatter, tail_scale: Math.max(known.tail_scale, scatter) } : known;
  const limits = { threshold: single.threshold, levels: options.levels };
  const common = { value, change, scale: used.scale };
  if (level.noise_n < single.min_runs) {
    const missing = single.min_runs - level.noise_n;
    const why = `its base has ${level.noise_n} ${level.noise_n === 1 ? 'point' : 'points'}, and ${single.min_runs} are needed to know how much it moves: measure the base ${missing} more ${missing === 1 ? 'time' : 'times'}`;
    const half_interval = Number.POSITIVE_INFINITY;
    return { ...common, verdict: 'cannot_tell', half_interval, minimum_detectable: null, more_repetitions: null, why };
  }
  const half_interval = studentCritical(0.05, Math.max(2, level.noise_n - 1)) * errorOf(used, runs);
  const worse = direction === 'lower_is_better' ? 1 : direction === 'higher_is_better' ? -1 : 0;
  const minimum_detectable = minimumDetectableChange(used, runs, limits, worse);
  const base = { ...common, half_interval, minimum_detectable };
  const side = change < 0 ? -1 : 1;
  if (Math.abs(change) > limitOf(used, runs, limits, side)) {
    const visits = visitsTo(before, level.median, value, used.scale);
    if (visits < KNOWN_MODE) return { ...base, verdict: sideOf(direction, change), more_repetitions: null, why: '' };
    const why = `the series has been at this value ${visits} times before and jumps between levels`;
    return { ...base, verdict: 'cannot_tell', more_repetitions: null, why };
  }
  const matters = (Math.abs(level.median) * options.matters_percent) / 100;
  const isKnown = direction === 'lower_is_better' || direction === 'higher_is_better';
  const worst = (isKnown ? worseBy(direction, change) : Math.abs(change)) + half_interval;
  if (worst < matters || minimum_detectable <= matters)
    return { ...base, verdict: 'no_change', more_repetitions: null, why: '' };
  const needed = repetitionsFor(Math.max(matters, Math.abs(change)), used, limits, worse);
  const more_repetitions = needed === null ? null : Math.max(1, needed - runs);
  const why = disagree ? `its ${runs} repetitions disagree` : 'it is too noisy';
  return { ...base, verdict: 'cannot_tell', more_repetitions, why };
}

function sideOf(direction: Direction, change: number): 'slower' | 'faster' | 'changed' {
  if (direction !== 'lower_is_better' && direction !== 'higher_is_better') return 'changed';
  return worseBy(direction, change) > 0 ? 'slower' : 'faster';
}

/** The middle value; of the two in the middle the one nearer to the level: a change has to show in more than half of the runs. */
export function middleTowards(values: readonly number[], level: number): number {
  const ascending = values.toSorted((a, b) => a - b);
  const low = ascending[(ascending.length - 1) >> 1] as number;
  const high = ascending[ascending.length >> 1] as number;
  if (low <= level && high >= level) return Math.abs(high - level) < Math.abs(low - level) ? high : low;
  return low > level ? low : high;
}

function scatterOf(values: readonly number[]): number {
  if (values.length < 2) return 0;
  if (values.length === 2) return Math.abs((values[0] as number) - (values[1] as number)) * DIFFERENCE_TO_SIGMA;
  return medianAbsoluteDeviation(values) * MAD_TO_SIGMA;
}
