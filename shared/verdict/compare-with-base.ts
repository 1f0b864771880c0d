import { isSameCommit } from '../contracts/commit.ts';
import type { Direction } from '../contracts/direction.ts';
import type { MetricVerdict } from '../contracts/verdict.ts';
import { type BasePoints, basePoints, type Head, headPoints } from './base-points.ts';
import { type Compared, type CompareOptions, compareWithLevel, USUAL_CHANGE_PERCENT } from './compare-with-level.ts';
import type { Acceptance, HistoryPoint, SeriesHistory, VerdictSettings } from './history.ts';
import { type NewestLevel, newestLevel } from './known-level.ts';
import { type LineLevels, levelsOfLine } from './levels-of-line.ts';
import { lineOf, lineWords } from './lines.ts';

export interface SeriesQuestion extends SeriesHistory {
  head: Head;
  /** Compare with the points of this run and its commit. */
  base_run_id?: string | undefined;
  direction: Direction;
  /** Changes that matter, in percent. */
  matters_percent?: number | undefined;
  unit: string;
}

/** What a run says against its base. */
export interface WithBase {
  base: BasePoints;
  level: NewestLevel | undefined;
  result: Compared | undefined;
  known: MetricVerdict['known_regression'];
}

/** Against the level of its line, or of the line that its branch began at. */
export function withLine(question: SeriesQuestion, own: readonly HistoryPoint[], settings: VerdictSettings): WithBase {
  const { main_branches, single, levels } = settings;
  const found = basePoints(question.points, question.head, main_branches);
  const cut = found.points.slice(-levels.window);
  const base = { ...found, points: cut, line: lineWords({ is_main: true, name: found.line }, main_branches) };
  if (cut.length === 0) return { base, level: undefined, result: undefined, known: null };
  const line = levelsOfLine(cut, question, question.direction, settings);
  const options = optionsOf(question, settings);
  const isMain = lineOf(question.head.source, main_branches).is_main;
  const compare = (points: readonly HistoryPoint[], number: number): Pick<WithBase, 'base' | 'level' | 'result'> => {
    const values = points.map(({ value }) => value);
    const level = newestLevel(values, line.starts[number] ?? 0, line.starts.slice(0, number), line.autocorrelation, {
      ...single,
      series_scale: line.scale,
      least_noise_share: levels.least_noise_share,
    });
    return {
      base: { ...base, points: points.slice(level.from) },
      level,
      result: compareWithLevel(own, level, Float64Array.from(values), options),
    };
  };
  const accepted = acceptedOnBranch(question, own, settings);
  if (accepted.length > 0)
    return { ...againstAccepted(cut, accepted, line, own, base, question, settings), known: null };
  const newest = line.starts.length - 1;
  const { open } = line;
  // The points of a regression that has no level of its own yet say nothing about the level before it.
  const isYoung = open !== undefined && line.good === newest;
  const now = compare(isYoung ? cut.slice(0, open.at) : cut, newest);
  if (open === undefined) return { ...now, known: null };
  const first = cut[open.at];
  const known = {
    finding_id: open.finding_id,
    since_run_id: first?.run_id ?? question.head.run_id,
    since_commit: first?.source?.commit ?? '',
  };
  // A branch is judged by the level that it began at; what was worse there before is known, and not its doing.
  if (!isMain) return { ...now, known: isExplained(own, cut.slice(open.at), now) ? known : null };
  const good = isYoung ? now : compare(cut.slice(0, line.starts[line.good + 1] ?? cut.length), line.good);
  if (good.result?.verdict !== 'slower') return { ...good, known: null };
  const isWorseStill = line.good < newest && now.result?.verdict === 'slower';
  return isWorseStill
    ? { ...now, known: null }
    : { ...good, known: isExplained(own, cut.slice(open.at), now) || line.good < newest ? known : null };
}

/** Whether the run is no worse than the points since the open regression are, as far as few points can say it. */
function isExplained(
  own: readonly HistoryPoint[],
  since: readonly HistoryPoint[],
  { level, result }: Pick<WithBase, 'level' | 'result'>,
): boolean {
  if (result?.verdict !== 'slower') return true;
  if (level === undefined || since.length === 0) return false;
  const middle = (points: readonly HistoryPoint[]): number => {
    const ascending = points.map(({ value }) => value).sort((a, b) => a - b);
    return ascending[ascending.length >> 1] as number;
  };
  const there = Math.abs(middle(since) - level.median);
  const here = Math.abs(middle(own) - level.median);
  return here <= there * 1.25 + 2 * level.scale;
}

/** Points of the branch since the newest level that somebody accepted on it before the head. */
function acceptedOnBranch(
  { points, head, accepted }: SeriesQuestion,
  own: readonly HistoryPoint[],
  { main_branches }: VerdictSettings,
): HistoryPoint[] {
  const line = lineOf(head.source, main_branches);
  if (line.is_main || accepted.length === 0) return [];
  const mine = points.filter((point) => lineOf(point.source, main_branches).name === line.name && !own.includes(point));
  const first = points.indexOf(own[0] as HistoryPoint);
  const at = mine.findLastIndex((point) => points.indexOf(point) < first && acceptanceOf([point], accepted) !== null);
  if (at < 0) return [];
  const start = mine.findIndex((point) => isSameCommit(point.source?.commit, mine[at]?.source?.commit));
  return mine.slice(start < 0 ? at : start).filter((point) => points.indexOf(point) < first);
}

function againstAccepted(
  cut: readonly HistoryPoint[],
  accepted: readonly HistoryPoint[],
  line: LineLevels,
  own: readonly HistoryPoint[],
  base: BasePoints,
  question: SeriesQuestion,
  settings: VerdictSettings,
): Pick<WithBase, 'base' | 'level' | 'result'> {
  const points = [...cut, ...accepted];
  const values = points.map(({ value }) => value);
  const level = newestLevel(values, cut.length, line.starts, line.autocorrelation, {
    ...settings.single,
    series_scale: line.scale,
    least_noise_share: settings.levels.least_noise_share,
  });
  return {
    base: { ...base, points: points.slice(level.from), note: 'the level was accepted on this branch' },
    level,
    result: compareWithLevel(own, level, Float64Array.from(values), optionsOf(question, settings)),
  };
}

/** Against another run: its points and those of its commit are the level, and the series' other points know the noise. */
export function withRun(question: SeriesQuestion, own: readonly HistoryPoint[], settings: VerdictSettings): WithBase {
  const { points, base_run_id = '' } = question;
  const first = points.find(({ run_id }) => run_id === base_run_id);
  const there = headPoints(points, { run_id: base_run_id, source: first?.source ?? null }).filter(
    (point) => !own.includes(point),
  );
  const name = first?.source?.commit?.slice(0, 12) ?? `run ${base_run_id.slice(0, 13)}`;
  const base: BasePoints = { line: name, points: there, note: '' };
  if (there.length === 0) return { base, level: undefined, result: undefined, known: null };
  const around = points
    .filter((point) => !own.includes(point) && !there.includes(point))
    .slice(-settings.levels.window);
  const line = levelsOfLine(around, { ...question, findings: [], accepted: [] }, question.direction, settings);
  const compared = againstAccepted(around, there, line, own, base, question, settings);
  return { ...compared, base, known: null };
}

function optionsOf(
  { direction, matters_percent, head }: SeriesQuestion,
  { single, levels, main_branches }: VerdictSettings,
): CompareOptions {
  const continues = lineOf(head.source, main_branches).is_main;
  return { single, levels, direction, continues, matters_percent: matters_percent ?? USUAL_CHANGE_PERCENT };
}

/** Who accepted one of these points. */
export function acceptanceOf(
  own: readonly HistoryPoint[],
  accepted: readonly Acceptance[],
): { by: string; reason: string } | null {
  const times = new Set(own.map(({ measured_at }) => Date.parse(measured_at)));
  const found = accepted.findLast(({ about_at }) => times.has(Date.parse(about_at)));
  return found === undefined ? null : { by: found.by, reason: found.reason };
}
