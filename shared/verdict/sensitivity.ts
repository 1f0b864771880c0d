import { inflationOf } from '../detect/levels.ts';
import type { DetectorSettings } from '../detect/settings.ts';
import { excursionLimit, type Side } from './excursions.ts';
import { singleLimit, UNSTEADY_FACTOR } from './noise.ts';

/** What is known of the level that new values are compared with. */
export interface KnownLevel {
  /** Values of the level. */
  n: number;
  /** Values that the noise is known from: those of the level, and where it is young those of the levels before. */
  noise_n: number;
  /** One standard deviation from run to run, in the series' unit. */
  scale: number;
  /** The same as the test of the newest values has it: short levels look calmer than the series is by chance. */
  tail_scale: number;
  autocorrelation: number;
  /** Distances of the line's values from their levels, in their order: how far it goes by itself. */
  around: Float64Array;
  /** Whether the new values come from measurements that are not steady. */
  is_unsteady: boolean;
}

/** The detector's limits. */
export interface Limits {
  /** Robust z-score from which one value counts as off. */
  threshold: number;
  levels: Pick<DetectorSettings, 'least_new' | 'least_base' | 'base_window' | 'least_tail_z' | 'correlation_power'>;
}

/** A change is seen with this probability: 95 %, in standard deviations. */
const POWER_Z = 1.645;
/** The median of several normal values scatters that much more than their mean. */
const MEDIAN_VARIANCE = Math.PI / 2;
/** That nearly each value must lie off the level costs this much more: simulated, for 3 to 12 runs. */
const EACH_LIES_OFF = 1.13;
const MAX_REPETITIONS = 100;

/** Variance of the middle of `n` values, in units of the variance of one. */
const varianceOfMiddle = (n: number): number => (n > 2 ? MEDIAN_VARIANCE : 1) / n;

/**
 * Standard error of the distance between the middle of `runs` new values and the level, in the series' unit. Values of one time
 * hang together, so repetitions tell less than as many independent values.
 */
export function errorOf({ n, scale, autocorrelation }: KnownLevel, runs: number): number {
  const repeated = varianceOfMiddle(runs) * Math.min(runs, inflationOf(autocorrelation));
  return scale * Math.sqrt(repeated + varianceOfMiddle(n));
}

/**
 * Distance from the level that the middle of `runs` new values must exceed to count as a change, in the series' unit. For one
 * value it is the detector's limit of a single value, for `least_new` and more the limit of its test of the newest values; and
 * never less than where the series has been too often by itself.
 */
export function limitOf(level: KnownLevel, runs: number, limits: Limits, side: Side = 0): number {
  return Math.max(noiseLimit(level, runs, limits), excursionLimit(level.around, runs, side));
}

/** The detector's limits, which suppose noise of the usual shape. */
function noiseLimit(level: KnownLevel, runs: number, { threshold, levels }: Limits): number {
  const steady = level.is_unsteady ? UNSTEADY_FACTOR : 1;
  const usual = level.scale * Math.sqrt(1 + varianceOfMiddle(level.noise_n));
  const share = errorOf(level, runs) / usual;
  const alone = singleLimit(level.noise_n, threshold) * level.scale * share * steady;
  if (runs < levels.least_new || level.n < levels.least_base) return alone;
  const base = Math.min(level.n, levels.base_window);
  const inflation = inflationOf(level.autocorrelation);
  const spread = Math.sqrt(Math.min(runs, inflation) / runs + inflation ** levels.correlation_power / base);
  return Math.min(alone, levels.least_tail_z * (1 + 2 / base) * level.tail_scale * spread * steady);
}

/**
 * The smallest change that counts as one with a probability of 95 % after so many new values, in the series' unit. The limits
 * are those that hold the rate of false alarms, so this is what can be seen at that rate.
 */
export function minimumDetectableChange(level: KnownLevel, runs: number, limits: Limits, side: Side = 0): number {
  const needed = limitOf(level, runs, limits, side) + POWER_Z * errorOf(level, runs);
  return runs < limits.levels.least_new ? needed : needed * EACH_LIES_OFF;
}

/** New values from which on a change of `effect` counts as one; null where 100 are not enough. */
export function repetitionsFor(effect: number, level: KnownLevel, limits: Limits, side: Side = 0): number | null {
  for (let runs = 1; runs <= MAX_REPETITIONS; runs++) {
    if (minimumDetectableChange(level, runs, limits, side) <= effect) return runs;
  }
  return null;
}
