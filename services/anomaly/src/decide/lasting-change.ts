import type { Finding, FindingEvidence } from '@benchwire/shared/contracts/finding.ts';
import { segmentSeries } from '@benchwire/shared/detect/levels.ts';
import { visitsTo } from '@benchwire/shared/detect/modes.ts';
import type { DetectorSettings } from '@benchwire/shared/detect/settings.ts';
import { median } from '@benchwire/shared/stats/quantile.ts';
import { chanceOfExcursion, withoutItsBeginning } from '@benchwire/shared/verdict/excursions.ts';
import { distancesFromLevels } from '@benchwire/shared/verdict/known-level.ts';

/** The test that further re-runs can't pass. */
export const HELD_BEFORE = 'held_before';
/** A step of so many times the limit of one value is larger than the modes that series jump between by themselves. */
const LARGE = 2;
/** A level that was held for fewer points will do where the new one has been held for some, too, this many times the noise away. */
const YOUNG = { held: 25, after: 15, effect: 6.5 };
/** Makes the mean absolute deviation of normal values their standard deviation. */
const MEAN_DEVIATION_TO_SIGMA = 1.2533;
/** So far off, in standard errors, have re-runs to be together: one of a thousand and less by chance. */
const NO_CHANCE = 3.3;
/** A series without any noise has no unit to measure in; JSON has no infinity. */
const MAX_OFF = 1000;
/** The series goes so far by itself less often than this for so many re-runs. */
const EXCURSION_CHANCE = 0.002;
/** From this autocorrelation on, two runs of one device that follow each other tell little more than one. */
const STICKY = 0.2;

/**
 * What has to hold, besides re-runs that agree, before a change counts as confirmed. A machine that stays in a state for a while gives
 * re-runs that agree as well, so a small step is confirmed only where the level before was held for long, and where a sibling
 * agrees or neighbouring values of the series have nothing to do with each other.
 *
 * @param before - values of the series before the change, oldest first
 * @param after - those since
 * @param threshold - of one value, in units of the noise
 */
export function ofLastingChange(
  finding: Finding,
  before: Float64Array,
  after: Float64Array,
  threshold: number,
  settings: DetectorSettings,
): FindingEvidence['tests'] {
  const { baseline, confirmations, value } = finding;
  const agreeing = confirmations.filter(({ agrees }) => agrees === true);
  const { boundaries, autocorrelation, scale: noise } = segmentSeries(before, settings);
  const own = Math.abs(value - baseline.median) / Math.max(Math.abs(finding.z_score), Number.MIN_VALUE);
  // Few values look calmer than the series is by chance.
  const scale = Math.max(own, noise);
  const level = median([value, ...agreeing.flatMap((each) => each.value ?? [])]);
  const effect = Math.abs(level - baseline.median) / scale;
  const held = before.length - (boundaries.at(-1)?.index ?? 0);
  const visits = visitsTo(before, baseline.median, level, scale);
  const isLarge = visits === 0 && effect >= LARGE * threshold;
  const isOld = held >= settings.confirm_base;
  const isProven = visits === 0 && held >= YOUNG.held && stays(before.subarray(before.length - held), after);
  const telling = agreeing.filter(({ on }) => on === 'sibling' || autocorrelation <= STICKY);
  const distances = telling.flatMap((each) => Math.abs((each.value ?? baseline.median) - baseline.median) / scale);
  const off = distances.reduce((sum, each) => sum + each, 0) / Math.sqrt(Math.max(1, distances.length));
  const starts = [0, ...boundaries.map(({ index }) => index)];
  const around = withoutItsBeginning(distancesFromLevels(Array.from(before), starts), level - baseline.median);
  // All of them are off, not only the middle one.
  const chance = chanceOfExcursion(
    around,
    Math.abs(level - baseline.median),
    Math.max(1, 2 * telling.length - 1),
    level > baseline.median ? 1 : -1,
  );
  return [
    {
      name: 'excursions',
      value: chance,
      limit: EXCURSION_CHANCE,
      passed: chance < EXCURSION_CHANCE,
      meaning: 'the chance that the re-runs are off as the series has been by itself',
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
      value: Math.min(MAX_OFF, off),
      limit: NO_CHANCE,
      passed: off >= NO_CHANCE,
      meaning:
        'so many standard errors have the re-runs to lie off the level before; where neighbouring values hang together, those of the same device do not count',
    },
  ];
}

/**
 * Whether the points since a change show it without any re-run: it passes the test of the level before, and so many points as no state of a
 * machine lasts for have stayed where it led.
 */
export function isShownByPoints(tests: FindingEvidence['tests'], before: Float64Array, after: Float64Array): boolean {
  const held = tests.find(({ name }) => name === HELD_BEFORE);
  return held?.passed === true && stays(before.subarray(before.length - held.value), after);
}

/** Whether the values since the change have stayed where it led, clearly apart from the level before. */
function stays(level: Float64Array, after: Float64Array): boolean {
  if (after.length < YOUNG.after) return false;
  const [from, to] = [median(level), median(after)];
  const sum = (values: Float64Array, center: number): number =>
    values.reduce((total, value) => total + Math.abs(value - center), 0);
  const noise = ((sum(level, from) + sum(after, to)) / (level.length + after.length)) * MEAN_DEVIATION_TO_SIGMA;
  const isNewest = after.subarray(-3).every((value) => Math.abs(value - to) < Math.abs(value - from));
  return isNewest && Math.abs(to - from) >= YOUNG.effect * noise;
}
