import type { DetectorOptions } from './detector.ts';

/**
 * What a series is held against. `values` is the level that holds now. Values that are off it on the same side wait in
 * `streak`: neither do they widen the level's noise, nor do they move its median. When `min_runs` of them have come
 * one after the other, they are the new level: a step is reported at most that many times, not for ever.
 */
export interface Level {
  values: number[];
  streak: number[];
  streak_side: -1 | 0 | 1;
}

export function newLevel(): Level {
  return { values: [], streak: [], streak_side: 0 };
}

/** Adds a value that was judged to lie on `side`. Changes `level`. */
export function addToLevel(level: Level, value: number, side: -1 | 0 | 1, options: DetectorOptions): void {
  if (side !== 0 && (level.streak.length === 0 || side === level.streak_side)) {
    level.streak.push(value);
    level.streak_side = side;
    if (level.streak.length >= options.min_runs) {
      level.values = level.streak;
      level.streak = [];
      level.streak_side = 0;
    }
  } else {
    // It went back, or to the other side: those before were outliers, which belong to the noise of the level.
    level.values.push(...level.streak);
    level.streak = side === 0 ? [] : [value];
    level.streak_side = side;
    if (side === 0) level.values.push(value);
  }
  const tooMany = level.values.length - options.window;
  if (tooMany > 0) level.values.splice(0, tooMany);
}
