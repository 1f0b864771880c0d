import { allPointsOf } from '@benchwire/shared/contracts/all-points.ts';
import { plausibleEnd, plausibleTime } from '@benchwire/shared/contracts/clock.ts';
import { type Outcome, outcomeIsFinal } from '@benchwire/shared/contracts/outcome.ts';
import { fieldsOfKey } from '@benchwire/shared/contracts/series-key.ts';
import { type ValueNote, valueNotesOf } from '@benchwire/shared/contracts/value-note.ts';
import { titleOfNote } from '@benchwire/shared/format/note-titles.ts';
import type { AttemptRow } from '../tables/attempts.ts';
import type { ResultRow } from '../tables/results.ts';
import type { TaskRow } from '../tables/tasks.ts';
import type { TestCaseRow } from '../tables/test-cases.ts';
import { testCaseRows } from './test-case-rows.ts';
import { firstWins, storedAtMs, taskVersion } from './versions.ts';

/** What one outcome says, as rows of four tables. */
export interface OutcomeRows {
  attempt: AttemptRow;
  task: TaskRow;
  results: ResultRow[];
  test_cases: TestCaseRow[];
}

/**
 * Whose clock is wrong is told by the stream: an outcome ends before it is stored.
 * @param order - the outcome's place in its stream, see `streamOrder`
 * @param environment_json - its environment, where that is there as text already
 */
export function outcomeRows(
  written: Outcome,
  order: number,
  environment_json: string = JSON.stringify(written.environment),
): OutcomeRows {
  const outcome = withPlausibleTimes(written, storedAtMs(order));
  const source = outcome.source === null ? '' : JSON.stringify(outcome.source);
  return {
    attempt: attemptRow(outcome, order, source, environment_json),
    task: taskRow(outcome, order),
    results: resultRows(outcome, order, source),
    test_cases: testCaseRows(outcome, order),
  };
}

function withPlausibleTimes(outcome: Outcome, stored_at_ms: number): Outcome {
  const { started_at, execution_time_seconds } = outcome;
  const finished_at = plausibleEnd(outcome, stored_at_ms);
  if (started_at === null) return { ...outcome, finished_at };
  const took_ms = Math.max(0, execution_time_seconds ?? 0) * 1000;
  const fits = finished_at === outcome.finished_at && started_at <= finished_at;
  return {
    ...outcome,
    finished_at,
    // What took how long is measured by another clock, which only goes forward.
    started_at: fits
      ? started_at
      : plausibleTime(new Date(Date.parse(finished_at) - took_ms).toISOString(), stored_at_ms),
  };
}

function attemptRow(outcome: Outcome, order: number, source: string, environment: string): AttemptRow {
  const { error, results, simulation_status } = outcome;
  return {
    run_id: outcome.run_id,
    task_id: outcome.task_id,
    attempt: outcome.attempt,
    max_attempts: outcome.max_attempts,
    status: outcome.status,
    is_final: outcomeIsFinal(outcome),
    error_class: error?.class ?? '',
    error_code: error?.code ?? '',
    error_message: error?.message ?? '',
    error_retriable: error?.retriable ?? null,
    worker_id: outcome.worker_id ?? '',
    device_id: outcome.device_id ?? '',
    pool: outcome.pool ?? '',
    fingerprint: outcome.fingerprint ?? '',
    benchmark: outcome.benchmark,
    executor: outcome.executor,
    model: outcome.model ?? '',
    precision: outcome.precision ?? '',
    scenario: outcome.scenario ?? '',
    variant: outcome.variant,
    request_name: outcome.request_name ?? '',
    commit: outcome.source?.commit ?? '',
    branch: outcome.source?.branch ?? '',
    source,
    tags: outcome.tags,
    queued_at: outcome.queued_at,
    started_at: outcome.started_at,
    finished_at: outcome.finished_at,
    execution_time_seconds: outcome.execution_time_seconds,
    is_simulated: simulation_status.is_simulated,
    simulation_reason: simulation_status.reason ?? '',
    results: JSON.stringify(results),
    timings: results.timings === undefined ? '' : JSON.stringify(results.timings),
    hardware_metrics: outcome.hardware_metrics === null ? '' : JSON.stringify(outcome.hardware_metrics),
    environment,
    logs: outcome.logs ?? '',
    version: firstWins(order),
    clock: outcome.clock === undefined ? '' : JSON.stringify(outcome.clock),
  };
}

/** The task's state after an outcome: over, or waiting for the attempt that follows. What went wrong is told either way. */
function taskRow(outcome: Outcome, order: number): TaskRow {
  return {
    run_id: outcome.run_id,
    task_id: outcome.task_id,
    state: outcomeIsFinal(outcome) ? outcome.status : 'waiting',
    attempt: outcome.attempt,
    executor: outcome.executor,
    benchmark: outcome.benchmark,
    model: outcome.model ?? '',
    pool: outcome.pool ?? '',
    worker_id: outcome.worker_id ?? '',
    started_at: outcome.started_at,
    finished_at: outcome.finished_at,
    execution_time_seconds: outcome.execution_time_seconds,
    error_class: outcome.error?.class ?? '',
    error_code: outcome.error?.code ?? '',
    error_message: outcome.error?.message ?? '',
    note: noteOf(outcome),
    changed_at: outcome.finished_at,
    version: taskVersion(outcome.attempt, 'ended', order),
    is_deleted: 0,
  };
}

const NOTE_CHARACTERS = 1000;

/** What a list of tasks should say of one that ended otherwise than it was written: what was left out, what was noted. */
function noteOf(outcome: Outcome): string {
  const limits = valueNotesOf(outcome.results).filter(({ code }) => code !== 'not_steady');
  const parts = [leftOut(outcome), ...limits.map(valueNoteWords), ...(outcome.results.notes ?? [])];
  return parts
    .filter((part) => part !== '')
    .join('; ')
    .slice(0, NOTE_CHARACTERS);
}

/** `target rate missed at batch 4: 4.95 of 400 …`. */
function valueNoteWords({ code, text, batch_size, metric }: ValueNote): string {
  const of = metric === undefined ? '' : ` for ${metric}`;
  const at = batch_size === undefined ? '' : ` at batch ${batch_size}`;
  return `${titleOfNote(code)}${of}${at}: ${text}`;
}

function leftOut({ status, results }: Outcome): string {
  const newest = results.skipped?.toSorted((a, b) => (a.measured_at < b.measured_at ? 1 : -1))[0];
  if (newest !== undefined) return `skipped: measured at ${newest.measured_at} by run ${newest.run_id}`;
  const dropped = Object.keys(results.dropped_batch_sizes ?? {});
  if (status !== 'completed' || dropped.length === 0) return '';
  return `without batch sizes ${dropped.join(', ')}, which did not fit in memory`;
}

function resultRows(outcome: Outcome, order: number, source: string): ResultRow[] {
  return allPointsOf(outcome).map((point) => ({
    series_id: point.series_id,
    run_id: outcome.run_id,
    task_id: outcome.task_id,
    attempt: outcome.attempt,
    measured_at: outcome.finished_at,
    ...fieldsOfKey(point.key),
    pool: outcome.pool ?? '',
    worker_id: outcome.worker_id ?? '',
    unit: point.unit ?? '',
    value: point.value,
    ci_low: point.ci_low,
    ci_high: point.ci_high,
    samples: point.samples,
    steady: point.steady,
    commit: outcome.source?.commit ?? '',
    branch: outcome.source?.branch ?? '',
    source,
    version: firstWins(order),
    is_deleted: 0,
    better: point.better ?? '',
    printed_value: point.printed?.value ?? null,
    printed_unit: point.printed?.unit ?? '',
    note_codes: point.notes.map(({ code }) => code),
    notes: point.notes.map(({ text }) => text),
    pairs: point.pairs === null ? '' : JSON.stringify(point.pairs),
  }));
}

/** Takes back a point of an outcome that was not the first of its attempt. */
export function retraction(
  outcome: Pick<Outcome, 'run_id' | 'task_id' | 'attempt' | 'finished_at'>,
  series_id: string,
  order: number,
): ResultRow {
  return {
    series_id,
    run_id: outcome.run_id,
    task_id: outcome.task_id,
    attempt: outcome.attempt,
    measured_at: plausibleTime(outcome.finished_at, storedAtMs(order)),
    benchmark: '',
    model: '',
    executor: '',
    precision: '',
    batch_size: null,
    scenario: '',
    variant: '',
    pool: '',
    fingerprint: '',
    worker_id: '',
    metric: '',
    series_kind: 'result',
    unit: '',
    value: 0,
    ci_low: null,
    ci_high: null,
    samples: 0,
    steady: null,
    is_simulated: false,
    commit: '',
    branch: '',
    source: '',
    version: firstWins(order),
    is_deleted: 1,
    better: '',
    printed_value: null,
    printed_unit: '',
    note_codes: [],
    notes: [],
    pairs: '',
  };
}
