import { z } from 'zod';
import { STAGES } from '../catalogue/stages.ts';
import { ARCHIVED_CHOICES } from './archived-choice.ts';
import { MAX_SIDES } from './compared-by.ts';
import { type ComparedBy, comparedBy } from './comparison.ts';
import { EVENT_ENTITIES } from './event-entities.ts';
import { faultToleranceRow } from './fault-tolerance.ts';
import { findingKind, findingState } from './finding.ts';
import { FINDING_SORTS } from './finding-sort.ts';
import { runId, sha256Hex, timestamp } from './ids.ts';
import { RUN_SORTS, SERIES_SORTS, TASK_SORTS, TEST_SORTS } from './list-sort.ts';
import { COVERED_EXECUTORS } from './model-coverage.ts';
import { readPeriod } from './period.ts';
import { issue } from './request.ts';
import {
  annotationRow,
  attemptRow,
  changeRow,
  compatibilityRow,
  coverageRow,
  distributionRow,
  eventRow,
  failureRow,
  fedInputsRow,
  findingRow,
  incidentRow,
  linePointRow,
  matrixHistoryRow,
  matrixRow,
  metricRow,
  modelRow,
  outcomeRow,
  overviewRow,
  precisionRow,
  recoveryRow,
  rejectedRow,
  resultRow,
  runOfSeriesRow,
  runRow,
  samplesRow,
  seriesRow,
  sideRow,
  taskRow,
  taskState,
  testCaseRow,
  testCountsRow,
  testRow,
  throughputRow,
  workerRow,
} from './rows.ts';
import { RUN_STATUSES } from './run-status.ts';
import { seriesFields, seriesKind } from './series-key.ts';
import { TEST_STATES } from './test-results.ts';
import { verdictOutcome } from './verdict.ts';

/** Request/reply, answered by the aggregator: parameters as JSON in, a `QueryReply` as JSON out. */
export const QUERY_SUBJECTS = 'bw.query.*';
export function querySubject(name: QueryName): string {
  return `bw.query.${name}`;
}

const limit = (fallback: number, most = 10_000) => z.int().min(1).max(most).default(fallback);

/** Longer texts name nothing that is stored. */
const text = z.string().max(4096);

/** Several since 0.6. */
const oneOrMore = z.union([text, z.array(text).min(1).max(100)]);
/** What the last row of a page has in the column that is sorted by. */
const sortedValue = z.union([z.string(), z.number()]);

const rejectedPlace = z.strictObject({ stored_at: timestamp, sequence: z.int().min(0) });

/** Which of the rows that belong to archived runs a list has. */
const archivedChoice = z.enum(ARCHIVED_CHOICES).default('hide');

/** Each query: what goes in, and what a row of the answer is. */
export const QUERIES = {
  /** Sorted; the newest first unless said otherwise. */
  runs: {
    parameters: z.strictObject({
      /** All of these since 0.3. */
      states: z
        .array(z.enum(['accepted', 'cancelling', 'finished']))
        .min(1)
        .optional(),
      /** See run-status.ts. Since 0.4. */
      statuses: z.array(z.enum(RUN_STATUSES)).min(1).optional(),
      /** Outcomes of verdicts, as lists have them. Since 0.5. */
      verdicts: z.array(verdictOutcome).min(1).optional(),
      /** Looked for in the name and the run's id. */
      search: z.string().max(256).default(''),
      /** `name` or `name=value`. */
      tag: z.string().max(256).default(''),
      /** Its commit begins so. Since 0.6, as the two below. */
      commit: z.string().max(256).default(''),
      /** Its branch has exactly this name. */
      branch: z.string().max(256).default(''),
      /** Accepted at this time or later. */
      since: timestamp.optional(),
      /** Accepted before this time. */
      until: timestamp.optional(),
      /** Archived runs. */
      archived: archivedChoice,
      /** The last row of the page before. */
      before: z.strictObject({ accepted_at: timestamp, run_id: runId }).optional(),
      /** Since 0.6, as the two below. */
      sort: z.enum(RUN_SORTS).default('accepted_at'),
      descending: z.boolean().default(true),
      /** The last row of the page before: its `sort_value` and id. */
      after: z.strictObject({ value: sortedValue, run_id: runId }).optional(),
      limit: limit(20),
    }),
    row: runRow,
  },
  /** One row, or none for an unknown run. */
  run: { parameters: z.strictObject({ run_id: runId }), row: runRow },
  /** Runs that were deleted: those of these ids, or all since a time; the newest first. Since 0.6. */
  deleted_runs: {
    parameters: z.strictObject({
      run_ids: z.array(runId).min(1).max(1000).optional(),
      since: timestamp.optional(),
      limit: limit(100_000, 100_000),
    }),
    row: z.object({ run_id: runId, deleted_at: timestamp, by: z.string(), reason: z.string() }),
  },
  /** Sorted; `after_task_id` pages on by task id. */
  tasks: {
    parameters: z.strictObject({
      run_id: runId,
      state: taskState.optional(),
      /** Only this one. Since 0.3. */
      task_id: text.optional(),
      /** Looked for in task id, model, worker and pool. Since 0.4. */
      search: z.string().max(256).default(''),
      after_task_id: text.default(''),
      /** Since 0.6, as those below. */
      sort: z.enum(TASK_SORTS).default('task_id'),
      descending: z.boolean().default(false),
      /** The last row of the page before: its `sort_value` and id. */
      after: z.strictObject({ value: sortedValue, task_id: text }).optional(),
      limit: limit(1000, 100_000),
    }),
    row: taskRow,
  },
  /** By task id; `after_task_id` pages on. A page that is `truncated` ends with a whole task. */
  results: {
    parameters: z.strictObject({
      run_id: runId,
      after_task_id: text.default(''),
      /** With what was measured beside the results: times of phases, a GPU's memory, energy. Since 0.5. */
      with_all_kinds: z.boolean().default(false),
      limit: limit(10_000, 100_000),
    }),
    row: resultRow,
  },
  /** Without `series_id` every series, sorted; `search` is looked for in benchmark, model and metric. */
  series: {
    parameters: z.strictObject({
      search: text.default(''),
      /** Only this one. Since 0.3. */
      series_id: text.optional(),
      /** Of this model. Since 0.5. */
      model: text.optional(),
      /** Of benchmarks whose name fits: `*` stands for any text. Since 0.6, as the metric. */
      benchmark: text.optional(),
      metric: text.optional(),
      /** Since 0.5. */
      series_kind: seriesKind.optional(),
      /** Since 0.6, as those below. Rows with the same value follow each other by their fields. */
      sort: z.enum(SERIES_SORTS).default('last_at'),
      descending: z.boolean().default(true),
      /** Of the page before: the `sort_value` of its last row, and the greatest id among the rows with that value. */
      after: z.strictObject({ value: sortedValue, series_id: text }).optional(),
      limit: limit(100),
    }),
    row: seriesRow,
  },
  /** Points of one series, oldest first. */
  points: {
    parameters: z.strictObject({
      ...{ series_id: text, limit: limit(1000) },
      /** Measured from then on, and before then. Since 0.6. */
      ...{ since: timestamp.optional(), until: timestamp.optional() },
    }),
    row: resultRow,
  },
  /**
   * The last points of many series, by series id and then oldest first, for a service that starts;
   * `after_series_id` pages on, `series_limit` series a page.
   */
  history: {
    parameters: z.strictObject({
      after_series_id: text.default(''),
      series_limit: limit(200, 5000),
      points_per_series: limit(100, 1000),
    }),
    row: resultRow,
  },
  /** The newest point of each of these series that was measured with that model file; those without one are left out. */
  fresh: {
    parameters: z.strictObject({
      series_ids: z.array(text).min(1).max(64),
      model_sha256: sha256Hex,
      /** Any age when left out. */
      max_age_seconds: z.number().positive().optional(),
    }),
    row: resultRow,
  },
  workers: { parameters: z.strictObject({ limit: limit(1000, 100_000) }), row: workerRow },
  /** Newest first. */
  findings: {
    parameters: z.strictObject({
      run_id: runId.optional(),
      kind: findingKind.optional(),
      /** Since 0.3, as everything below. */
      states: z.array(findingState).max(5).optional(),
      series_id: text.optional(),
      /** Of any of these. Since 0.5. */
      series_ids: z.array(text).min(1).max(1000).optional(),
      incident_id: text.optional(),
      /** Looked for in benchmark, model, metric and pool. */
      search: z.string().max(256).default(''),
      since: timestamp.optional(),
      /** Since 0.5, as those below. */
      until: timestamp.optional(),
      benchmark: text.optional(),
      model: text.optional(),
      /** A commit, or how it begins; so of branch and benchmark. */
      commit: text.optional(),
      branch: text.optional(),
      /** Looked for in the name of who wrote the commit. */
      author: text.optional(),
      /** Those of archived runs; where `run_id` names the run they are not left out. Since 0.6. */
      archived: archivedChoice,
      sort: z.enum(FINDING_SORTS).default('detected_at'),
      descending: z.boolean().default(true),
      /** The last row of the page before: its `detected_at` and `finding_id`. */
      before: z.strictObject({ detected_at: timestamp, finding_id: text }).optional(),
      /** The same where another column is sorted by: what the row has there (finding-sort.ts). Since 0.5. */
      after: z.strictObject({ value: sortedValue, finding_id: text }).optional(),
      limit: limit(50),
    }),
    row: findingRow,
  },
  /** Of one kind, found since a time, or settled since; the greatest change first. Since 0.6. */
  changes: {
    parameters: z.strictObject({ kind: findingKind, since: timestamp, limit: limit(200, 1000) }),
    row: changeRow,
  },
  /** One row: what is open, and what changed since a time. Since 0.5. */
  overview: { parameters: z.strictObject({ since: timestamp }), row: overviewRow },
  /** The newest run of each name and branch that ended since, where it ended with failed tasks; newest first. Since 0.5. */
  failing_runs: { parameters: z.strictObject({ since: timestamp, limit: limit(100, 1000) }), row: runRow },
  /** One finding as the newest of its messages has it, or no row. */
  finding: {
    parameters: z.strictObject({ finding_id: text }),
    /** `record` is the contract `finding` as JSON. */
    row: z.object({ finding_id: z.string(), revision: z.int(), record: z.string() }),
  },
  /** Newest first. */
  incidents: {
    parameters: z.strictObject({
      incident_id: text.optional(),
      /** Leaves out those of which nothing is open. */
      only_open: z.boolean().default(false),
      limit: limit(50),
    }),
    row: incidentRow,
  },
  /** Oldest first. */
  annotations: { parameters: z.strictObject({ series_id: text, limit: limit(1000) }), row: annotationRow },
  /** The most judged first. */
  precision: { parameters: z.strictObject({ limit: limit(100) }), row: precisionRow },
  /** Newest first. */
  events: {
    parameters: z.strictObject({
      run_id: runId.optional(),
      task_id: text.optional(),
      entity: z.enum(EVENT_ENTITIES).optional(),
      worker_id: text.optional(),
      pool: text.optional(),
      /** Of changes through the gateway, `access.changed`: who, how, and a part of the path. Since 0.6, as `until`. */
      access: z.strictObject({ subject: text.optional(), method: text.optional(), path: text.optional() }).optional(),
      since: timestamp.optional(),
      until: timestamp.optional(),
      /** The last row of the page before. */
      before: z.strictObject({ at: timestamp, event_id: text }).optional(),
      limit: limit(100),
    }),
    row: eventRow,
  },
  /** A run's request as JSON, to run it again or a part of it; `request` is empty with a `reason` where it was too large to keep. */
  request: {
    parameters: z.strictObject({ run_id: runId }),
    row: z.object({ run_id: runId, request: z.string(), reason: z.string() }),
  },
  /** Of one task, the first attempt first. Since 0.3, as those below. */
  attempts: { parameters: z.strictObject({ run_id: runId, task_id: text }), row: attemptRow },
  samples: {
    parameters: z.strictObject({
      run_id: runId,
      task_id: text.optional(),
      metric: text.optional(),
      /** Of one metric of a task. */
      max_points: limit(500, 5000),
      limit: limit(200, 1000),
    }),
    row: samplesRow,
  },
  distributions: {
    parameters: z.strictObject({
      run_id: runId,
      task_id: text.optional(),
      metric: text.optional(),
      limit: limit(200, 1000),
    }),
    row: distributionRow,
  },
  matrix: {
    parameters: z.strictObject({
      metric: text.default('latency_ms'),
      model: text.default(''),
      /** A pool, or a hardware class. */
      hardware: text.default(''),
      limit: limit(2000),
    }),
    row: matrixRow,
  },
  /** The newest points of each series of a metric, by series id; simulated results are left out. Since 0.6. */
  matrix_history: {
    parameters: z.strictObject({ metric: text, points: limit(30, 100), limit: limit(1000) }),
    row: matrixHistoryRow,
  },
  /** Every metric that was measured, that of the most series first; simulated results are left out. Since 0.5. */
  metrics: { parameters: z.strictObject({ model: text.default(''), limit: limit(2000) }), row: metricRow },
  /** Every model that was measured, by name; simulated results are left out. Since 0.4. */
  models: { parameters: z.strictObject({ limit: limit(2000) }), row: modelRow },
  /** The newest state of each model type and executor, by name. Since 0.6. */
  coverage: {
    parameters: z.strictObject({
      model: text.optional(),
      executor: z.enum(COVERED_EXECUTORS).optional(),
      stage: z.enum(STAGES).optional(),
      limit: limit(10_000),
    }),
    row: coverageRow,
  },
  /**
   * Models by executor, precision and class of hardware: whether the newest attempt that says something of them completed, and with
   * what numbers; by name. Simulated attempts, cancelled ones and those of lost workers are left out. Since 0.6.
   */
  compatibility: {
    parameters: z.strictObject({ model: text.optional(), hardware: text.optional(), limit: limit(10_000) }),
    row: compatibilityRow,
  },
  /**
   * Outcomes as their workers reported them: of each task the newest attempt, by task id; `after_task_id` pages on. With
   * `task_id` and `attempt` that one. Since 0.4.
   */
  outcomes: {
    parameters: z.strictObject({
      run_id: runId,
      task_id: text.optional(),
      attempt: z.int().min(1).optional(),
      after_task_id: text.default(''),
      limit: limit(100, 1000),
    }),
    row: outcomeRow,
  },
  /** What models were fed with, of each task its newest attempt; `after_task_id` pages on. Since 0.4. */
  fed_inputs: {
    parameters: z.strictObject({
      run_id: runId,
      task_id: text.optional(),
      after_task_id: text.default(''),
      limit: limit(1000),
    }),
    row: fedInputsRow,
  },
  /** Test cases of a run, of each task its newest attempt, those that failed first; `after_task_id` pages on. Since 0.5. */
  run_tests: {
    parameters: z.strictObject({
      run_id: runId,
      task_id: text.optional(),
      states: z.array(z.enum(TEST_STATES)).min(1).optional(),
      after_task_id: text.default(''),
      limit: limit(1000),
    }),
    row: testCaseRow,
  },
  /** How many test cases of each task ended how: of all of them, while rows are kept of some; `after_task_id` pages on. Since 0.5. */
  test_counts: {
    parameters: z.strictObject({ run_id: runId, after_task_id: text.default(''), limit: limit(1000) }),
    row: testCountsRow,
  },
  /** Test cases with their reliability, sorted: those that fail now first, then the flakiest. Since 0.5. */
  tests: {
    parameters: z.strictObject({
      benchmark: text.optional(),
      /** Looked for in benchmark, class, file and name. */
      search: z.string().max(256).default(''),
      case_id: text.optional(),
      only: z
        .array(z.enum(['flaky', 'failing']))
        .max(2)
        .default([]),
      /** The newest of each case that are looked at. */
      executions: limit(50, 1000),
      /** Since 0.6, as those below. */
      sort: z.enum(TEST_SORTS).default('last_state'),
      descending: z.boolean().default(true),
      /** The last row of the page before: its `sort_value` and id. */
      after: z.strictObject({ value: sortedValue, case_id: text }).optional(),
      limit: limit(100),
    }),
    row: testRow,
  },
  /** Executions of one case, the newest first. Since 0.5. */
  test_history: { parameters: z.strictObject({ case_id: text, limit: limit(100) }), row: testCaseRow },
  /** Whether each case failed the last times on each pool, newest first; `after_case_id` pages on. Since 0.5. */
  test_states: {
    parameters: z.strictObject({
      after_case_id: text.default(''),
      executions: limit(16, 64),
      /** Only outcomes that OUTCOMES got before this. */
      stored_before: timestamp.optional(),
      limit: limit(10_000),
    }),
    row: z.object({ case_id: z.string(), pool: z.string(), bad: z.array(z.union([z.boolean(), z.int()])) }),
  },
  /** What each side of a comparison measured, by series id; `after_series_id` pages on. */
  comparison: {
    parameters: z
      .strictObject({
        by: comparedBy,
        /**
         * Runs' ids; commits or how they begin; models; pools or hardware classes; batch sizes; series' ids; periods as
         * `periodValue` writes them. A result that is in several periods counts for the first of them.
         */
        values: z.array(z.string().min(1).max(512)).min(2).max(MAX_SIDES),
        run_id: runId.optional(),
        commit: text.min(4).optional(),
        model: oneOrMore.optional(),
        /** Pools, or hardware classes. */
        hardware: oneOrMore.optional(),
        batch_size: z.int().min(1).optional(),
        benchmark: text.optional(),
        precision: text.optional(),
        metric: oneOrMore.optional(),
        /** Of this branch. Since 0.6. */
        branch: text.optional(),
        after_series_id: text.default(''),
        /** The newest of one series on one side. */
        runs_per_series: limit(20, 100),
        limit: limit(2000),
      })
      .superRefine(({ by, values }, context) => {
        const schema = SIDE_VALUES[by];
        for (const [at, value] of values.entries()) {
          if (!schema.safeParse(value).success)
            context.addIssue({
              code: 'custom',
              path: ['values', at],
              message: `"${value}" is no ${by.replace('_', ' ')}`,
            });
        }
      }),
    row: sideRow,
  },
  /**
   * Under which settings tasks of these names completed in other runs, the newest first: one row for each combination of
   * task, model, precision, scenario, variant and fingerprint. Since 0.4.
   */
  earlier_series: {
    parameters: z.strictObject({
      /** Left out. */
      run_id: runId,
      benchmarks: z.array(text).min(1).max(100),
      task_ids: z.array(text).min(1).max(500),
      limit: limit(1000),
    }),
    row: z.object({
      task_id: z.string(),
      ...seriesFields.omit({ batch_size: true, metric: true, is_simulated: true }).shape,
      /** The newest of them. */
      run_id: runId,
      last_at: timestamp,
      attempts: z.int(),
    }),
  },
  /** The newest points of each of these series, of all lines, by series and then in the order in which they came. Since 0.5. */
  line_points: {
    parameters: z.strictObject({
      series_ids: z.array(text).min(1).max(1000),
      points_per_series: limit(1000),
    }),
    row: linePointRow,
  },
  /** Runs with points in any of these series, newest first. Since 0.5. */
  runs_of_series: {
    parameters: z.strictObject({ series_ids: z.array(text).min(1).max(2000), limit: limit(200, 1000) }),
    row: runOfSeriesRow,
  },
  /** What was accepted on each of these series, oldest first. Since 0.5. */
  accepted: {
    parameters: z.strictObject({ series_ids: z.array(text).min(1).max(1000) }),
    row: annotationRow.pick({ series_id: true, about_at: true, text: true, by: true }),
  },
  /** The newest values of each of these series, oldest first. */
  newest_values: {
    parameters: z.strictObject({ series_ids: z.array(text).min(1).max(2000), points: limit(30, 200) }),
    row: z.object({ series_id: z.string(), values: z.array(z.number()) }),
  },
  throughput: {
    parameters: z.strictObject({ since: timestamp, bucket_seconds: z.int().min(1).max(86_400) }),
    row: throughputRow,
  },
  failures: { parameters: z.strictObject({ since: timestamp, limit: limit(1000) }), row: failureRow },
  recovery: { parameters: z.strictObject({ since: timestamp }), row: recoveryRow },
  /** One row: failures and what was done about them. Since 0.5. */
  fault_tolerance: { parameters: z.strictObject({ since: timestamp, until: timestamp }), row: faultToleranceRow },
  /** Newest first. */
  rejected: {
    parameters: z.strictObject({
      /** Only this one. Since 0.3. */
      at: rejectedPlace.optional(),
      /** The last row of the page before. Since 0.3. */
      before: rejectedPlace.optional(),
      limit: limit(20, 1000),
    }),
    row: rejectedRow,
  },
  /** One read-only statement over the tables of docs/clickhouse.md. */
  sql: {
    parameters: z.strictObject({
      sql: z.string().min(1).max(100_000),
      /** Who asks, where that is another than who sends this, as the gateway: places are counted for each. Since 0.4. */
      caller: z.string().min(1).max(256).optional(),
    }),
    row: z.record(z.string(), z.unknown()),
  },
} as const;

/** What one side of a comparison can be called. */
const SIDE_VALUES: Record<ComparedBy, z.ZodType> = {
  run: runId,
  commit: z.string().min(4),
  model: z.string(),
  hardware: z.string(),
  batch_size: z.string().regex(/^[1-9]\d{0,8}$/),
  series: z.string(),
  period: z.string().refine((value) => readPeriod(value, 0) !== undefined),
};

export type QueryName = keyof typeof QUERIES;
/** What somebody has to say who asks: fields with a default may be left out. */
export type QueryParameters<N extends QueryName> = z.input<(typeof QUERIES)[N]['parameters']>;
/** The same as the service that answers gets it. The defaults are decided here and nowhere else. */
export type AskedQuery<N extends QueryName> = z.output<(typeof QUERIES)[N]['parameters']>;
export type QueryRow<N extends QueryName> = z.infer<(typeof QUERIES)[N]['row']>;

/** Rows, or what was wrong with the question. `truncated` says that a limit cut the answer. */
export const queryReply = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    columns: z.array(z.string()),
    rows: z.array(z.record(z.string(), z.unknown())),
    truncated: z.boolean(),
  }),
  z.object({
    ok: z.literal(false),
    issues: z.array(issue).min(1),
    /** Asking again helps, after this long. Since 0.4. */
    retry_after_seconds: z.number().positive().optional(),
  }),
]);
export type QueryReply = z.infer<typeof queryReply>;
