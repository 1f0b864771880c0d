import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { shortRunId } from '../connection/find-run.ts';
import type { VerdictOfRun } from '../connection/verdict-of-run.ts';
import type { CliContext } from '../context.ts';
import { finalOutcomes, type KeptOutcome, type RunProgress, totalOf } from '../progress/run-progress.ts';
import { type Failure, failureLines } from '../results/failures.ts';
import { findingsTable, findingToRow } from '../results/findings-table.ts';
import { measuredOfOutcomes } from '../results/measured.ts';
import { type NewSeries, newSeriesWords } from '../results/new-series.ts';
import { noteLines } from '../results/notes.ts';
import { resultsTables } from '../results/results-table.ts';
import { unknownDirections, unknownDirectionWords } from '../results/unknown-direction.ts';
import { formatVerdict, type VerdictFormat } from '../results/verdict-formats.ts';
import { verdictLines, verdictReasons } from '../results/verdict-lines.ts';
import { count, formatDuration, formatNumber } from '../terminal/numbers.ts';
import { wrap } from '../terminal/text-width.ts';

export interface RunReport {
  progress: RunProgress;
  /** Task ids in the request's order. */
  order: readonly string[];
  name: string | undefined;
  duplicate: boolean;
  /** Undefined when nobody asked for them. */
  findings: readonly Finding[] | undefined;
  said: VerdictOfRun;
  /** The run's page; undefined where nobody knows its address. */
  url: string | undefined;
  /** Only the verdict, for another program. */
  format: VerdictFormat | undefined;
  /** Kinds of findings that the run is to fail on. */
  fail_on: readonly string[];
  /** Tasks whose results begin a history, although their name had one. */
  new_series: readonly NewSeries[];
  started_ms: number;
}

/** What `bw run` says at the end, for people or as one JSON object. */
export function reportRun(context: CliContext, report: RunReport): void {
  const outcomes = finalOutcomes(report.progress, report.order);
  const { said, format, url } = report;
  if (context.json) context.out.line(JSON.stringify(toJson(report, outcomes, context.now())));
  else if (format !== undefined && said.verdict !== undefined)
    context.out.line(formatVerdict(said.verdict, format, url));
  else context.out.lines(toLines(context, report, outcomes));
}

function toJson(report: RunReport, outcomes: readonly KeptOutcome[], now_ms: number): Record<string, unknown> {
  const { progress, name, duplicate, findings } = report;
  const { completed, failed, timed_out, cancelled, lost } = progress.counts;
  return {
    run_id: progress.run_id,
    name: name ?? null,
    duplicate,
    duration_seconds: durationOf(report, now_ms),
    counts: progress.finished?.counts ?? { total: totalOf(progress), completed, failed, timed_out, cancelled, lost },
    tasks: outcomes,
    ...(findings === undefined ? {} : { findings }),
    verdict: report.said.verdict ?? null,
    ...(report.said.verdict === undefined ? { verdict_reason: report.said.why } : {}),
    url: report.url ?? null,
    unknown_directions: unknownDirections(measuredOfOutcomes(outcomes)),
    new_series: report.new_series,
  };
}

function durationOf({ progress, started_ms }: RunReport, now_ms: number): number {
  const { accepted_at, finished } = progress;
  if (accepted_at !== undefined && finished !== undefined)
    return (Date.parse(finished.at) - Date.parse(accepted_at)) / 1000;
  return (now_ms - started_ms) / 1000;
}

function toLines(context: CliContext, report: RunReport, outcomes: readonly KeptOutcome[]): string[] {
  const { style, out } = context;
  const { findings } = report;
  const measured = measuredOfOutcomes(outcomes);
  const results = resultsTables(measured, style, out.columns);
  const failures = failureLines(
    outcomes.filter((outcome) => outcome.status !== 'completed').map(toFailure),
    style,
    out.columns,
  );
  const noted = [
    ...outcomes.flatMap(({ task_id, results: { notes = [] } }) => notes.map((note) => ({ task_id, note }))),
    ...report.new_series.map((each) => ({ task_id: each.task_id, note: newSeriesWords(each) })),
  ];
  const notes = noteLines(noted, style, out.columns);
  const lines: string[] = [];
  if (results.length > 0) lines.push('', ...results);
  if (notes.length > 0) lines.push('', ...notes);
  if (failures.length > 0) lines.push('', ...failures);
  if (findings !== undefined) {
    lines.push('');
    if (findings.length === 0) lines.push(style.green('no findings: the detector saw no level move'));
    else lines.push(...findingsTable(findings.map(findingToRow), style, out.columns, context.now()));
    if (findings.some(({ state }) => state === 'suspected'))
      lines.push(
        style.dim('suspected: re-runs or the next points will settle it; `bw explain FINDING` says what is known'),
      );
  }
  const cannotJudge = unknownDirectionWords(unknownDirections(measured), report.fail_on);
  if (cannotJudge !== undefined) lines.push('', ...wrap(cannotJudge, out.columns ?? 120).map(style.yellow));
  if (measured.length > 0) lines.push('', ...verdictWords(context, report));
  lines.push('', summary(context, report));
  if (report.url !== undefined) lines.push(style.dim(report.url));
  return lines;
}

function verdictWords({ style, out }: CliContext, { said }: RunReport): string[] {
  if (said.verdict === undefined) return [style.dim(`no verdict: ${said.why}`)];
  const reasons = verdictReasons(said.verdict).flatMap((reason) => wrap(reason, out.columns ?? 120));
  return [...verdictLines(said.verdict, style, out.columns), ...reasons.map(style.dim)];
}

function summary({ style, now }: CliContext, report: RunReport): string {
  const { progress } = report;
  const total = totalOf(progress);
  const { completed, failed, timed_out, cancelled, lost } = progress.finished?.counts ?? progress.counts;
  const took = style.dim(`in ${formatDuration(durationOf(report, now()))} · bw show ${shortRunId(progress.run_id)}`);
  if (completed === total)
    return `${style.green(`✓ ${total === 1 ? 'the task' : `all ${count(total, 'task')}`} completed`)} ${took}`;
  const parts = [
    [completed, 'completed'],
    [failed, 'failed'],
    [timed_out, 'timed out'],
    [cancelled, 'cancelled'],
    [lost, 'lost'],
  ] as const;
  const words = parts.filter(([n]) => n > 0).map(([n, word]) => `${formatNumber(n)} ${word}`);
  return `${style.red(`✗ of ${count(total, 'task')} ${words.join(', ')}`)} ${took}`;
}

function toFailure(outcome: KeptOutcome): Failure {
  const { task_id, status, attempt, pool, error } = outcome;
  return {
    ...{ task_id, status, attempt },
    pool: pool ?? '',
    error_class: error?.class ?? '',
    error_code: error?.code ?? '',
    error_message: error?.message ?? '',
  };
}
