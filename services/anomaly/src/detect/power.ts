import { countedInflation } from './levels.ts';
import type { DetectorSettings } from './settings.ts';

/** What is known of the level that a series is at. */
export interface LevelNoise {
  /** Points of the level so far. */
  n: number;
  /** Robust standard deviation around it. */
  scale: number;
  autocorrelation: number;
}

/** Distance from the level that one value on its own must exceed, in the series' unit, with so many values before it. */
export type SingleLimit = (n: number) => number;

/** A change is seen with this probability: 80 %, in standard deviations. */
const POWER_Z = 0.8416;
/** That nearly each value must lie off the level costs this much more: simulated, the same to 3 % for 3 to 12 runs. */
const EACH_LIES_OFF = 1.13;
const MOST_REPETITIONS = 100;

/**
 * The smallest step that would be suspected with a probability of 80 % once so many values of the new level are there, in
 * the series' unit. The limits are those that hold the false alarm rate, so this is what can be seen at that rate.
 * Fewer values than `least_new` are judged one by one.
 */
export function minimumDetectableEffect(
  level: LevelNoise,
  runs: number,
  settings: DetectorSettings,
  single: SingleLimit,
): number {
  const alone = single(level.n) + level.scale * POWER_Z;
  if (runs < settings.least_new || level.n < settings.least_base) return alone;
  const base = Math.min(level.n, settings.base_window);
  const fresh = Math.min(runs, settings.most_new);
  const inflation = countedInflation(level.autocorrelation, settings);
  const spread = Math.sqrt(((fresh + base) / (fresh * base)) * inflation);
  // The median of normal values is less sharp than their mean.
  const together = (settings.least_tail_z * (1 + 2 / base) + POWER_Z * Math.sqrt(Math.PI / 2)) * spread;
  return Math.min(alone, level.scale * together * EACH_LIES_OFF);
}

/** Runs at a new level from which on a step of `effect` is seen; null where 100 are not enough. */
export function repetitionsFor(
  effect: number,
  level: LevelNoise,
  settings: DetectorSettings,
  single: SingleLimit,
): number | null {
  for (let runs = 1; runs <= MOST_REPETITIONS; runs++) {
    if (minimumDetectableEffect(level, runs, settings, single) <= effect) return runs;
  }
  return null;
}
