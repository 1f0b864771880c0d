import { z } from 'zod';
import { BETTER } from './direction.ts';
import { environment, hardwareClass } from './hardware.ts';
import { messageVersion } from './ids.ts';
import { errorClass } from './outcome.ts';
import { onnxConfig } from './task.ts';

/** The protocol between a worker and its runner, JSON lines on a pipe of their own; docs/protocol/runner.md. Since 0.6. */

const id = z.string().min(1).max(512);
const milliseconds = z.number().min(0);
const batchSize = z.int().min(1);

/** Measure this. One task at a time. */
export const runnerTask = z.object({
  type: z.literal('task'),
  /** What every message about the task has. */
  id,
  model: z.string(),
  /** The hardware class; of its devices the first that `variables` show. */
  device: z.string(),
  /** In this order; `auto`: those that the runner finds worth measuring. */
  batch_sizes: z.union([z.array(batchSize).min(1), z.literal('auto')]),
  precision: z.string(),
  seed: z.int().min(0),
  measure: z.object({
    scenario: onnxConfig.shape.scenario.unwrap(),
    iterations: z.int().min(1),
    warmup_iterations: z.int().min(0),
    max_seconds: z.number().positive(),
    /** Of the scenario `server`. */
    target_qps: z.number().positive().nullable(),
  }),
  /** What only one backend reads: `size`, `task`, `mode`, `dimensions`, `intra_op_num_threads`. */
  options: z.record(z.string(), z.json()),
  /** Set in the task's process before it touches a device. */
  variables: z.record(z.string(), z.string()),
  /** Null for no limit. */
  limits: z.object({
    wall_seconds: z.number().positive().nullable(),
    cpu_seconds: z.number().positive().nullable(),
    memory_mb: z.number().positive().nullable(),
  }),
});
export type RunnerTask = z.infer<typeof runnerTask>;

export const runnerCommand = z.discriminatedUnion('type', [
  runnerTask,
  /** End the task's process; answered by `ended`. */
  z.object({ type: z.literal('cancel'), id }),
]);
export type RunnerCommand = z.infer<typeof runnerCommand>;

/** What a page can measure on. */
export const runnerDevice = z.object({
  class: hardwareClass,
  name: z.string().min(1).max(256),
  /** What results depend on: they name the fingerprint. */
  facts: environment,
  /** Why what is measured on it is not about hardware of its class; null where it is. */
  simulated: z.string().max(512).nullable(),
  /** What the browser says that it can do there, for people. */
  features: z.array(z.string().max(128)).max(256),
  limits: z.record(z.string().max(128), z.number()),
});
export type RunnerDevice = z.infer<typeof runnerDevice>;

/** Where the nodes of a model were placed: distinct nodes by execution provider; of those that compute, by operator. */
export const placedNodes = z.object({
  providers: z.record(z.string(), z.int()),
  operators: z.record(z.string(), z.record(z.string(), z.int())),
});

/** The first message of a runner. */
export const runnerReady = z.object({
  type: z.literal('ready'),
  v: messageVersion,
  runner_version: z.string(),
  /** Of a runner in Python. */
  python_version: z.string().optional(),
  /** By library; empty where each task imports for itself. */
  versions: z.record(z.string(), z.string()),
  import_ms: milliseconds,
  /** Whether tasks are forked, or start afresh. */
  forks: z.boolean(),
  /** Of a runner whose devices only it can see: a page. Since 0.7. */
  devices: z.array(runnerDevice).max(16).optional(),
});
export type RunnerReady = z.infer<typeof runnerReady>;

/** Sent between measured windows. As many latencies as times. */
const windowMessage = z.object({
  type: z.literal('window'),
  id,
  batch_size: batchSize,
  /** When each sample was complete, epoch milliseconds. */
  times_ms: z.array(z.number()),
  latencies_ms: z.array(z.number()),
});

/** More that was measured with a batch size: a value for each time. */
export const runnerMetric = z.object({
  metric: z.string().min(1).max(256),
  unit: z.string().nullable(),
  better: z.enum(BETTER),
  values: z.array(z.number()).min(1).max(100_000),
});
export type RunnerMetric = z.infer<typeof runnerMetric>;

/** A batch size has been measured; all its windows were sent. */
const batchMessage = z.object({
  type: z.literal('batch'),
  id,
  batch_size: batchSize,
  first_run_ms: milliseconds,
  /** Null where nothing is compiled. */
  compile_ms: milliseconds.nullable(),
  warmup_ms: milliseconds,
  /** Sum of the windows, without the pauses between them. */
  measured_seconds: z.number().min(0),
  /** Highest resident memory of the process so far; null where a page cannot see it. */
  peak_rss_mb: z.number().min(0).nullable(),
  /** Highest memory of the device; null where it is the process's own. */
  device_memory_mb: z.number().min(0).nullable(),
  clock_step_ms: z.number().positive(),
  /** Where one call is too short for the clock, a sample is the mean of so many. Since 0.7. */
  calls_per_sample: z.int().min(1).optional(),
  metrics: z.array(runnerMetric).max(64),
  /** Several instances of the model at once, each in a process of its own: what they did while all of them ran. */
  streams: z
    .array(
      z.object({
        streams: z.int().min(2),
        /** By stream. */
        latencies_ms: z.array(z.array(z.number())),
        measured_seconds: z.number().min(0),
      }),
    )
    .max(8)
    .default([]),
});

export const runnerMessage = z.discriminatedUnion('type', [
  runnerReady,
  /** A page does not see the number of its process. */
  z.object({ type: z.literal('started'), id, pid: z.int().nullable() }),
  /** A sign of life: what the process is about to do. */
  z.object({ type: z.literal('progress'), id, phase: z.string(), batch_size: batchSize.nullable() }),
  /** The model is there. `facts` belong into the outcome's environment. */
  z.object({
    type: z.literal('loaded'),
    id,
    facts: environment,
    timings: z.record(z.string(), milliseconds),
    notes: z.array(z.string().max(4096)).max(100),
    /** Of the model, and of no batch size: how long it takes to start. */
    metrics: z.array(runnerMetric).max(64).default([]),
    /** Where the runner is to prove which execution provider runs the model. Since 0.7. */
    placed: placedNodes.optional(),
  }),
  /** A note on the whole result, such as why no larger batch size was measured. */
  z.object({
    type: z.literal('note'),
    id,
    text: z.string().max(4096),
    /** What limits the values: a code of format/note-titles.ts. Since 0.7. */
    code: z.enum(['throttled', 'disturbed']).optional(),
    batch_size: batchSize.nullable().optional(),
  }),
  windowMessage,
  batchMessage,
  /** The backend `export` has written the file, and compared what it gives with PyTorch, for each of these batch sizes. */
  z.object({
    type: z.literal('exported'),
    id,
    size_bytes: z.int().min(1),
    batch_sizes: z.array(batchSize).min(1),
    /** Root of the mean square of the difference, over that of the outputs. */
    relative_error: z.number().min(0),
    /** Of one value, relative to the largest value of its output. */
    largest_difference: z.number().min(0),
  }),
  z.object({
    type: z.literal('failed'),
    id,
    error: z.object({ class: errorClass, code: z.string().max(128), message: z.string() }),
    /** The one that was being measured. */
    batch_size: batchSize.nullable(),
  }),
  /** All was measured. */
  z.object({ type: z.literal('done'), id }),
  /** Nothing of the task is left: the next one can be sent. */
  z.object({ type: z.literal('ended'), id }),
]);
export type RunnerMessage = z.infer<typeof runnerMessage>;

/** The environments that can be installed, each for the executors that need it. */
export const RUNNER_NAMES = ['torch', 'openvino'] as const;
export type RunnerName = (typeof RUNNER_NAMES)[number];

/** Why the library at `name` is in an environment, and what it can use: `environment.json` in its folder. */
export const installedRunner = z.object({
  v: z.literal(1),
  name: z.string(),
  /** Which build of the library was installed: `cpu`, `cuda`, `rocm`. */
  build: z.string(),
  python: z.string(),
  python_version: z.string(),
  versions: z.record(z.string(), z.string()),
  /** Hardware classes that the build can use. */
  classes: z.array(z.string()),
  /** Of the lock file that it was installed from. */
  lock_sha256: z.string(),
  installed_at: z.string(),
});
export type InstalledRunner = z.infer<typeof installedRunner>;
