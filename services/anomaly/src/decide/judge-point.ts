import type { Finding, FindingEvidence } from '@benchwire/shared/contracts/finding.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import type { SeriesKey, SeriesPoint } from '@benchwire/shared/contracts/series.ts';
import { KNOWN_MODE, visitsTo } from '@benchwire/shared/detect/modes.ts';
import type { DetectorSettings } from '@benchwire/shared/detect/settings.ts';
import { distancesFromLevels } from '@benchwire/shared/verdict/known-level.ts';
import { directionOf, follow, type Known } from '../detect/follow.ts';
import type { OnlineSeries } from '../detect/online.ts';
import { calm } from '../detect/replay.ts';
import { type Change, type Review, review, stretchesOf } from '../detect/review.ts';
import { type Found, findingOfChange, findingOfDrift, findingOfPoint } from './describe-finding.ts';
import { type DetectorOptions, judge, type Verdict } from './detector.ts';
import { thresholdFactor } from './feedback.ts';
import { type FindingBook, revise } from './finding-book.ts';
import { numberOf, type Series } from './series.ts';

export interface JudgeContext {
  single: DetectorOptions;
  levels: DetectorSettings;
  findings: FindingBook;
  online: OnlineSeries;
}

export interface NewPoint {
  point: SeriesPoint;
  key: SeriesKey;
  /** What the test on every point said. */
  isSuspicious: boolean;
  now: Date;
}

/** A finding about the level, at the number of its first bad point. */
interface KnownFinding extends Known {
  finding: Finding | null;
  at: number;
}

/** Nobody has settled it for so many points: the series goes on from the level that it is at. */
const SETTLED_BY_TIME = 30;
/** A value so many times the noise off its level may belong to the next one already. */
const DOUBTFUL_NOISE = 3;
/** Segments in a finding's record, the newest. */
const SHOWN_SEGMENTS = 12;

/**
 * Judges the newest point of a series, which is in it already.
 * @returns new findings, and revisions of those that later points settle
 */
export function judgePoint(context: JudgeContext, series: Series, news: NewPoint): Finding[] {
  const factor = thresholdFactor(context.findings.judged(news.key.metric, series.refs.at(-1)?.pool ?? null));
  const known = knownOf(series, context.findings);
  const isOpen = known.some((each) => each.isSuspected);
  const single = isOpen || isPhase(news.key) ? undefined : judgeSingle(context, series, news, known, factor);
  if (single !== undefined) return [single];
  if (!news.isSuspicious && !isOpen) return [];
  return reviewSeries(context, series, news, known, factor);
}

/** One slow load is a cold cache, and no reason to measure everything again: only several points say that the level moved. */
const isPhase = ({ series_kind }: SeriesKey): boolean => series_kind === 'phase' || series_kind === 'energy';

/** What is known of the level: findings, and jumps to known modes. */
function knownOf(series: Series, findings: FindingBook): KnownFinding[] {
  const newest = series.dropped + series.values.length - 1;
  const told = findings.ofSeries(series.series_id).flatMap((finding): KnownFinding[] => {
    if (finding.state === 'went_away' || !['regression', 'improvement', 'change'].includes(finding.kind)) return [];
    const at = numberOf(series, attemptId(finding));
    if (at === undefined) return [];
    // What came with a new environment lies before the series' own points: only re-runs settle it.
    const ownPoints = finding.evidence === null || finding.evidence.environment.length === 0;
    const isSuspected = ownPoints && finding.state === 'suspected' && newest - at < SETTLED_BY_TIME * 2;
    const direction = finding.value >= finding.baseline.median ? 1 : -1;
    return [{ finding, at, index: at - series.dropped, direction, isSuspected }];
  });
  const jumps = series.jumps.map(({ at, direction }) => ({
    finding: null,
    at,
    index: at - series.dropped,
    direction,
    isSuspected: false,
  }));
  return [...told, ...jumps];
}

/** Where the levels began that are known, as ascending indices; the newest point is compared with the last of them. */
function levelsFrom(series: Series, known: readonly KnownFinding[]): number[] {
  const newest = series.dropped + series.values.length - 1;
  const began = known
    .filter((each) => !each.isSuspected || newest - each.at >= SETTLED_BY_TIME)
    .map((each) => Math.max(0, each.index));
  return [...new Set([0, ...began])].sort((a, b) => a - b);
}

function judgeSingle(
  context: JudgeContext,
  series: Series,
  { point, key, now }: NewPoint,
  known: readonly KnownFinding[],
  factor: number,
): Finding | undefined {
  const last = series.values.length - 1;
  const from = Math.max(levelsFrom(series, known).at(-1) ?? 0, last - context.single.window);
  const before = series.values.slice(from, last);
  const options = { ...context.single, threshold: context.single.threshold * factor };
  const around = (): Float64Array => distancesFromLevels(series.values.slice(0, last), levelsFrom(series, known));
  const verdict = judge(before, point, options, around);
  if (verdict === undefined || verdict.side === 0) return undefined;
  const change = verdict.median === 0 ? Infinity : Math.abs((point.value - verdict.median) / verdict.median) * 100;
  if (change < context.levels.least_change_percent) return undefined;
  const visits = visitsTo(Float64Array.from(series.values.slice(0, last)), verdict.median, point.value, verdict.scale);
  if (visits >= KNOWN_MODE) return undefined;
  const evidence: FindingEvidence = {
    points: before.length + 1,
    segments: [
      {
        from: 0,
        to: before.length,
        from_run_id: series.refs[from]?.run_id ?? null,
        n: before.length,
        median: verdict.median,
        scale: verdict.scale,
      },
    ],
    tests: [
      {
        name: 'single_value',
        value: Math.abs(verdict.z_score),
        limit: verdict.threshold,
        passed: true,
        meaning: 'how many times its usual noise the value lies off the median of the runs before',
      },
      feedbackTest(factor),
    ],
    modes: [],
    effect_size: Math.abs(verdict.z_score),
    environment: [],
    contributions: [],
  };
  const reason = 'one value is off its level; re-runs or the next points will show whether the level moved';
  const good = lastGoodBefore(series.values, from, last, verdict);
  const found = { ...placeOf(series, key, good, last), before, evidence, state: 'suspected' as const, reason };
  return findingOfPoint(found, verdict, point.steady === false, now);
}

/** Values that lie nearer to the one that is off than to the level are neither good nor bad: the change lies at or behind the first. */
function lastGoodBefore(values: readonly number[], from: number, bad: number, verdict: Verdict): number {
  const { median, scale, side } = verdict;
  const half = Math.abs((values[bad] as number) - median) / 2;
  const isDoubtful = (value: number): boolean => side * (value - median) > Math.max(half, DOUBTFUL_NOISE * scale);
  let good = bad - 1;
  while (good > from && isDoubtful(values[good] as number)) good--;
  return good;
}

function reviewSeries(
  context: JudgeContext,
  series: Series,
  { key, now }: NewPoint,
  known: readonly KnownFinding[],
  factor: number,
): Finding[] {
  const values = Float64Array.from(series.values);
  const settings = {
    ...context.levels,
    least_tail_z: context.levels.least_tail_z * factor,
    confirm_effect_size: context.levels.confirm_effect_size * factor,
  };
  const seen = review(values, settings);
  const news = follow(known, seen, values, settings);
  calm(context.online, series.slot, values, seen);
  const changed: Finding[] = [];
  for (const { known: each, change } of news.confirmed) {
    if (each.finding === null) continue;
    const reason = `the points since then show it: ${change.n_after} of them lie on the new level`;
    const evidence = evidenceOf(series, values, seen, change, factor);
    changed.push(revise(each.finding, now, { evidence }, { state: 'confirmed', by: 'anomaly', reason }));
  }
  for (const { known: each, reason } of news.went_away) {
    if (each.finding !== null)
      changed.push(revise(each.finding, now, {}, { state: 'went_away', by: 'anomaly', reason }));
  }
  for (const change of news.found) {
    if (change.verdict === 'mode') {
      series.jumps.push({ at: change.index + series.dropped, direction: directionOf(change) });
      continue;
    }
    const before = series.values.slice(
      Math.max(change.before.from, change.index - context.single.window),
      change.index,
    );
    const evidence = evidenceOf(series, values, seen, change, factor);
    const reason =
      change.verdict === 'confirmed'
        ? 'the points alone show it beyond doubt'
        : 'the newest points are off the previous level; re-runs or the next points will decide';
    const place = placeOf(series, key, change.index - 1, change.index);
    const found: Found = { ...place, before, evidence, state: change.verdict, reason };
    changed.push(findingOfChange(found, change, now));
  }
  changed.push(...drifting(context, series, key, values, seen, factor, now));
  return changed.filter((finding) => isNews(finding, context.findings));
}

/** A point has one finding: where one is known already, a review says nothing else about it. */
function isNews(finding: Finding, findings: FindingBook): boolean {
  return finding.revision > (findings.get(finding.finding_id)?.revision ?? -1);
}

function drifting(
  context: JudgeContext,
  series: Series,
  key: SeriesKey,
  values: Float64Array,
  seen: Review,
  factor: number,
  now: Date,
): Finding[] {
  const { drift } = seen;
  if (drift === undefined) return [];
  const isKnown = context.findings.ofSeries(series.series_id).some((finding) => {
    const at = finding.kind === 'drift' ? numberOf(series, attemptId(finding)) : undefined;
    return at !== undefined && at - series.dropped >= drift.from;
  });
  if (isKnown) return [];
  const last = values.length - 1;
  const evidence = evidenceOf(series, values, seen, undefined, factor);
  const before = series.values.slice(Math.max(drift.from, last - context.single.window), last);
  const place = placeOf(series, key, drift.from, last);
  const reason = 'the trend within the last level is more than chance';
  return [findingOfDrift({ ...place, before, evidence, state: 'confirmed', reason }, drift, values.length, now)];
}

function placeOf(
  series: Series,
  key: SeriesKey,
  good: number,
  bad: number,
): Pick<Found, 'series_id' | 'key' | 'unit' | 'better' | 'last_good' | 'first_bad'> {
  const at = (index: number): { ref: NonNullable<Series['refs'][number]>; value: number } | null => {
    const ref = series.refs[index];
    return ref === undefined ? null : { ref, value: series.values[index] as number };
  };
  const first_bad = at(bad);
  if (first_bad === null) throw new RangeError(`series ${series.series_id} has no point ${bad}`);
  const last_good = at(good);
  const { series_id, unit, better } = series;
  return { series_id, key, unit, better, last_good, first_bad };
}

function evidenceOf(
  series: Series,
  values: Float64Array,
  seen: Review,
  change: Change | undefined,
  factor: number,
): FindingEvidence {
  const segments = stretchesOf(values, seen.levels.boundaries).map((stretch) => ({
    ...stretch,
    from_run_id: series.refs[stretch.from]?.run_id ?? null,
  }));
  return {
    points: values.length,
    segments: segments.slice(-SHOWN_SEGMENTS),
    tests: [...(change?.tests ?? []), feedbackTest(factor)],
    modes: modesOf(seen),
    effect_size: change?.effect_size ?? null,
    environment: [],
    contributions: [],
  };
}

/** The levels of a series that jumps to and fro. */
function modesOf(seen: Review): number[] {
  return [...new Set(seen.changes.filter(({ verdict }) => verdict === 'mode').map(({ after }) => after.median))].slice(
    -8,
  );
}

function feedbackTest(factor: number): FindingEvidence['tests'][number] {
  return {
    name: 'feedback',
    value: factor,
    limit: null,
    passed: true,
    meaning: 'what acknowledged and dismissed findings of this metric and pool multiply the limits with',
  };
}
