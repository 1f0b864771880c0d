import { percent } from '../compare/words.ts';
import { isSameCommit } from '../contracts/commit.ts';
import { fourDigits } from '../format/number.ts';
import { type Head, short } from './base-points.ts';
import { acceptanceOf, type SeriesQuestion } from './compare-with-base.ts';
import { USUAL_CHANGE_PERCENT } from './compare-with-level.ts';
import type { HistoryPoint } from './history.ts';
import { lineOf, type MainBranches } from './lines.ts';
import { comparePairs, type PairedResult } from './paired.ts';
import { plain } from './reason.ts';
import type { SeriesVerdict } from './series-verdict.ts';

/** Fewer pairs say nothing of their noise. */
const MIN_PAIRS = 2;

/** The pairs that a run is judged by, or why it has none that can be compared. */
export interface RunPairs {
  base_commit: string;
  head: number[];
  base: number[];
  repeated: number;
  devices: string[];
  /** Of the head: those with these pairs. */
  points: HistoryPoint[];
  /** Why the history has to decide; undefined where the pairs do. */
  unavailable: string | undefined;
}

/** The pairs of a run, pooled with those of all runs of its commit against the same base. Undefined where the run measured none. */
export function pairsOfRun(own: readonly HistoryPoint[], { run_id }: Head): RunPairs | undefined {
  const asked = own.findLast((point) => point.run_id === run_id && point.pairs != null)?.pairs;
  if (asked == null) return undefined;
  const { base_commit } = asked;
  const points = own.filter(({ pairs }) => {
    if (pairs == null || pairs.unavailable !== undefined) return false;
    return isSameCommit(pairs.base_commit, base_commit) && pairs.head.length === pairs.base.length;
  });
  const all = points.flatMap(({ pairs }) => pairs ?? []);
  const head = all.flatMap((pairs) => pairs.head);
  const too_few = `there ${head.length === 1 ? 'is 1 pair' : `are ${head.length} pairs`}, and ${MIN_PAIRS} are the fewest`;
  return {
    base_commit,
    head,
    base: all.flatMap((pairs) => pairs.base),
    repeated: all.reduce((sum, { repeated }) => sum + repeated, 0),
    devices: [...new Set(all.flatMap(({ device_id }) => (device_id === '' ? [] : [device_id])))],
    points,
    unavailable: head.length >= MIN_PAIRS ? undefined : (asked.unavailable ?? too_few),
  };
}

/** The verdict of one series about a run that measured its base beside its head. */
export function judgePaired(question: SeriesQuestion, pairs: RunPairs, main_branches: MainBranches): SeriesVerdict {
  const matters_percent = question.matters_percent ?? USUAL_CHANGE_PERCENT;
  const result = comparePairs(pairs.head, pairs.base, { direction: question.direction, matters_percent });
  const run_ids = [...new Set(pairs.points.map(({ run_id }) => run_id))];
  const accepted = acceptanceOf(pairs.points, question.accepted);
  return {
    is_main: lineOf(question.head.source, main_branches).is_main,
    verdict: result.verdict,
    value: result.value,
    repetitions: result.pairs,
    run_ids: run_ids.slice(0, 50),
    change_percent: result.change_percent,
    change_low_percent: result.low_percent,
    change_high_percent: result.high_percent,
    baseline: {
      line: 'measured in this run',
      level: result.level,
      points: result.pairs,
      from_commit: pairs.base_commit,
      to_commit: pairs.base_commit,
      from_at: pairs.points[0]?.measured_at ?? null,
      to_at: pairs.points.at(-1)?.measured_at ?? null,
      noise_percent: result.noise_percent,
      pairs: { count: result.pairs, repeated: pairs.repeated, devices: pairs.devices.slice(0, 10) },
    },
    minimum_detectable_percent: result.minimum_detectable_percent,
    more_repetitions: result.more_pairs,
    known_regression: null,
    accepted,
    reason: reasonOfPairs(result, pairs, { unit: question.unit, runs: run_ids.length, accepted }),
  };
}

interface About {
  unit: string;
  runs: number;
  accepted: SeriesVerdict['accepted'];
}

function reasonOfPairs(result: PairedResult, pairs: RunPairs, { unit, runs, accepted }: About): string {
  const { value, level, change_percent, low_percent, high_percent, noise_percent } = result;
  const where = pairs.devices.length === 0 ? '' : ` on ${pairs.devices.join(', ')}`;
  const repeated = pairs.repeated === 0 ? '' : `, ${pairs.repeated} of them because the first could not tell`;
  const measured = `measured in ${runs === 1 ? 'this run' : `${runs} runs`}: ${result.pairs} pairs${where}${repeated}`;
  const interval =
    low_percent === null || high_percent === null
      ? ''
      : ` (95 % interval ${percent(low_percent)} to ${percent(high_percent)})`;
  const change =
    change_percent === null ? 'no change in percent, since the base is 0' : `${percent(change_percent)}${interval}`;
  const parts = [
    `${fourDigits(value)} ${unit} against ${fourDigits(level)} ${unit} of ${short(pairs.base_commit)}, ${measured}; by pairs ${change}`.replaceAll(
      / {2,}/g,
      ' ',
    ),
  ];
  const seen = result.minimum_detectable_percent;
  if (result.verdict === 'no_change' && seen !== null) parts.push(`a change of ${plain(seen)} would have been seen`);
  else if (result.verdict === 'cannot_tell') {
    parts.push("this can't tell, because the pairs differ too much");
    if (seen !== null) parts.push(`only a change of ${plain(seen)} would be seen`);
    if (result.more_pairs !== null) parts.push(`${result.more_pairs} more pairs would do`);
  } else if (result.verdict !== 'no_change' && noise_percent !== null)
    parts.push(`more than noise, which is ${plain(noise_percent)} from pair to pair`);
  if (accepted !== null)
    parts.push(`accepted by ${accepted.by}${accepted.reason === '' ? '' : `: ${accepted.reason}`}`);
  return parts.join('; ');
}
