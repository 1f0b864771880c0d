import { percent } from '../compare/words.ts';
import type { MetricVerdict } from '../contracts/verdict.ts';
import { fourDigits } from '../format/number.ts';
import { short } from './base-points.ts';

/** What the sentence is made of. */
export type Said = Pick<
  MetricVerdict,
  | 'verdict'
  | 'value'
  | 'unit'
  | 'repetitions'
  | 'change_percent'
  | 'change_low_percent'
  | 'change_high_percent'
  | 'baseline'
  | 'minimum_detectable_percent'
  | 'more_repetitions'
  | 'known_regression'
  | 'accepted'
>;

/** Why a metric has its verdict, in one sentence with the numbers. */
export function reasonOf(said: Said, { note, why, runs }: { note: string; why: string; runs: number }): string {
  const { verdict, baseline, value, unit, accepted, known_regression } = said;
  if (baseline === null) {
    const first = `its base has no points: this is the first value, ${fourDigits(value)} ${unit}`.trim();
    return note === '' ? first : `${first}; ${note}`;
  }
  const pooled =
    said.repetitions === 1 ? '' : `, the middle of ${count(said.repetitions, 'repetition')} in ${count(runs, 'run')}`;
  const against = `${fourDigits(value)} ${unit}${pooled}, against ${fourDigits(baseline.level)} ${unit} of ${baselineWords(baseline)}`;
  const parts = [`${against}: ${changeWords(said)}`];
  const seen = said.minimum_detectable_percent;
  switch (verdict) {
    case 'no_change':
      if (seen !== null) parts.push(`a change of ${plain(seen)} would have been seen`);
      break;
    case 'cannot_tell':
      parts.push(`can't tell, because ${why}`);
      if (seen !== null) parts.push(`only a change of ${plain(seen)} would be seen`);
      if (said.more_repetitions !== null) parts.push(`${count(said.more_repetitions, 'more repetition')} would do`);
      break;
    case 'new':
      break;
    default:
      parts.push(`more than noise, which is ${noiseWords(baseline)}`);
  }
  if (known_regression !== null) {
    const { since_commit, finding_id } = known_regression;
    parts.push(
      `known since ${since_commit === '' ? 'an earlier run' : short(since_commit)}${finding_id === null ? '' : ` (finding ${finding_id.slice(0, 12)})`}`,
    );
  }
  if (accepted !== null)
    parts.push(`accepted by ${accepted.by}${accepted.reason === '' ? '' : `: ${accepted.reason}`}`);
  if (note !== '') parts.push(note);
  return parts.join('; ');
}

function baselineWords({ line, points, from_commit, to_commit }: NonNullable<MetricVerdict['baseline']>): string {
  const commits =
    to_commit === ''
      ? ''
      : from_commit === to_commit
        ? `, ${short(to_commit)}`
        : `, ${short(from_commit)} to ${short(to_commit)}`;
  return `${line} (${count(points, 'point')}${commits})`;
}

function changeWords({ change_percent, change_low_percent, change_high_percent }: Said): string {
  if (change_percent === null) return 'no change in percent, since the base is 0';
  if (change_low_percent === null || change_high_percent === null) return percent(change_percent);
  return `${percent(change_percent)} (95 % interval ${percent(change_low_percent)} to ${percent(change_high_percent)})`;
}

const noiseWords = ({ noise_percent }: NonNullable<MetricVerdict['baseline']>): string =>
  noise_percent === null ? 'small' : `${plain(noise_percent)} from run to run`;

/** A size in percent, without a sign. */
export const plain = (value: number): string => percent(Math.abs(value)).replace('+', '');

const count = (n: number, thing: string): string => (n === 1 ? `1 ${thing}` : `${n} ${thing}s`);
