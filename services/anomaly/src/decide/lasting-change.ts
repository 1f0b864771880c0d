import type { Finding, FindingConfirmation, FindingEvidence } from '@benchwire/shared/contracts/finding.ts';
import { inflationOf, segmentSeries } from '@benchwire/shared/detect/levels.ts';
import { visitsTo } from '@benchwire/shared/detect/modes.ts';
import type { DetectorSettings } from '@benchwire/shared/detect/settings.ts';
import { median } from '@benchwire/shared/stats/quantile.ts';
import { chanceOfExcursion, withoutItsBeginning } from '@benchwire/shared/verdict/excursions.ts';
import { distancesFromLevels } from '@benchwire/shared/verdict/known-level.ts';

type Suspected = Pick<Finding, 'baseline' | 'confirmations' | 'value' | 'z_score'>;

/** The test that further re-runs can't pass. */
export const HELD_BEFORE = 'held_before';
/** A step of so many times the limit of one value is larger than the modes that series jump between by themselves. */
const LARGE = 2;
/** A level that was held for fewer points will do where the new one has been held for some, too, this many times the noise away; for `confirm_new` where no sibling agrees. */
const YOUNG = { held: 25, after: 15, effect: 6.5 };
/**
 * So many points of an imported series that stay at a new level take the place of re-runs, which nobody can have of them: the false
 * alarms that this costs are in docs/anomaly.md.
 */
export const IMPORTED_CONFIRM_NEW = 15;
/** Makes the mean absolute deviation of normal values their standard deviation. */
const MEAN_DEVIATION_TO_SIGMA = 1.2533;
/** So far off, in standard errors, have re-runs to be together: one of a thousand and less by chance. */
const NO_CHANCE = 3.3;
/** A series without any noise has no unit to measure in; JSON has no infinity. */
const MAX_OFF = 1000;
/** The series goes so far by itself less often than this for so many re-runs. */
const EXCURSION_CHANCE = 0.002;
/** A level is held where so many of the points since are nearer to it than to the one before, among them the newest. */
const STAYED = 0.9;
const NEWEST = 3;
/** From this autocorrelation on, two runs of one device that follow each other tell little more than one. */
const STICKY = 0.2;

/**
 * What has to hold, besides re-runs that agree, before a change counts as confirmed. A machine that stays in a state for a while gives
 * re-runs that agree as well. So re-runs of one device are one piece of evidence, points that come later take their place, and a small
 * step is confirmed only where the level before was held for long.
 *
 * @param before - values of the series before the change, oldest first
 * @param after - those since, without re-runs: they were measured in the state that they are to check
 * @param threshold - of one value, in units of the noise
 */
export function ofLastingChange(
  finding: Suspected,
  before: Float64Array,
  after: Float64Array,
  threshold: number,
  settings: DetectorSettings,
): FindingEvidence['tests'] {
  const { baseline, confirmations, value } = finding;
  const { boundaries, autocorrelation, scale: noise } = segmentSeries(before, settings);
  const own = Math.abs(value - baseline.median) / Math.max(Math.abs(finding.z_score), Number.MIN_VALUE);
  // Few values look calmer than the series is by chance.
  const scale = Math.max(own, noise);
  const agreeing = confirmations.filter(({ agrees }) => agrees === true);
  const hasSibling = agreeing.some(({ on }) => on === 'sibling');
  const off = (level: number): number => Math.abs(level - baseline.median);
  // None where no re-run could tell.
  const again = agreeing.length === 0 ? value : median(agreeing.map((each) => each.value ?? value));
  const level = off(again) < off(value) ? again : value;
  const effect = off(level) / scale;
  const held = before.length - (boundaries.at(-1)?.index ?? 0);
  const visits = visitsTo(before, baseline.median, level, scale);
  const isLarge = visits === 0 && effect >= LARGE * threshold;
  const isOld = held >= settings.confirm_base;
  const needed = hasSibling ? YOUNG.after : settings.confirm_new;
  const isProven = visits === 0 && held >= YOUNG.held && stays(before.subarray(before.length - held), after, needed);
  const side = level > baseline.median ? 1 : -1;
  const isThere = (each: number): boolean => side * (each - baseline.median) >= off(level) / 2;
  const lasted = lastingPoints(after, isThere, needed);
  const telling = tellingOf(confirmations, autocorrelation > STICKY);
  const errors = Math.max(
    telling.reduce((sum, each) => sum + off(each) / scale, 0) / Math.sqrt(Math.max(1, telling.length)),
    lasted.length === 0 ? 0 : (off(median(lasted)) / scale) * Math.sqrt(lasted.length / inflationOf(autocorrelation)),
  );
  const starts = [0, ...boundaries.map(({ index }) => index)];
  const around = withoutItsBeginning(distancesFromLevels(Array.from(before), starts), level - baseline.median);
  // All of them are off, not only the middle one.
  const chance = chanceOfExcursion(around, off(level), 2 * Math.max(1, telling.length, lasted.length) - 1, side);
  return [
    {
      name: 'excursions',
      value: chance,
      limit: EXCURSION_CHANCE,
      passed: chance < EXCURSION_CHANCE,
      meaning:
        'the chance that the re-runs, or as many later points in a row, are off as the series has been by itself',
    },
    {
      name: HELD_BEFORE,
      value: held,
      limit: isLarge || isProven ? null : settings.confirm_base,
      passed: isLarge || isProven || isOld,
      meaning:
        'the level before has to be held for so many points: one that is held for less may be one of several that the series jumps between',
    },
    {
      name: 'reruns',
      value: Math.min(MAX_OFF, errors),
      limit: NO_CHANCE,
      passed: errors >= NO_CHANCE,
      meaning:
        'so many standard errors have the re-runs, or later points that stay there, to lie off the level before; re-runs of one device count once, and not where neighbouring values hang together',
    },
  ];
}

/**
 * Whether the points since a change show it without any re-run: it passes the test of the level before, and so many points as no state of a
 * machine lasts for have stayed where it led.
 */
export function isShownByPoints(tests: FindingEvidence['tests'], before: Float64Array, after: Float64Array): boolean {
  const held = tests.find(({ name }) => name === HELD_BEFORE);
  return held?.passed === true && stays(before.subarray(before.length - held.value), after, YOUNG.after);
}

/**
 * What the re-runs measured, as far as it is evidence. All re-runs of one device share its state: where only one device agrees they
 * count once, and not at all where another one disagrees. Where several agree, no state of one machine explains them.
 */
function tellingOf(confirmations: readonly FindingConfirmation[], isSticky: boolean): number[] {
  const agreeing = confirmations.filter(({ agrees }) => agrees === true);
  const telling = agreeing
    .filter(({ on }) => on === 'sibling' || !isSticky)
    .flatMap(({ value }) => (value === null ? [] : [value]));
  if (new Set(agreeing.map(({ on, worker_id }) => worker_id ?? on)).size > 1 || telling.length === 0) return telling;
  return confirmations.some(({ agrees }) => agrees === false) ? [] : [median(telling)];
}

/** The points since the change that show it: none before there are enough, or where the level has not stayed there. */
function lastingPoints(after: Float64Array, isThere: (value: number) => boolean, needed: number): Float64Array {
  const there = after.filter(isThere);
  const hasStayed = there.length >= STAYED * after.length && after.subarray(-NEWEST).every(isThere);
  return after.length >= needed && hasStayed ? there : new Float64Array(0);
}

/** Whether the values since the change have stayed where it led, clearly apart from the level before. */
function stays(level: Float64Array, after: Float64Array, needed: number): boolean {
  if (after.length < needed) return false;
  const [from, to] = [median(level), median(after)];
  const sum = (values: Float64Array, center: number): number =>
    values.reduce((total, value) => total + Math.abs(value - center), 0);
  const noise = ((sum(level, from) + sum(after, to)) / (level.length + after.length)) * MEAN_DEVIATION_TO_SIGMA;
  const isNewest = after.subarray(-NEWEST).every((value) => Math.abs(value - to) < Math.abs(value - from));
  return isNewest && Math.abs(to - from) >= YOUNG.effect * noise;
}
