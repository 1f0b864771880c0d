import { median } from '../stats/quantile.ts';
import { noiseOfLevel, type OwnInterval, ownNoise } from './noise.ts';
import type { KnownLevel } from './sensitivity.ts';

/** One value of a series, with what its measurement says about itself. */
export interface Measured extends OwnInterval {
  value: number;
  steady: boolean | null;
}

export interface LevelOptions {
  /** Values of the level that count, at most: the newest. */
  window: number;
  /** Noise of the whole series and how much of it a level's own counts as at least: of the test of the newest values. */
  series_scale: number;
  least_noise_share: number;
  /** With fewer values of its own, a level takes its noise from the levels before, too. */
  min_runs: number;
}

/** The newest level of a series, as new values are compared with it. */
export interface NewestLevel extends KnownLevel {
  median: number;
  mad: number;
  /** Place of the first value that counts. */
  from: number;
}

/**
 * How far each value lies from the median of its level.
 * @param starts - where the levels begin, ascending; values before the first are their own distances
 */
export function distancesFromLevels(values: readonly number[], starts: readonly number[]): Float64Array {
  const around = Float64Array.from(values);
  for (const [i, start] of starts.entries()) {
    const to = starts[i + 1] ?? values.length;
    const level = to > start ? median(values.slice(start, to)) : 0;
    for (let at = start; at < to; at++) around[at] = (values[at] as number) - level;
  }
  return around;
}

/**
 * The newest level of a series.
 * @param values - oldest first, at least one
 * @param from - where the level begins
 * @param starts - where the levels before begin, ascending; needed where the level is young
 */
export function newestLevel(
  values: readonly number[],
  from: number,
  starts: readonly number[],
  autocorrelation: number,
  { window, min_runs, series_scale, least_noise_share }: LevelOptions,
): NewestLevel {
  const first = Math.max(from, values.length - window);
  const own = values.slice(first);
  const center = median(own);
  const known = { n: own.length, autocorrelation, is_unsteady: false, median: center, from: first };
  const around = distancesFromLevels(values, [...starts, from]);
  const withNoise = (noise: { scale: number; mad: number }, noise_n: number): NewestLevel => ({
    ...known,
    around,
    ...noise,
    tail_scale: Math.max(noise.scale, series_scale * least_noise_share),
    noise_n,
  });
  if (own.length >= min_runs || starts.length === 0) return withNoise(noiseOfLevel(own, center), own.length);
  const distances = own.map((value) => value - center);
  for (let i = starts.length - 1, to = from; i >= 0 && distances.length < window; to = starts[i] as number, i--) {
    const before = values.slice(Math.max(starts[i] as number, to - (window - distances.length)), to);
    if (before.length === 0) continue;
    const level = median(before);
    distances.push(...before.map((value) => value - level));
  }
  return withNoise(noiseOfLevel(distances, 0, center), distances.length);
}

/**
 * The level for new values that say `measured` of themselves: their own noise counts where it is greater.
 * @param measured - at least one
 */
export function withMeasured<L extends KnownLevel>(level: L, measured: readonly Measured[]): L {
  const own = median(measured.map(ownNoise));
  const unsteady = measured.filter(({ steady }) => steady === false).length;
  return {
    ...level,
    scale: Math.max(level.scale, own),
    tail_scale: Math.max(level.tail_scale, own),
    is_unsteady: unsteady * 2 > measured.length,
  };
}
