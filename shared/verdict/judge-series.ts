import type { MetricVerdict } from '../contracts/verdict.ts';
import { type BasePoints, headPoints } from './base-points.ts';
import { acceptanceOf, type SeriesQuestion, withLine, withRun } from './compare-with-base.ts';
import type { Compared } from './compare-with-level.ts';
import type { VerdictSettings } from './history.ts';
import { judgePaired, pairsOfRun } from './judge-paired.ts';
import type { NewestLevel } from './known-level.ts';
import { lineOf } from './lines.ts';
import { reasonOf } from './reason.ts';
import type { SeriesVerdict } from './series-verdict.ts';

export type { SeriesVerdict } from './series-verdict.ts';

/**
 * The verdict of one series about a run: pure, and the same however often it is asked of the same points.
 * @returns undefined where the run has no point in it
 */
export function judgeSeries(question: SeriesQuestion, settings: VerdictSettings): SeriesVerdict | undefined {
  const { head, points } = question;
  const own = headPoints(points, head);
  if (own.length === 0) return undefined;
  const pairs = question.base_run_id === undefined ? pairsOfRun(own, head) : undefined;
  if (pairs !== undefined && pairs.unavailable === undefined)
    return judgePaired(question, pairs, settings.main_branches);
  const line = lineOf(head.source, settings.main_branches);
  const compared =
    question.base_run_id === undefined ? withLine(question, own, settings) : withRun(question, own, settings);
  const { base, level, result } = compared;
  const percentOf = (value: number | null): number | null =>
    value === null || !Number.isFinite(value) || level === undefined || level.median === 0
      ? null
      : (100 * value) / Math.abs(level.median);
  const run_ids = [...new Set(own.map(({ run_id }) => run_id))];
  const bounded = result !== undefined && Number.isFinite(result.half_interval) ? result : undefined;
  const said = {
    is_main: line.is_main,
    verdict: result?.verdict ?? ('new' as const),
    value: result?.value ?? (own.at(-1)?.value as number),
    repetitions: own.length,
    run_ids: run_ids.slice(0, 50),
    change_percent: percentOf(result?.change ?? null),
    change_low_percent: percentOf(bounded === undefined ? null : bounded.change - bounded.half_interval),
    change_high_percent: percentOf(bounded === undefined ? null : bounded.change + bounded.half_interval),
    baseline: level === undefined ? null : describe(base, level, result),
    minimum_detectable_percent: percentOf(result?.minimum_detectable ?? null),
    more_repetitions: result?.more_repetitions ?? null,
    known_regression: compared.known,
    accepted: acceptanceOf(own, question.accepted),
  };
  const note = [base.note, pairs?.unavailable ?? ''].filter((part) => part !== '').join('; ');
  const why = { note, why: result?.why ?? '', runs: run_ids.length };
  return { ...said, reason: reasonOf({ ...said, unit: question.unit }, why) };
}

function describe(
  { line, points }: BasePoints,
  level: NewestLevel,
  result: Compared | undefined,
): MetricVerdict['baseline'] {
  const [first, last] = [points[0], points.at(-1)];
  return {
    line,
    level: level.median,
    points: points.length,
    from_commit: first?.source?.commit ?? '',
    to_commit: last?.source?.commit ?? '',
    from_at: first?.measured_at ?? null,
    to_at: last?.measured_at ?? null,
    noise_percent: level.median === 0 ? null : (100 * (result?.scale ?? level.scale)) / Math.abs(level.median),
  };
}
