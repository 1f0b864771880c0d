import { z } from 'zod';
import { EVENT_ENTITIES } from './event.ts';
import { findingKind, findingState } from './finding.ts';
import { runId, timestamp } from './ids.ts';
import { OUTCOME_STATUSES } from './outcome.ts';
import { issue } from './request.ts';

/** Request/reply, answered by the aggregator: parameters as JSON in, a `QueryReply` as JSON out. */
export const QUERY_SUBJECTS = 'bw.query.*';
export function querySubject(name: QueryName): string {
  return `bw.query.${name}`;
}

const limit = (fallback: number, most = 10_000) => z.int().min(1).max(most).default(fallback);

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
  source: z.string(),
  tags: z.record(z.string(), z.string()),
  total: z.int(),
  waiting: z.int(),
  running: z.int(),
  completed: z.int(),
  failed: z.int(),
  timed_out: z.int(),
  cancelled: z.int(),
  lost: z.int(),
});
export type RunRow = z.infer<typeof runRow>;

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
});
export type TaskRow = z.infer<typeof taskRow>;

export const resultRow = z.object({
  series_id: z.string(),
  run_id: runId,
  task_id: z.string(),
  attempt: z.int(),
  measured_at: timestamp,
  benchmark: z.string(),
  model: z.string(),
  executor: z.string(),
  precision: z.string(),
  /** Null where the metric belongs to no batch size. */
  batch_size: z.int().nullable(),
  scenario: z.string(),
  variant: z.string(),
  pool: z.string(),
  fingerprint: z.string(),
  worker_id: z.string(),
  metric: z.string(),
  unit: z.string(),
  value: z.number(),
  ci_low: z.number().nullable(),
  ci_high: z.number().nullable(),
  samples: z.int(),
  steady: z.boolean().nullable(),
  is_simulated: z.boolean(),
  commit: z.string(),
  branch: z.string(),
  /** The outcome's whole source as JSON, empty without one. */
  source: z.string(),
});
export type ResultRow = z.infer<typeof resultRow>;

export const seriesRow = z.object({
  series_id: z.string(),
  benchmark: z.string(),
  model: z.string(),
  executor: z.string(),
  precision: z.string(),
  batch_size: z.int().nullable(),
  scenario: z.string(),
  variant: z.string(),
  fingerprint: z.string(),
  pool: z.string(),
  metric: z.string(),
  unit: z.string(),
  is_simulated: z.boolean(),
  points: z.int(),
  first_at: timestamp,
  last_at: timestamp,
  last_value: z.number(),
});
export type SeriesRow = z.infer<typeof seriesRow>;

export const workerRow = z.object({
  worker_id: z.string(),
  hostname: z.string(),
  /** ready, draining, paused, quarantined, left, lost */
  state: z.string(),
  changed_at: timestamp,
  pools: z.array(z.string()),
  /** The capabilities as JSON. */
  capabilities: z.string(),
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
  /** Sources as JSON, empty without one. */
  source: z.string().default(''),
  previous_source: z.string().default(''),
});
export type FindingRow = z.infer<typeof findingRow>;

export const rejectedRow = z.object({
  rejected_at: timestamp,
  where: z.string(),
  subject: z.string(),
  /** JSON list of issues. */
  issues: z.string(),
  /** The message, lossless: base64. */
  raw_base64: z.string(),
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
  source: z.string(),
  previous_source: z.string(),
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
  /** Bars of equal width from `min` to `max`. */
  counts: z.array(z.int()),
});
export type DistributionRow = z.infer<typeof distributionRow>;

/** The newest value of a series. */
export const matrixRow = z.object({
  series_id: z.string(),
  benchmark: z.string(),
  model: z.string(),
  pool: z.string(),
  precision: z.string(),
  batch_size: z.int().nullable(),
  metric: z.string(),
  unit: z.string(),
  value: z.number(),
  ci_low: z.number().nullable(),
  ci_high: z.number().nullable(),
  samples: z.int(),
  measured_at: timestamp,
  run_id: runId,
});
export type MatrixRow = z.infer<typeof matrixRow>;

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

/** Each query: what goes in, and what a row of the answer is. */
export const QUERIES = {
  /** Newest first. */
  runs: {
    parameters: z.strictObject({
      /** All of these since 0.3. */
      states: z
        .array(z.enum(['accepted', 'cancelling', 'finished']))
        .min(1)
        .optional(),
      /** Looked for in the name and the run's id. */
      search: z.string().max(256).default(''),
      /** `name` or `name=value`. */
      tag: z.string().max(256).default(''),
      /** The last row of the page before. */
      before: z.strictObject({ accepted_at: timestamp, run_id: runId }).optional(),
      limit: limit(20),
    }),
    row: runRow,
  },
  /** One row, or none for an unknown run. */
  run: { parameters: z.strictObject({ run_id: runId }), row: runRow },
  /** By task id; `after_task_id` pages on. */
  tasks: {
    parameters: z.strictObject({
      run_id: runId,
      state: taskState.optional(),
      /** Only this one. Since 0.3. */
      task_id: z.string().optional(),
      after_task_id: z.string().default(''),
      limit: limit(1000, 100_000),
    }),
    row: taskRow,
  },
  /** By task id; `after_task_id` pages on. A page that is `truncated` ends with a whole task. */
  results: {
    parameters: z.strictObject({
      run_id: runId,
      after_task_id: z.string().default(''),
      limit: limit(10_000, 100_000),
    }),
    row: resultRow,
  },
  /** Without `series_id` every series, newest first; `search` is looked for in benchmark, model and metric. */
  series: {
    parameters: z.strictObject({ search: z.string().default(''), limit: limit(100) }),
    row: seriesRow,
  },
  /** Points of one series, oldest first. */
  points: { parameters: z.strictObject({ series_id: z.string(), limit: limit(1000) }), row: resultRow },
  /**
   * The last points of many series, by series id and then oldest first, for a service that starts;
   * `after_series_id` pages on, `series_limit` series a page.
   */
  history: {
    parameters: z.strictObject({
      after_series_id: z.string().default(''),
      series_limit: limit(200, 5000),
      points_per_series: limit(100, 1000),
    }),
    row: resultRow,
  },
  /** The newest point of each of these series that was measured with that model file; those without one are left out. */
  fresh: {
    parameters: z.strictObject({
      series_ids: z.array(z.string()).min(1).max(64),
      model_sha256: z.string().regex(/^[0-9a-f]{64}$/),
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
      series_id: z.string().optional(),
      incident_id: z.string().optional(),
      /** Looked for in benchmark, model, metric and pool. */
      search: z.string().max(256).default(''),
      since: timestamp.optional(),
      /** The last row of the page before: its `detected_at` and `finding_id`. */
      before: z.strictObject({ detected_at: timestamp, finding_id: z.string() }).optional(),
      limit: limit(50),
    }),
    row: findingRow,
  },
  /** One finding as the newest of its messages has it, or no row. */
  finding: {
    parameters: z.strictObject({ finding_id: z.string() }),
    /** `record` is the contract `finding` as JSON. */
    row: z.object({ finding_id: z.string(), revision: z.int(), record: z.string() }),
  },
  /** Newest first. */
  incidents: {
    parameters: z.strictObject({
      incident_id: z.string().optional(),
      /** Leaves out those of which nothing is open. */
      only_open: z.boolean().default(false),
      limit: limit(50),
    }),
    row: incidentRow,
  },
  /** Oldest first. */
  annotations: { parameters: z.strictObject({ series_id: z.string(), limit: limit(1000) }), row: annotationRow },
  /** The most judged first. */
  precision: { parameters: z.strictObject({ limit: limit(100) }), row: precisionRow },
  /** Newest first. */
  events: {
    parameters: z.strictObject({
      run_id: runId.optional(),
      task_id: z.string().optional(),
      entity: z.enum(EVENT_ENTITIES).optional(),
      worker_id: z.string().optional(),
      pool: z.string().optional(),
      since: timestamp.optional(),
      /** The last row of the page before. */
      before: z.strictObject({ at: timestamp, event_id: z.string() }).optional(),
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
  attempts: { parameters: z.strictObject({ run_id: runId, task_id: z.string() }), row: attemptRow },
  samples: {
    parameters: z.strictObject({
      run_id: runId,
      task_id: z.string().optional(),
      metric: z.string().optional(),
      /** Of one metric of a task. */
      max_points: limit(500, 5000),
      limit: limit(200, 1000),
    }),
    row: samplesRow,
  },
  distributions: {
    parameters: z.strictObject({
      run_id: runId,
      task_id: z.string().optional(),
      metric: z.string().optional(),
      limit: limit(200, 1000),
    }),
    row: distributionRow,
  },
  matrix: {
    parameters: z.strictObject({
      metric: z.string().default('latency_ms'),
      model: z.string().default(''),
      /** A pool, or a hardware class. */
      hardware: z.string().default(''),
      limit: limit(2000),
    }),
    row: matrixRow,
  },
  throughput: {
    parameters: z.strictObject({ since: timestamp, bucket_seconds: z.int().min(1).max(86_400) }),
    row: throughputRow,
  },
  failures: { parameters: z.strictObject({ since: timestamp, limit: limit(1000) }), row: failureRow },
  recovery: { parameters: z.strictObject({ since: timestamp }), row: recoveryRow },
  /** Newest first. */
  rejected: { parameters: z.strictObject({ limit: limit(20, 1000) }), row: rejectedRow },
  /** One read-only statement over the tables of docs/clickhouse.md. */
  sql: { parameters: z.strictObject({ sql: z.string().min(1).max(100_000) }), row: z.record(z.string(), z.unknown()) },
} as const;

export type QueryName = keyof typeof QUERIES;
export type QueryParameters<N extends QueryName> = z.input<(typeof QUERIES)[N]['parameters']>;
export type QueryRow<N extends QueryName> = z.infer<(typeof QUERIES)[N]['row']>;

/** Rows, or what was wrong with the question. `truncated` says that a limit cut the answer. */
export const queryReply = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    columns: z.array(z.string()),
    rows: z.array(z.record(z.string(), z.unknown())),
    truncated: z.boolean(),
  }),
  z.object({ ok: z.literal(false), issues: z.array(issue).min(1) }),
]);
export type QueryReply = z.infer<typeof queryReply>;
