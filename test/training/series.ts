import { normal } from '@benchwire/shared/stats/normal.ts';
import type { Random } from '@benchwire/shared/stats/random.ts';

/** A made series, and where its level truly changes. */
export interface MadeSeries {
  values: Float64Array;
  /** First value of each new level, ascending. Jumps between the modes of a series are none. */
  changes: number[];
}

const LEVEL = 1000;
const SHORTEST_LEVEL = 10;
const MENDED = 0.4;
/** In units of the noise; less than this nobody would mark. */
const MIN_VISIBLE = 1;

/**
 * Makes a series as benchmarks produce them: real noise, filtered to an autocorrelation of 0 to 0.6, of 0.3 to 6 % of the
 * level; up to six steps of 2 to 30 %; in some a second mode that is stayed at, spikes, or a drift.
 *
 * @param noise - of unit scale, without steps
 * @param random - equal sequences make equal series
 */
export function makeSeries(noise: (n: number, random: Random) => Float64Array, random: Random): MadeSeries {
  const n = Math.round(logUniform(random, 100, 1000));
  const changes = placesOf(n, Math.floor(random() * 9), random);
  const levels = levelsOf(n, changes, random);
  const scatter = correlated(noise(n, random), random() < 0.5 ? 0 : 0.6 * random());
  const share = logUniform(random, 0.003, 0.05);
  const spikeShare = random() < 0.5 ? 0.03 * random() : 0;
  const drift = random() < 0.15 ? 0.1 * (random() - 0.5) : 0;
  const mode = random() < 0.1 ? stickyMode(n, share, random) : new Float64Array(n);
  const values = scatter.map((each, i) => {
    const spike = random() < spikeShare ? 1 + share * (5 + 20 * random()) : 1;
    return (levels[i] as number) * (1 + share * each + (mode[i] as number) + (drift * i) / n) * spike;
  });
  const visible = changes.filter((at) => {
    const [from, to] = [levels[at - 1] as number, levels[at] as number];
    return Math.abs(to - from) >= MIN_VISIBLE * share * from;
  });
  return { values, changes: visible };
}

function placesOf(n: number, wanted: number, random: Random): number[] {
  const places: number[] = [];
  for (let i = 0; i < wanted; i++) {
    const place = SHORTEST_LEVEL + Math.floor(random() * (n - 2 * SHORTEST_LEVEL));
    if (places.every((other) => Math.abs(other - place) >= SHORTEST_LEVEL)) places.push(place);
  }
  return places.sort((a, b) => a - b);
}

function levelsOf(n: number, changes: readonly number[], random: Random): Float64Array {
  const levels = new Float64Array(n);
  let before = LEVEL;
  let level = LEVEL;
  for (let i = 0; i < n; i++) {
    if (changes.includes(i)) {
      // A regression that was mended goes back to where it came from.
      const next = random() < MENDED ? before : level * (1 + (random() < 0.5 ? -1 : 1) * logUniform(random, 0.02, 0.3));
      before = level;
      level = next;
    }
    levels[i] = level;
  }
  return levels;
}

/** AR(1) of the same variance; 0 leaves the noise as it is. */
function correlated(noise: Float64Array, rho: number): Float64Array {
  let last = noise[0] ?? 0;
  return noise.map((each) => {
    last = rho * last + Math.sqrt(1 - rho * rho) * each;
    return last;
  });
}

/** A second level that the series jumps to and stays at for 10 to 100 values on average. */
function stickyMode(n: number, share: number, random: Random): Float64Array {
  const height = share * (3 + 5 * random()) * Math.sign(normal(random));
  const leaves = logUniform(random, 0.01, 0.1);
  let isUp = random() < 0.5;
  return Float64Array.from({ length: n }, () => {
    if (random() < leaves) isUp = !isUp;
    return isUp ? height : 0;
  });
}

function logUniform(random: Random, least: number, most: number): number {
  return least * (most / least) ** random();
}
