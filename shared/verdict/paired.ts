import type { Direction } from '../contracts/direction.ts';
import type { VerdictKind } from '../contracts/verdict.ts';
import { median } from '../stats/quantile.ts';
import { studentCritical } from '../stats/student.ts';
import { leastNoise } from './noise.ts';

/** A difference by chance is less likely than this, either way: the same chance that verdicts by history are held to. */
const SIGNIFICANCE = 0.002;
/** Of the interval that is stated, and that has to exclude a change that matters. */
const OUTSIDE_INTERVAL = 0.05;
/** Of so many pairs one at either end is left out: a disturbed side makes its pair an outlier. */
const TRIMMED_OF = 7;
/** More pairs than this are not asked for. */
const MAX_PAIRS_ASKED = 200;

export interface PairedOptions {
  direction: Direction;
  /** What has to be excluded for "no change", in percent. */
  matters_percent: number;
}

/** What the pairs of a head and a base side say. */
export interface PairedResult {
  verdict: Exclude<VerdictKind, 'new'>;
  /** Medians of the sides, in the series' unit. The change is that of the pairs, which what both sides share does not move. */
  value: number;
  level: number;
  pairs: number;
  /** Of the head against the base; null where the base is 0. */
  change_percent: number | null;
  low_percent: number | null;
  high_percent: number | null;
  minimum_detectable_percent: number | null;
  /** One standard deviation from pair to pair. */
  noise_percent: number | null;
  more_pairs: number | null;
  /** The fewest more pairs that tell if they are like those so far: when it is worth looking again. Null where MAX_PAIRS_ASKED are not enough. */
  next_look: number | null;
}

/**
 * Compares both sides pair by pair: Yuen's t-test of the trimmed mean (1974) on the logarithm of head / base, or on the
 * differences where a value is not positive. What moves both sides alike, a drift of the machine for one, cancels out in each
 * pair, and the noise is what is left between the pairs.
 *
 * @param head - at least two values
 * @param base - as many, each measured right before or after the head's at its place
 */
export function comparePairs(head: readonly number[], base: readonly number[], options: PairedOptions): PairedResult {
  const { effects, toPercent, toEffect } = effectsOf(head, base);
  const n = effects.length;
  const { center, noise } = trimmed(effects);
  const error = errorOf(noise, n);
  const limit = critical(SIGNIFICANCE, n) * error;
  const half = critical(OUTSIDE_INTERVAL, n) * error;
  const seen = detectable(noise, n);
  const common = {
    value: median(head),
    level: median(base),
    pairs: n,
    change_percent: toPercent(center),
    low_percent: toPercent(center - half),
    high_percent: toPercent(center + half),
    minimum_detectable_percent: toPercent(seen),
    noise_percent: toPercent(noise),
    more_pairs: null,
    next_look: null,
  };
  if (Math.abs(center) > limit) return { ...common, verdict: sideOf(options.direction, center) };
  const matters = toEffect(options.matters_percent);
  const worst = worseBy(options.direction, center) + half;
  if (worst < matters || seen <= matters || (center === 0 && noise === 0)) return { ...common, verdict: 'no_change' };
  const needed = pairsFor(Math.max(matters, Math.abs(center)), noise, n);
  const look = lookAfter({ center, worse: worseBy(options.direction, center), noise, matters }, n) ?? needed;
  const more = (until: number | null): number | null => (until === null ? null : until - n);
  return { ...common, verdict: 'cannot_tell', more_pairs: more(needed), next_look: more(look) };
}

/**
 * How many more pairs to measure before the next look, an even number, so that each side goes first as often; 0 where the answer is known. Looks are few:
 * each is one more chance of a wrong answer.
 */
export function pairsUntilNextLook({ verdict, next_look, pairs }: PairedResult): number {
  if (verdict !== 'cannot_tell') return 0;
  const more = next_look ?? pairs;
  return more + (more % 2);
}

interface Effects {
  effects: number[];
  toPercent: (effect: number) => number | null;
  toEffect: (percent: number) => number;
}

function effectsOf(head: readonly number[], base: readonly number[]): Effects {
  const pairs = head.map((value, at) => [value, base[at] as number] as const);
  if (pairs.every(([a, b]) => a > 0 && b > 0)) {
    return {
      effects: pairs.map(([a, b]) => Math.log(a / b)),
      toPercent: (effect) => finite(100 * Math.expm1(effect)),
      toEffect: (percent) => Math.log1p(percent / 100),
    };
  }
  const level = Math.abs(median(base));
  return {
    effects: pairs.map(([a, b]) => a - b),
    toPercent: (effect) => (level === 0 ? null : finite((100 * effect) / level)),
    toEffect: (percent) => (level * percent) / 100,
  };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const trimmedOf = (n: number): number => Math.floor(n / TRIMMED_OF);

/** The trimmed mean, and the standard deviation of the winsorized effects, for what was cut off scaled back to that of all. */
function trimmed(effects: readonly number[]): { center: number; noise: number } {
  const n = effects.length;
  const cut = trimmedOf(n);
  const ascending = effects.toSorted((a, b) => a - b);
  const kept = ascending.slice(cut, n - cut);
  const [low, high] = [kept[0] as number, kept.at(-1) as number];
  const winsorized = ascending.map((effect) => Math.min(high, Math.max(low, effect)));
  const mean = winsorized.reduce((sum, effect) => sum + effect, 0) / n;
  const variance = winsorized.reduce((sum, effect) => sum + (effect - mean) ** 2, 0) / (n - 1);
  const least = effects.every((effect) => effect === 0) ? 0 : leastNoise(n, 1, variance);
  return {
    center: kept.reduce((sum, effect) => sum + effect, 0) / kept.length,
    noise: Math.max(Math.sqrt(variance) / (1 - (2 * cut) / n), least),
  };
}

const errorOf = (noise: number, n: number): number => noise / Math.sqrt(n);

/** By chance and degrees of freedom, of which there are few: looking for a number of pairs needs them again and again. */
const known = new Map<string, number>();

function critical(chance: number, n: number): number {
  const df = n - 2 * trimmedOf(n) - 1;
  const key = `${chance} ${df}`;
  const value = known.get(key) ?? studentCritical(chance, df);
  known.set(key, value);
  return value;
}

/** The smallest effect that would be seen with a probability of 95 %. */
const detectable = (noise: number, n: number): number =>
  (critical(SIGNIFICANCE, n) + critical(0.1, n)) * errorOf(noise, n);

function pairsFor(effect: number, noise: number, from: number): number | null {
  for (let n = from + 1; n <= MAX_PAIRS_ASKED; n++) if (detectable(noise, n) <= effect) return n;
  return null;
}

/** Pairs after which a difference would be clear, or a change that matters excluded, if mean and noise stay what they are. */
function lookAfter(
  { center, worse, noise, matters }: { center: number; worse: number; noise: number; matters: number },
  from: number,
): number | null {
  for (let n = from + 1; n <= MAX_PAIRS_ASKED; n++) {
    const error = errorOf(noise, n);
    if (Math.abs(center) > critical(SIGNIFICANCE, n) * error || worse + critical(OUTSIDE_INTERVAL, n) * error < matters)
      return n;
  }
  return null;
}

function worseBy(direction: Direction, effect: number): number {
  if (direction === 'lower_is_better') return effect;
  return direction === 'higher_is_better' ? -effect : Math.abs(effect);
}

function sideOf(direction: Direction, effect: number): 'slower' | 'faster' | 'changed' {
  if (direction !== 'lower_is_better' && direction !== 'higher_is_better') return 'changed';
  return worseBy(direction, effect) > 0 ? 'slower' : 'faster';
}
