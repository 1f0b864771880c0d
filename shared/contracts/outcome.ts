import { z } from 'zod';
import { pairedValues, pairsOfAttempt } from './base.ts';
import { clockOffset } from './clock.ts';
import { BETTER } from './direction.ts';
import { environment, labels } from './hardware.ts';
import { attemptId, MESSAGE_VERSION, messageVersion, runId, taskId, timestamp, token } from './ids.ts';
import { fedInput } from './input-setting.ts';
import { madeArtifact } from './model-artifact.ts';
import { source } from './request.ts';
import { testResults } from './test-results.ts';
import { MAX_VALUE_NOTES, valueNote } from './value-note.ts';

/** JetStream stream OUTCOMES: the terminal report of one attempt. The first one of an attempt wins. */
export const OUTCOMES_SUBJECTS = 'bw.outcome.*.*';
export function outcomeSubject(outcome: { run_id: string; task_id: string }): string {
  return `bw.outcome.${outcome.run_id}.${outcome.task_id}`;
}
export function outcomesOfRun(run_id: string): string {
  return `bw.outcome.${run_id}.*`;
}
/** `Nats-Msg-Id`: within the stream's duplicate window a second report of an attempt is dropped by the server itself. */
export const outcomeMessageId = attemptId;

export const OUTCOME_STATUSES = ['completed', 'failed', 'timed_out', 'cancelled', 'lost'] as const;
export const outcomeStatus = z.enum(OUTCOME_STATUSES);
export type OutcomeStatus = z.infer<typeof outcomeStatus>;

export const ERROR_CLASSES = [
  'out_of_memory',
  'device_error',
  'timeout',
  'crash',
  'lost_worker',
  'bad_model',
  'bad_input',
  // Since 0.5: what was tested did not pass, which is a result and says nothing about where it ran.
  'test_failed',
  'executor_missing',
  'no_pool',
  'dependency_failed',
  'cancelled',
  'unknown',
] as const;
export const errorClass = z.enum(ERROR_CLASSES);
export type ErrorClass = z.infer<typeof errorClass>;

export const taskError = z.object({
  class: errorClass,
  /** Stable, upper case: `MODEL_NOT_FOUND`. */
  code: z.string().max(128),
  /** What was wrong, where, and what to do. */
  message: z.string().max(16_384),
  /** False where trying again cannot help (a file that is no model). */
  retriable: z.boolean(),
  /** The batch size that was being measured, where that is known: what to leave out when memory was short. Since 0.2. */
  batch_size: z.int().min(1).optional(),
});
export type TaskError = z.infer<typeof taskError>;

const measured = z.number().nullable();
/** Reasons for the nulls beside them, by field name; `*` for those that have none of their own. */
const unavailable = z.record(z.string(), z.string()).optional();

/** What several streams did at once, each with a session of its own. Latencies are those of single inferences. Since 0.5. */
export const streamsResult = z.object({
  /** Of all streams together. */
  throughput_items_per_second: z.number(),
  /** Over the one stream that was measured before. */
  speedup: z.number(),
  /** The median over all streams. */
  latency_ms: z.number(),
  latency_ci_low_ms: measured,
  latency_ci_high_ms: measured,
  latency_p99_ms: z.number().optional(),
  samples: z.int().min(1),
  measured_seconds: z.number(),
  /** Each stream's own median; null where it completed nothing while all ran. */
  stream_latencies_ms: z.array(measured).max(256),
});
export type StreamsResult = z.infer<typeof streamsResult>;

/** Latencies are milliseconds per inference of one batch. */
export const batchResult = z.object({
  /** The median. */
  latency_ms: z.number(),
  latency_ci_low_ms: measured,
  latency_ci_high_ms: measured,
  latency_mean_ms: z.number(),
  latency_min_ms: z.number(),
  latency_max_ms: z.number(),
  latency_stddev_ms: z.number(),
  /** Absent where there are too few samples for it. */
  latency_p90_ms: z.number().optional(),
  latency_p95_ms: z.number().optional(),
  latency_p99_ms: z.number().optional(),
  throughput_items_per_second: z.number(),
  samples: z.int().min(1),
  measured_seconds: z.number(),
  steady: z.boolean(),
  steady_reason: z.string().optional(),
  outliers: z.object({ mild: z.int(), severe: z.int() }),
  memory_mb: measured,
  unavailable,
  /** Texts of writers before 0.4; `value_notes` says the same, typed. */
  notes: z.array(z.string()).optional(),
  /** What limits the meaning of these values, whichever batch size they name. Since 0.4. */
  value_notes: z.array(valueNote).max(MAX_VALUE_NOTES).optional(),
  /** By the number of streams, where the task asks for some (`concurrency`). Since 0.5. */
  streams: z.record(z.string(), streamsResult).optional(),
  /** What the model was fed with, by input. Since 0.4. */
  inputs: z.record(z.string(), fedInput).optional(),
  /** The earlier attempt that measured it, where this one went on from there. Since 0.2. */
  measured_by_attempt: z.int().min(1).optional(),
});
export type BatchResult = z.infer<typeof batchResult>;

/** One metric that a program reported, over its points. */
export const metricResult = z.object({
  /** The median of the points. */
  value: z.number(),
  unit: z.string().nullable(),
  ci_low: measured,
  ci_high: measured,
  min: z.number(),
  max: z.number(),
  samples: z.int().min(1),
  /** Which way is better, where the program or the task said it. Since 0.4. */
  better: z.enum(BETTER).optional(),
  /** The metric's name, where its place in `metrics` has another: one that was printed in units that do not convert. Since 0.4. */
  metric: z.string().min(1).max(256).optional(),
});
export type MetricResult = z.infer<typeof metricResult>;

/** A result of an earlier run, which made measuring it again unnecessary. */
export const measuredBefore = z.object({
  batch_size: z.int().min(1),
  latency_ms: z.number(),
  run_id: runId,
  task_id: taskId,
  attempt: z.int().min(1),
  measured_at: timestamp,
});
export type MeasuredBefore = z.infer<typeof measuredBefore>;

/** Where the nodes of a model that compute really ran, against the execution provider that the device stands for. Since 0.5. */
export const placement = z.object({
  /** The one asked for, as ONNX Runtime calls it: `CUDAExecutionProvider`. */
  provider: z.string(),
  /** Nodes that compute: without those that move data, ask for shapes, count and index. */
  nodes: z.int().min(0),
  elsewhere: z.int().min(0),
  share_elsewhere: z.number().min(0).max(1),
  /** By execution provider and operator. */
  operators_elsewhere: z.record(z.string(), z.record(z.string(), z.int())),
});
export type Placement = z.infer<typeof placement>;

export const outcomeResults = z.object({
  batch_sizes: z.record(z.string(), batchResult).optional(),
  metrics: z.record(z.string(), metricResult).optional(),
  /** Times outside of the measured window: load_ms, session_ms, first_run_ms, warmup_ms, waited_for_device_seconds. */
  timings: z.record(z.string(), measured).optional(),
  /** Of `timings` that are null. Since 0.6. */
  unavailable,
  /** Nodes per execution provider that really ran. */
  providers: z.record(z.string(), z.int()).optional(),
  placement: placement.optional(),
  /** Batch sizes that the task asked for and that were left out, each with the reason. Since 0.2. */
  dropped_batch_sizes: z.record(z.string(), z.string()).optional(),
  /** What there is to know about the attempt itself, such as lines that were not taken as metrics. */
  notes: z.array(z.string()).optional(),
  /** What limits the meaning of values, all or some. Read them with `valueNotesOf`. Since 0.4. */
  value_notes: z.array(valueNote).max(MAX_VALUE_NOTES).optional(),
  /** What a program that runs tests reported of them. Since 0.5. */
  tests: testResults.optional(),
  /** Where a base side was measured by turns with the head. The other results are the head's. Since 0.5. */
  pairs: pairsOfAttempt.extend({ values: z.array(pairedValues) }).optional(),
  /** The model that the task has made. Since 0.6. */
  artifact: madeArtifact.optional(),
  /** Nothing was measured, because `skip_if_fresh` found all of it measured before; then there are no other results. Since 0.2. */
  skipped: z.array(measuredBefore).min(1).optional(),
});
export type OutcomeResults = z.infer<typeof outcomeResults>;

export const hardwareMetrics = z.object({
  cpu_utilization_percent: measured,
  gpu_utilization_percent: measured,
  memory_usage_mb: measured,
  power_consumption_watts: measured,
  temperature_celsius: measured,
  unavailable,
});
export type HardwareMetrics = z.infer<typeof hardwareMetrics>;

export const outcome = z.object({
  v: messageVersion,
  run_id: runId,
  task_id: taskId,
  attempt: z.int().min(1),
  max_attempts: z.int().min(1),
  status: outcomeStatus,
  error: taskError.nullable(),
  /** Null where the attempt never reached a worker. */
  worker_id: token.nullable(),
  device_id: token.nullable(),
  pool: token.nullable(),
  fingerprint: z.string().nullable(),

  /** What was measured; with the fingerprint these name the series (see series.ts). */
  benchmark: z.string(),
  executor: z.string(),
  model: z.string().nullable(),
  precision: z.string().nullable(),
  scenario: z.string().nullable(),
  variant: z.string(),
  /** The variant of the config as it was written, where the model showed that another writing says the same: the history of that name is this one's. Since 0.5. */
  variant_as_written: z.string().optional(),

  request_name: z.string().nullable(),
  source: source.nullable(),
  tags: labels,

  queued_at: timestamp,
  started_at: timestamp.nullable(),
  finished_at: timestamp,
  execution_time_seconds: measured,
  /** How far the worker's clock was off when the attempt ended. The times above have been corrected by it. Since 0.4. */
  clock: clockOffset.optional(),
  /**
   * The job's `workload`, from which the scheduler learns how long such tasks take. Left out by an attempt that did only
   * part of the work, and by writers before 0.2.
   */
  workload: z.string().max(64).optional(),
  results: outcomeResults,
  hardware_metrics: hardwareMetrics.nullable(),
  environment,
  simulation_status: z.object({ is_simulated: z.boolean(), reason: z.string().optional() }),
  /** The last lines that the attempt printed, base64, at most 64 KiB before encoding. */
  logs: z.string().nullable(),
});
export type Outcome = z.infer<typeof outcome>;

/** What has to be known of an attempt for there to be an outcome of it. */
type KnownOfAttempt = Pick<
  Outcome,
  | 'run_id'
  | 'task_id'
  | 'attempt'
  | 'max_attempts'
  | 'status'
  | 'error'
  | 'benchmark'
  | 'executor'
  | 'request_name'
  | 'queued_at'
  | 'finished_at'
>;

/** The one way to make an outcome: whatever is not known is null or empty. Pure. */
export function outcomeWith(known: KnownOfAttempt & Partial<Omit<Outcome, 'v'>>): Outcome {
  return {
    v: MESSAGE_VERSION,
    worker_id: null,
    device_id: null,
    pool: null,
    fingerprint: null,
    model: null,
    precision: null,
    scenario: null,
    variant: '',
    source: null,
    tags: {},
    started_at: null,
    execution_time_seconds: null,
    results: {},
    hardware_metrics: null,
    environment: {},
    simulation_status: { is_simulated: false },
    logs: null,
    ...known,
  };
}

/** A worker that dies is not the task's fault: at least this many retries follow a lost attempt, whatever the policy says. */
export const MIN_RETRIES_WHEN_LOST = 3;

/**
 * Whether an outcome ends its task, or another attempt follows. Scheduler, aggregator and clients all use this
 * one function, so nobody has to be told.
 */
export function outcomeIsFinal(o: Pick<Outcome, 'status' | 'attempt' | 'max_attempts' | 'error'>): boolean {
  switch (o.status) {
    case 'completed':
    case 'cancelled':
      return true;
    case 'lost':
      return o.attempt >= Math.max(o.max_attempts, MIN_RETRIES_WHEN_LOST + 1);
    case 'failed':
    case 'timed_out':
      return o.error?.retriable === false || o.attempt >= o.max_attempts;
    default:
      return o.status satisfies never;
  }
}
