import { z } from 'zod';
import { pairsOfPoint } from './base.ts';
import { BETTER } from './direction.ts';
import { EVENT_ENTITIES } from './event-entities.ts';
import { findingKind, findingState } from './finding.ts';
import { runId, timestamp } from './ids.ts';
import { fedInput } from './input-setting.ts';
import { coveredModel } from './model-coverage.ts';
import { OUTCOME_STATUSES, outcome } from './outcome.ts';
import { source } from './request.ts';
import { seriesFields } from './series-key.ts';
import { TEST_STATES, testResults } from './test-results.ts';
import { storedVerdict } from './verdict.ts';
import { capabilities } from './worker.ts';

/** Rows of the answers to the queries of query.ts: what the aggregator tells of runs, tasks, values and findings. */

/** A column that holds JSON as text, empty for nothing: what stands in it. Text that is no JSON is left for the schema to refuse. */
function stored<T extends z.ZodType>(schema: T) {
  const read = (value: unknown): unknown => {
    if (typeof value !== 'string') return value ?? null;
    if (value === '') return null;
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  };
  return z.preprocess(read, schema.nullable());
}

/** Fields that a newer stack has stored are left out. */
const storedSource = stored(z.object(source.shape));

/** What stands in the column that a list is sorted by. */
const sortValue = z.union([z.string(), z.number()]);

/** A task's state: waiting, running, or how its last attempt ended. */
export const taskState = z.enum(['waiting', 'running', ...OUTCOME_STATUSES]);
export type TaskState = z.infer<typeof taskState>;

export const runRow = z.object({
  run_id: runId,
  name: z.string(),
  /** accepted, cancelling, finished */
  state: z.string(),
  accepted_at: timestamp,
  finished_at: timestamp.nullable(),
  source: storedSource,
  tags: z.record(z.string(), z.string()),
  total: z.int(),
  waiting: z.int(),
  running: z.int(),
  completed: z.int(),
  failed: z.int(),
  timed_out: z.int(),
  cancelled: z.int(),
  lost: z.int(),
  /** As it was worked out last; null where the run measured nothing, or goes on. Since 0.5. */
  verdict: storedVerdict.nullable().default(null),
  /** When it was archived; null where it is not. Since 0.6. */
  archived_at: timestamp.nullable().default(null),
  /** What a list has sorted it by: the next page goes on after it. Since 0.6. */
  sort_value: sortValue.optional(),
});
export type RunRow = z.infer<typeof runRow>;

export const runOfSeriesRow = z.object({ run_id: runId, source: storedSource });
export type RunOfSeriesRow = z.infer<typeof runOfSeriesRow>;

export const taskRow = z.object({
  run_id: runId,
  task_id: z.string(),
  state: taskState,
  attempt: z.int(),
  executor: z.string(),
  benchmark: z.string(),
  model: z.string(),
  pool: z.string(),
  worker_id: z.string(),
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  execution_time_seconds: z.number().nullable(),
  error_class: z.string(),
  error_code: z.string(),
  error_message: z.string(),
  /** How it completed otherwise than it was written: batch sizes left out, why it was skipped. Since 0.2. */
  note: z.string().default(''),
  /** As of a run. Since 0.6. */
  sort_value: sortValue.optional(),
});
export type TaskRow = z.infer<typeof taskRow>;

/** Empty where nobody said it. */
const saidBetter = z.enum([...BETTER, '']).default('');

export const resultRow = z.object({
  series_id: z.string(),
  run_id: runId,
  task_id: z.string(),
  attempt: z.int(),
  measured_at: timestamp,
  ...seriesFields.shape,
  pool: z.string(),
  worker_id: z.string(),
  unit: z.string(),
  value: z.number(),
  ci_low: z.number().nullable(),
  ci_high: z.number().nullable(),
  samples: z.int(),
  steady: z.boolean().nullable(),
  /** Which way is better, where the program or the task said it. Since 0.4, as the other fields with a default. */
  better: saidBetter,
  /** As it was printed, where the series is kept in another unit. */
  printed_value: z.number().nullable().default(null),
  printed_unit: z.string().default(''),
  /** What limits the meaning of the value: codes (value-note.ts), each with the text at the same place. */
  note_codes: z.array(z.string()).default([]),
  notes: z.array(z.string()).default([]),
  commit: z.string(),
  branch: z.string(),
  source: storedSource,
});
export type ResultRow = z.infer<typeof resultRow>;

/** What of a point a verdict needs. Since 0.5. */
export const linePointRow = resultRow
  .pick({
    series_id: true,
    run_id: true,
    task_id: true,
    measured_at: true,
    value: true,
    ci_low: true,
    ci_high: true,
    steady: true,
    source: true,
  })
  .extend({
    /** Since 0.5. */
    pairs: stored(pairsOfPoint),
  });
export type LinePointRow = z.infer<typeof linePointRow>;

export const seriesRow = z.object({
  series_id: z.string(),
  ...seriesFields.shape,
  pool: z.string(),
  unit: z.string(),
  points: z.int(),
  first_at: timestamp,
  last_at: timestamp,
  last_value: z.number(),
  /** As of a run. Since 0.6. */
  sort_value: sortValue.optional(),
});
export type SeriesRow = z.infer<typeof seriesRow>;

export const workerRow = z.object({
  worker_id: z.string(),
  hostname: z.string(),
  /** ready, draining, paused, quarantined, left, lost */
  state: z.string(),
  changed_at: timestamp,
  pools: z.array(z.string()),
  /** Null for a worker that is known only from its events so far. */
  capabilities: stored(capabilities),
  /** Why it is paused or in quarantine. Since 0.2. */
  reason: z.string().default(''),
});
export type WorkerRow = z.infer<typeof workerRow>;

export const findingRow = z.object({
  finding_id: z.string(),
  kind: findingKind,
  series_id: z.string(),
  run_id: runId,
  task_id: z.string(),
  benchmark: z.string(),
  model: z.string(),
  batch_size: z.int().nullable(),
  metric: z.string(),
  pool: z.string(),
  value: z.number(),
  baseline_median: z.number(),
  z_score: z.number(),
  change_percent: z.number().nullable(),
  detected_at: timestamp,
  message: z.string(),
  /** All of these since 0.3. */
  state: findingState.default('confirmed'),
  state_reason: z.string().default(''),
  changed_at: timestamp.nullable().default(null),
  revision: z.int().default(0),
  incident_id: z.string().nullable().default(null),
  executor: z.string().default(''),
  precision: z.string().default(''),
  unit: z.string().default(''),
  fingerprint: z.string().default(''),
  source: storedSource,
  previous_source: storedSource,
});
export type FindingRow = z.infer<typeof findingRow>;

/** A finding with the values on both sides of it, to tell how much changed. Since 0.6. */
export const changeRow = findingRow.extend({
  /** Of the runs before, oldest first, as the finding has them. */
  baseline_values: z.array(z.number()),
  /** Of the run that it was found in and those after it, oldest first, the newest 100. */
  values_since: z.array(z.number()),
});
export type ChangeRow = z.infer<typeof changeRow>;

export const rejectedRow = z.object({
  rejected_at: timestamp,
  where: z.string(),
  subject: z.string(),
  /** JSON list of issues. */
  issues: z.string(),
  /** The message, lossless: base64. */
  raw_base64: z.string(),
  /** Its place in REJECTED; a stream that is made anew counts from 1 again, at another time. Since 0.3. */
  stored_at: z.string().default(''),
  sequence: z.int().default(0),
});
export type RejectedRow = z.infer<typeof rejectedRow>;

/** Findings of one commit or one environment change. Since 0.3. */
export const incidentRow = z.object({
  incident_id: z.string(),
  /** `commit`, `environment` or `single`. */
  cause: z.string(),
  first_detected_at: timestamp,
  last_detected_at: timestamp,
  findings: z.int(),
  /** Neither dismissed nor gone away. */
  open: z.int(),
  regressions: z.int(),
  improvements: z.int(),
  source: storedSource,
  previous_source: storedSource,
  /** What moved, the greatest effect first, at most 100. */
  moved: z.array(
    z.object({
      finding_id: z.string(),
      kind: findingKind,
      state: findingState,
      benchmark: z.string(),
      model: z.string(),
      metric: z.string(),
      pool: z.string(),
      change_percent: z.number().nullable(),
      effect_size: z.number().nullable(),
    }),
  ),
});
export type IncidentRow = z.infer<typeof incidentRow>;

/** What somebody noted on a series, or what changed below it. Since 0.3. */
export const annotationRow = z.object({
  series_id: z.string(),
  event_id: z.string(),
  about_at: timestamp,
  made_at: timestamp,
  /** note, environment_changed */
  kind: z.string(),
  text: z.string(),
  by: z.string(),
  link: z.string().nullable(),
});
export type AnnotationRow = z.infer<typeof annotationRow>;

/** How many findings are open, and what came and went since a time. Since 0.5. */
export const overviewRow = z.object({
  /** Suspected, confirmed or acknowledged. */
  open_regressions: z.int(),
  /** Of these: not confirmed yet, and already being handled. */
  suspected_regressions: z.int(),
  acknowledged_regressions: z.int(),
  /** When the oldest open one was found; null without one. */
  oldest_regression_at: timestamp.nullable(),
  open_improvements: z.int(),
  /** Open ones of the other kinds: changes, drifts, outliers, failures, unusual outcomes. */
  open_others: z.int(),
  /** Found since the time that was asked for, whatever became of them. */
  new_regressions: z.int(),
  new_improvements: z.int(),
  new_others: z.int(),
  /** Found before it, and dismissed or not reproduced since. */
  settled_findings: z.int(),
  /** Runs that ended since, and how many of them with failed tasks. */
  finished_runs: z.int(),
  failed_runs: z.int(),
});
export type OverviewRow = z.infer<typeof overviewRow>;

/** How often findings were right, by metric and pool. Since 0.3. */
export const precisionRow = z.object({
  metric: z.string(),
  pool: z.string(),
  suspected: z.int(),
  confirmed: z.int(),
  acknowledged: z.int(),
  dismissed: z.int(),
  went_away: z.int(),
  /** acknowledged / (acknowledged + dismissed); null where nobody has judged one. */
  precision: z.number().nullable(),
});
export type PrecisionRow = z.infer<typeof precisionRow>;

/** What happened, as it was said. Since 0.3. */
export const eventRow = z.object({
  event_id: z.string(),
  at: timestamp,
  entity: z.enum(EVENT_ENTITIES),
  kind: z.string(),
  run_id: runId.nullable(),
  task_id: z.string(),
  attempt: z.int().nullable(),
  worker_id: z.string(),
  pool: z.string(),
  message: z.string(),
  /** As JSON, empty without. */
  data: z.string(),
});
export type EventRow = z.infer<typeof eventRow>;

/** One attempt of a task. Since 0.3, as everything below. */
export const attemptRow = z.object({
  attempt: z.int(),
  status: z.enum(OUTCOME_STATUSES),
  worker_id: z.string(),
  pool: z.string(),
  started_at: timestamp.nullable(),
  finished_at: timestamp,
  execution_time_seconds: z.number().nullable(),
  error_class: z.string(),
  error_code: z.string(),
  error_message: z.string(),
  /** Base64. */
  logs: z.string(),
});
export type AttemptRow = z.infer<typeof attemptRow>;

/** Raw points of one metric of a task in order of time, thinned to a mean a bucket where there are too many. */
export const samplesRow = z.object({
  task_id: z.string(),
  metric: z.string(),
  unit: z.string(),
  batch_size: z.int().nullable(),
  /** Milliseconds since 1970. */
  times_ms: z.array(z.number()),
  values: z.array(z.number()),
});
export type SamplesRow = z.infer<typeof samplesRow>;

/** How the raw points of one metric of a task are distributed. */
export const distributionRow = z.object({
  task_id: z.string(),
  metric: z.string(),
  unit: z.string(),
  batch_size: z.int().nullable(),
  n: z.int(),
  min: z.number(),
  max: z.number(),
  /** Of 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99. */
  quantiles: z.array(z.number()),
  /** Where the bars end: `max`, or before where few points lie far beyond the others. */
  bars_to: z.number(),
  /** Bars of equal width from `min` to `bars_to`; points beyond are in none. */
  counts: z.array(z.int()),
});
export type DistributionRow = z.infer<typeof distributionRow>;

/** The newest value of a series. */
export const matrixRow = z.object({
  series_id: z.string(),
  ...seriesFields.pick({ benchmark: true, model: true, precision: true, batch_size: true, metric: true }).shape,
  pool: z.string(),
  unit: z.string(),
  value: z.number(),
  ci_low: z.number().nullable(),
  ci_high: z.number().nullable(),
  samples: z.int(),
  measured_at: timestamp,
  run_id: runId,
  /** Since 0.4. */
  better: saidBetter,
  note_codes: z.array(z.string()).default([]),
  notes: z.array(z.string()).default([]),
  /** Since 0.5, as those below. */
  executor: z.string().default(''),
  scenario: z.string().default(''),
  variant: z.string().default(''),
  fingerprint: z.string().default(''),
  task_id: z.string().default(''),
});
export type MatrixRow = z.infer<typeof matrixRow>;

/** How far an executor came with a model type in the newest coverage run. Since 0.6. */
export const coverageRow = coveredModel.extend({
  reason: z.string(),
  hardware: z.string(),
  precision: z.string(),
  checked_at: timestamp,
  /** JSON: releases of the packages that it was tried with. */
  versions: z.string(),
  /** What it reached in the newest run with other packages; empty where there was none. */
  stage_before: z.string(),
});
export type CoverageRow = z.infer<typeof coverageRow>;

/** How a model ended on a class of hardware with an executor and a precision, newest attempt first. Since 0.6. */
export const compatibilityRow = z.object({
  model: z.string(),
  executor: z.string(),
  precision: z.string(),
  /** The first part of the pool: a hardware class. */
  hardware: z.string(),
  completed: z.int(),
  failed: z.int(),
  last_status: z.string(),
  last_at: timestamp,
  run_id: runId,
  task_id: z.string(),
  /** Of the newest attempt; empty where it completed. */
  error_class: z.string(),
  error_code: z.string(),
  error_message: z.string(),
  /** Kinds of devices, by fingerprint. */
  devices: z.int(),
  /** The newest value of the smallest batch size that was measured; null where nothing completed. */
  latency_ms: z.number().nullable(),
  batch_size: z.int().nullable(),
  throughput_items_per_second: z.number().nullable(),
  memory_mb: z.number().nullable(),
  series_id: z.string(),
});
export type CompatibilityRow = z.infer<typeof compatibilityRow>;

/** A model that was measured. Since 0.4. */
export const modelRow = z.object({
  model: z.string(),
  last_measured_at: timestamp,
  executors: z.array(z.string()),
  pools: z.array(z.string()),
});
export type ModelRow = z.infer<typeof modelRow>;

/** A metric that was measured, and of how many series. Since 0.5. */
export const metricRow = z.object({
  metric: z.string(),
  /** Of the newest value. */
  unit: z.string(),
  better: saidBetter,
  series: z.int(),
  last_measured_at: timestamp,
});
export type MetricRow = z.infer<typeof metricRow>;

/** The whole outcome of an attempt, but for what only the services need of it. Since 0.4. */
export const outcomeRow = outcome.omit({ v: true, workload: true, variant_as_written: true });
export type OutcomeRow = z.infer<typeof outcomeRow>;

/** What the inputs of a model were fed with at one batch size of a task. Since 0.4. */
export const fedInputsRow = z.object({
  task_id: z.string(),
  attempt: z.int(),
  batch_size: z.int(),
  /** By the input's name. */
  inputs: z.record(z.string(), fedInput),
});
export type FedInputsRow = z.infer<typeof fedInputsRow>;

/** One test case as it ended once. Since 0.5. */
export const testCaseRow = z.object({
  case_id: z.string(),
  run_id: runId,
  task_id: z.string(),
  attempt: z.int(),
  finished_at: timestamp,
  benchmark: z.string(),
  class: z.string(),
  name: z.string(),
  file: z.string(),
  state: z.enum(TEST_STATES),
  seconds: z.number().nullable(),
  message: z.string(),
  pool: z.string(),
  worker_id: z.string(),
  commit: z.string(),
  branch: z.string(),
});
export type TestCaseRow = z.infer<typeof testCaseRow>;

/** How many test cases of a task ended how, also of those of which no row is kept. Since 0.5. */
export const testCountsRow = testResults
  .omit({ reports: true, cases: true })
  .extend({ task_id: z.string(), attempt: z.int() });
export type TestCountsRow = z.infer<typeof testCountsRow>;

/** A test case over its last executions. Since 0.5. */
export const testRow = z.object({
  case_id: z.string(),
  benchmark: z.string(),
  class: z.string(),
  name: z.string(),
  file: z.string(),
  last_state: z.enum(TEST_STATES),
  last_at: timestamp,
  last_run_id: runId,
  last_message: z.string(),
  /** Without those that were skipped. */
  executions: z.int(),
  failures: z.int(),
  skipped: z.int(),
  /** Commits with settings and pool that it ran with; `flaky_programs`: those on which it both passed and failed. */
  programs: z.int(),
  flaky_programs: z.int(),
  /** Share of executions that disagree with most others of their program, 0 to 0.5; null where no program ran it twice. */
  flakiness: z.number().nullable(),
  /** Median of those that passed. */
  seconds: z.number().nullable(),
  /** How its last executions ended, at most 30, the newest first. */
  recent: z.array(z.enum(TEST_STATES)),
  /** As of a run. Since 0.6. */
  sort_value: sortValue.optional(),
});
export type TestRow = z.infer<typeof testRow>;

/** What one series has on one side of a comparison; everything but `values` is of the newest run. */
export const sideRow = matrixRow.extend({
  side: z.string(),
  ...seriesFields.shape,
  task_id: z.string(),
  /** One a run. */
  values: z.array(z.number()),
  commits: z.array(z.string()),
});
export type SideRow = z.infer<typeof sideRow>;

/** A series with its newest values, oldest first, and how many points it has. Since 0.6. */
export const aggregateRow = z.object({
  series_id: z.string(),
  ...seriesFields.shape,
  pool: z.string(),
  unit: z.string(),
  better: saidBetter,
  value: z.number(),
  measured_at: timestamp,
  run_id: runId,
  count: z.int(),
  values: z.array(z.number()),
});
export type AggregateRow = z.infer<typeof aggregateRow>;

/** The newest points of a series, oldest first: the same place in each list is one point. Since 0.6. */
export const matrixHistoryRow = z.object({
  series_id: z.string(),
  run_ids: z.array(runId),
  measured_at: z.array(timestamp),
  values: z.array(z.number()),
});
export type MatrixHistoryRow = z.infer<typeof matrixHistoryRow>;

/** Tasks that ended in one stretch of time, by how. */
export const throughputRow = z.object({
  at: timestamp,
  completed: z.int(),
  failed: z.int(),
  timed_out: z.int(),
  cancelled: z.int(),
  lost: z.int(),
});
export type ThroughputRow = z.infer<typeof throughputRow>;

export const failureRow = z.object({ pool: z.string(), error_class: z.string(), attempts: z.int() });
/** Of tasks that failed at first: where they were tried again, how many of these attempts there were, and how many completed. */
export const recoveryRow = z.object({
  strategy: z.enum(['same_worker', 'same_pool', 'other_pool']),
  attempts: z.int(),
  recovered: z.int(),
});
