import { z } from 'zod';
import { isRecord } from '../runtime/is-record.ts';
import { slipOf } from '../runtime/near-names.ts';
import { baseSide, taskBase } from './base.ts';
import { BETTER } from './direction.ts';
import { hardwareClass, instructionSet, labels } from './hardware.ts';
import { sha256Hex, taskId, token } from './ids.ts';
import { importedConfig } from './imported.ts';
import { inputSetting } from './input-setting.ts';
import { madeOf, withShortReference } from './model-artifact.ts';
import { pluginName } from './plugin.ts';
import { PLUGIN_NAME } from './plugin-kinds.ts';
import { requestFiles } from './request-file.ts';

export const batchSizes = z
  .array(z.int().min(1).max(65_536))
  .min(1)
  .max(32)
  .refine((sizes) => new Set(sizes).size === sizes.length, 'batch sizes must differ from each other');

/** Zero is a size: of a cache that is empty, for one. */
const sizeOrBatch = z.union([z.int().min(0), z.literal('batch')]);

/** `auto`: the worker finds those that are worth measuring. Since 0.6. */
export const AUTO = 'auto';
export const batchSizesOrAuto = z.union([batchSizes, z.literal(AUTO)], {
  error: 'batch sizes are a list such as [1, 8], or auto',
});

/** Batch sizes that `auto` may measure: powers of two, so that a size is the same series in every run. */
export const AUTO_SIZES: readonly number[] = Array.from({ length: 13 }, (_, power) => 2 ** power);

const streams = z.int().min(1).max(256);

/**
 * A catalogue name, a path inside the worker's model folders, an https URL (then with `sha256`), or `{ artifact_of: TASK }`: the
 * model that another task of the request makes, which is read as `artifact_of:TASK`.
 */
const modelReference = z
  .string({ error: 'a model is a name, a path, a URL, or { artifact_of: TASK } for one that another task makes' })
  .min(1)
  .max(2048);

/** `onnx`: measures one model with ONNX Runtime; docs/requests-reference.md. */
export const onnxConfig = z.strictObject({
  model: modelReference,
  sha256: sha256Hex.optional(),
  batch_sizes: batchSizes.default([1]),
  precision: z.string().min(1).max(32).optional(),
  /** Measured inferences per batch size. */
  iterations: z.int().min(1).max(10_000_000).default(100),
  warmup_iterations: z.int().min(0).max(1_000_000).default(10),
  /** Upper bound on the measured window of one batch size; fewer samples than `iterations` then, and the result says so. */
  max_seconds: z.number().positive().max(86_400).default(60),
  /**
   * `single_stream`: one inference after the other. `offline`: the same, with a pause for the samples every 10 s instead of every second; not
   * MLPerf's scenario of that name, which `concurrency` is nearer to. `server`: inferences at random arrivals.
   */
  scenario: z.enum(['single_stream', 'offline', 'server']).default('single_stream'),
  /**
   * Numbers of streams that run at once, each with a session of its own, to be measured besides one stream: what they do in all, and how
   * much more that is. Not in the `server` scenario. Since 0.5.
   */
  concurrency: z.union([streams, z.array(streams).min(1).max(8)]).optional(),
  /** Mean arrivals per second of the `server` scenario. */
  target_qps: z.number().positive().max(1_000_000).optional(),
  intra_op_num_threads: z.int().min(1).max(1024).optional(),
  inter_op_num_threads: z.int().min(1).max(1024).optional(),
  /** Seed of the generated inputs and arrivals. */
  seed: z.int().min(0).max(0xffffffff).default(42),
  /** Sizes of named dynamic dimensions, `{ "height": 224 }`; `batch` for one that counts the items of a batch. */
  dimensions: z.record(z.string(), sizeOrBatch).optional(),
  /** Whole shapes per input, without touching the others: `{ "pixels": ["batch", 3, 224, 224] }`. */
  shapes: z.record(z.string(), z.array(sizeOrBatch)).optional(),
  /** The names of the dynamic dimensions that count the items of a batch; empty for none. Since 0.4. */
  batch_dimensions: z.array(z.string().min(1)).max(1000).optional(),
  /** What inputs are filled with, by name; the others as by default. Since 0.4. */
  inputs: z.record(z.string(), inputSetting).optional(),
  /**
   * Of the nodes that compute, the share that may run on another execution provider than the device's; above it the task
   * fails. 0 for none, 1 for any. Since 0.5.
   */
  max_other_provider_share: z.number().min(0).max(1).default(0),
  /** Memory the measuring process may use; more ends the task as out_of_memory. */
  max_memory_mb: z.int().min(16).optional(),
});
export type OnnxConfig = z.infer<typeof onnxConfig>;

/** The numbers of streams to be measured besides one, ascending. Pure. */
export function streamCounts({ concurrency }: Pick<OnnxConfig, 'concurrency'>): number[] {
  return [...new Set([concurrency ?? []].flat())].filter((count) => count > 1).sort((a, b) => a - b);
}

const modelType = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'a model type such as bert or vit');

/** `torch`: builds a model type from its configuration, with random weights, and measures it with PyTorch. Since 0.6. */
export const torchConfig = z.strictObject({
  /** A Hugging Face model type: `bert`, `whisper`. */
  model: modelType,
  /** `base`: as the type's configuration is by default. `tiny`: small. Or fields of the configuration. */
  size: z
    .union([
      z.enum(['tiny', 'base']),
      z
        .record(z.string().max(128), z.json())
        .refine((fields) => Object.keys(fields).length <= 256, 'has more than 256 fields'),
    ])
    .default('base'),
  /** What the model is for, where its type has several: `fill-mask`. */
  task: z.string().min(1).max(64).optional(),
  /** Where the weights come from: drawn from the seed. */
  weights: z.literal('random').default('random'),
  batch_sizes: batchSizesOrAuto.default([1]),
  precision: z.enum(['fp32', 'fp16', 'bf16']).default('fp32'),
  /** `compile`: torch.compile, whose time is reported apart. */
  mode: z.enum(['eager', 'compile']).default('eager'),
  iterations: onnxConfig.shape.iterations,
  warmup_iterations: onnxConfig.shape.warmup_iterations,
  max_seconds: onnxConfig.shape.max_seconds,
  scenario: onnxConfig.shape.scenario,
  target_qps: onnxConfig.shape.target_qps,
  intra_op_num_threads: onnxConfig.shape.intra_op_num_threads,
  /** Seed of weights, inputs and arrivals. */
  seed: onnxConfig.shape.seed,
  /** As in `onnx`, with a process for each stream. */
  concurrency: onnxConfig.shape.concurrency,
  /** Other model types that run at the same time, to be measured besides the model alone: how they slow each other down. */
  mix: z
    .array(modelType)
    .min(1)
    .max(15)
    .refine((types) => new Set(types).size === types.length, 'model types must differ from each other')
    .optional(),
  /** So many times the start of the model is measured: importing its module, making its class, drawing its weights. */
  startup_rounds: z.int().min(1).max(20).optional(),
  /** Sizes of what is fed: `{ "sequence_length": 128 }`, `{ "image_size": 224 }`. */
  dimensions: z.record(z.string().max(128), z.int().min(1).max(1_000_000)).optional(),
  max_memory_mb: onnxConfig.shape.max_memory_mb,
  /** Processor time that the measuring process may use, of all its threads. */
  max_cpu_seconds: z.number().positive().max(604_800).optional(),
});
export type TorchConfig = z.infer<typeof torchConfig>;

/** `openvino`: measures an ONNX file with OpenVINO; fields mean what they do in `onnx`. Since 0.6. */
export const openvinoConfig = z.strictObject({
  model: modelReference,
  sha256: sha256Hex.optional(),
  batch_sizes: batchSizes.default([1]),
  /** What the device shall compute in (`INFERENCE_PRECISION_HINT`); OpenVINO's choice when absent. */
  precision: z.enum(['fp32', 'fp16', 'bf16']).optional(),
  iterations: onnxConfig.shape.iterations,
  warmup_iterations: onnxConfig.shape.warmup_iterations,
  max_seconds: onnxConfig.shape.max_seconds,
  scenario: onnxConfig.shape.scenario,
  target_qps: onnxConfig.shape.target_qps,
  concurrency: onnxConfig.shape.concurrency,
  intra_op_num_threads: onnxConfig.shape.intra_op_num_threads,
  seed: onnxConfig.shape.seed,
  dimensions: onnxConfig.shape.dimensions,
  shapes: onnxConfig.shape.shapes,
  batch_dimensions: onnxConfig.shape.batch_dimensions,
  inputs: onnxConfig.shape.inputs,
  max_memory_mb: onnxConfig.shape.max_memory_mb,
  max_cpu_seconds: torchConfig.shape.max_cpu_seconds,
});
export type OpenvinoConfig = z.infer<typeof openvinoConfig>;

/** `export`: makes an ONNX file of a model type with random weights, for tasks that measure or quantize it. Since 0.6. */
export const exportConfig = z.strictObject({
  model: torchConfig.shape.model,
  size: torchConfig.shape.size,
  task: torchConfig.shape.task,
  weights: torchConfig.shape.weights,
  /** Of weights, and of the inputs that the outputs are compared on. */
  seed: torchConfig.shape.seed,
  dimensions: torchConfig.shape.dimensions,
  /** The version of ONNX's operators. */
  opset: z.int().min(18).max(24).default(18),
  /** The difference from PyTorch's outputs that may be, relative to the largest value of an output. */
  max_error: z.number().positive().max(1).default(0.001),
  max_memory_mb: onnxConfig.shape.max_memory_mb,
  max_cpu_seconds: torchConfig.shape.max_cpu_seconds,
});
export type ExportConfig = z.infer<typeof exportConfig>;

/** A decoder's key-value cache in fewer bits, with its weights as they are. */
const KV_CACHE_BITS = { kv_int8: 8, kv_int4: 4, kv_int2: 2 } as const;

/** What weights can be stored as. `mixed`: int4 where the model bears it, and int8 elsewhere. */
export const QUANTIZATIONS = [
  ...(['fp16', 'int8', 'int8_dynamic', 'int4', 'int3', 'int2', 'mixed'] as const),
  ...(['kv_int8', 'kv_int4', 'kv_int2'] as const),
] as const;

/** Bits of a number of the cache; undefined where weights are quantized. */
export const kvCacheBits = (to: (typeof QUANTIZATIONS)[number]): number | undefined =>
  (KV_CACHE_BITS as Readonly<Record<string, number>>)[to];

/** `quantize`: stores a model's weights in fewer bits, and measures what that costs; docs/quantization.md. Since 0.6. */
export const quantizeConfig = z.strictObject({
  model: modelReference,
  sha256: sha256Hex.optional(),
  to: z.enum(QUANTIZATIONS),
  /** So many weights of a column share a scale: smaller blocks are more exact, and larger. Not for fp16 and int8_dynamic. */
  block_size: z.literal([16, 32, 64, 128, 256]).default(32),
  /** Of `mixed`: the error of the outputs that may be, relative to them (root of the mean square). */
  max_error: z.number().positive().max(1).default(0.01),
  /** How many inputs the outputs are compared on. */
  samples: z.int().min(1).max(1000).default(8),
  /** Of the generated inputs; the fields below mean what they do in `onnx`. */
  seed: z.int().min(0).max(0xffffffff).default(42),
  dimensions: z.record(z.string(), sizeOrBatch).optional(),
  shapes: z.record(z.string(), z.array(sizeOrBatch)).optional(),
  batch_dimensions: z.array(z.string().min(1)).max(1000).optional(),
  inputs: z.record(z.string(), inputSetting).optional(),
  max_memory_mb: z.int().min(16).optional(),
});
export type QuantizeConfig = z.infer<typeof quantizeConfig>;

const reportPath = z.string().min(1).max(1024);

/** `command`: any program; each stdout line that is a JSON object with `metric` and `value` becomes a metric point. */
export const commandConfig = z.strictObject({
  /** The program and its arguments; started without a shell. */
  command: z.array(z.string().max(65_536)).min(1).max(1024),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not a variable name'), z.string()).optional(),
  working_directory: z.string().optional(),
  /** Run before the program, in the same folder, and not measured: `[git, checkout, "{commit}"]`. Since 0.5. */
  prepare: z.array(z.string().max(65_536)).min(1).max(1024).optional(),
  max_memory_mb: z.int().min(16).optional(),
  /** What the program measures, for the series; free text such as a model's name. */
  model: z.string().min(1).max(256).optional(),
  precision: z.string().min(1).max(32).optional(),
  /**
   * Where the program of a task of type `test` writes its JUnit XML: paths or patterns (`reports/*.xml`), from the folder that it
   * runs in. Without it, the usual flags (`--junitxml=…`) tell. Since 0.5.
   */
  junit: z.union([reportPath, z.array(reportPath).min(1).max(16)]).optional(),
});
export type CommandConfig = z.infer<typeof commandConfig>;

/** `noop`: in-process, measures nothing real; for tests and load. Whatever it reports is marked as simulated. */
export const noopConfig = z.strictObject({
  sleep_ms: z.number().min(0).max(86_400_000).default(0),
  /** How the attempt ends; `hang` ignores everything but an abort, `exit` ends the worker process. */
  behaviour: z.enum(['complete', 'fail', 'throw', 'hang', 'exit']).default('complete'),
  /** With `fail`, only the first n attempts fail. */
  fail_attempts: z.int().min(1).optional(),
  retriable: z.boolean().default(true),
  /** Publishes this many points of the metric `noop_value`, in batches of `metric_batch_points`. */
  metric_points: z.int().min(0).max(100_000_000).default(0),
  metric_batch_points: z.int().min(1).max(100_000).default(1000),
  /** Reported as the result metric `noop_value`. */
  value: z.number().optional(),
});
export type NoopConfig = z.infer<typeof noopConfig>;

/** A time with its zone: `2026-11-22T06:00:00Z`. */
export const deadline = z.iso.datetime({ offset: true, error: 'a time with its zone, such as 2026-11-22T06:00:00Z' });

export const requirements = z.strictObject({
  /** Only this pool, to measure on the same hardware again. Since 0.3. */
  pool: token.optional(),
  /** Any one of these; absent or empty means any class. */
  hardware: z.array(hardwareClass).max(32).default([]),
  min_memory_gb: z.number().min(0).optional(),
  min_cuda_compute: z.number().min(0).optional(),
  /** That the processor must have, all of them: `avx512`, `amx_int8`. Since 0.2. */
  instruction_sets: z.array(instructionSet).max(32).optional(),
  labels: labels.default({}),
});
export type Requirements = z.infer<typeof requirements>;

export const retryPolicy = z.strictObject({
  max_retries: z.int().min(0).max(100).default(3),
  /** Base of the exponential backoff; the wait before retry n is drawn from [0, base * 2^(n-1)], at most an hour. */
  retry_delay_seconds: z.number().min(0).max(86_400).default(5),
  /**
   * Whether a failed test is tried again like other failures. Of a task of type `test` only where this or `max_retries` is
   * written: a failed test is a result. Since 0.5.
   */
  retry_failed_tests: z.boolean().optional(),
});

/** A place in a config: `env.BUILD_ID`, `command[3]`; `config.` may stand before it. */
const configPlace = z
  .string()
  .max(256)
  .regex(/^[A-Za-z_][^\s[\]]*(\[\d{1,4}\])?$/, 'name a place in config, such as env.BUILD_ID or command[3]');

/** `quantize` and `export` go with the executors of these names, since 0.6. */
export const TASK_TYPES = ['benchmark', 'test', 'quantize', 'export'] as const;

const taskFields = {
  task_id: taskId,
  type: z.enum(TASK_TYPES).default('benchmark'),
  /** First part of the series' name; the request's name when absent. */
  benchmark: z.string().min(1).max(256).optional(),
  /** 0 to 100; higher goes first. The request's when absent. */
  priority: z.int().min(0).max(100).optional(),
  requirements: requirements.prefault({}),
  depends_on: z.array(taskId).max(1000).default([]),
  /** `success`: skipped unless all that it depends on has completed; `always`: runs however that ended. Since 0.2. */
  run_when: z.enum(['success', 'always']).default('success'),
  /** When it should be done; of equally urgent tasks the one that is due first goes first. Since 0.2. */
  deadline: deadline.optional(),
  /** What a missed deadline does: an event, or an end to the task as well. Since 0.2. */
  on_missed_deadline: z.enum(['report', 'end']).default('report'),
  /** `any`: one matching pool; `each`: one task per matching pool, to compare hardware. */
  placement: z.enum(['any', 'each']).default('any'),
  /** Workers of its pool that the others leave it to, as long as these have time. Since 0.3. */
  prefer_workers: z.array(token).max(16).optional(),
  /** Workers that leave it to others of the pool, as long as those have time. Since 0.3. */
  avoid_workers: z.array(token).max(16).optional(),
  /** How many times the whole task is to be run, as tasks of their own. */
  repetitions: z.int().min(1).max(100_000).default(1),
  /** Of one attempt's execution; also how long a task that no pool can serve is kept waiting. */
  timeout_seconds: z
    .number()
    .positive()
    .max(7 * 86_400)
    .default(1800),
  retry_policy: retryPolicy.prefault({}),
  /**
   * Places in `config` that say nothing about what is measured, such as a build's number: `env.BUILD_ID`, `command[3]`.
   * Tasks that differ in nothing else share their history. Since 0.4.
   */
  not_in_series: z.array(configPlace).max(64).optional(),
  /** Of a request with a `base`: what the task's base side has in the place of its config's, or `false` for none. Since 0.5. */
  base: taskBase.optional(),
};

/** What a task says about the metrics that its program reports, by name; a metric line that says it itself goes before. */
export const metricFacts = z.record(
  z.string().min(1).max(256),
  z.strictObject({
    better: z.enum(BETTER).optional(),
    /** Of values that are printed without one. */
    unit: z.string().min(1).max(32).optional(),
  }),
);
export type MetricFactsMap = z.infer<typeof metricFacts>;

/** `true`: whenever it was measured; an age: not longer ago than that. */
export const skipIfFresh = z.union([z.boolean(), z.strictObject({ max_age_seconds: z.number().positive() })]);
export type SkipIfFresh = z.infer<typeof skipIfFresh>;

/** The executors, each with the schema of its config. */
const onnxTask = z.strictObject({
  ...taskFields,
  executor: z.literal('onnx'),
  config: onnxConfig,
  /**
   * Skips the task when all its batch sizes have been measured already: the same model file, settings and environment.
   * Only for `onnx`, where the file that is measured is known. Since 0.2.
   */
  skip_if_fresh: skipIfFresh.optional(),
});
const commandTask = z.strictObject({
  ...taskFields,
  executor: z.literal('command'),
  config: commandConfig,
  /** Since 0.4. */
  metrics: metricFacts.optional(),
});
const torchTask = z.strictObject({ ...taskFields, executor: z.literal('torch'), config: torchConfig });
const noopTask = z.strictObject({ ...taskFields, executor: z.literal('noop'), config: noopConfig.prefault({}) });

const quantizeTask = z.strictObject({
  ...taskFields,
  executor: z.literal('quantize'),
  type: z.literal('quantize').default('quantize'),
  config: quantizeConfig,
});

const openvinoTask = z.strictObject({ ...taskFields, executor: z.literal('openvino'), config: openvinoConfig });
const exportTask = z.strictObject({
  ...taskFields,
  executor: z.literal('export'),
  type: z.literal('export').default('export'),
  config: exportConfig,
});

/** What another tool measured: no worker runs it. Since 0.6. */
const importedTask = z.strictObject({ ...taskFields, executor: z.literal('imported'), config: importedConfig });

/**
 * What an executor does that a plug-in of the worker brings. Its author says which fields there are, and the worker checks them. They are
 * written as in every config, and kept apart here: none of them means what a field of ours means. Since 0.6.
 */
export const pluginConfig = z.strictObject({
  /** Part of the series, as everywhere. */
  model: z.string().min(1).max(256).optional(),
  precision: z.string().min(1).max(32).optional(),
  plugin_config: z.record(z.string().max(128), z.json()).optional(),
});
export type PluginConfig = z.infer<typeof pluginConfig>;

/** The config as the plug-in's author knows it. Pure. */
export function writtenPluginConfig({ plugin_config = {}, ...known }: PluginConfig): Record<string, unknown> {
  return { ...plugin_config, ...known };
}

/** Whatever is no field of ours belongs to the plug-in. */
function withPluginConfig(config: unknown): unknown {
  if (!isRecord(config)) return config;
  const { model, precision, plugin_config: before = {}, ...own } = config;
  if (!isRecord(before)) return config;
  const known = { ...(model === undefined ? {} : { model }), ...(precision === undefined ? {} : { precision }) };
  const plugin_config = { ...before, ...own };
  return { ...known, ...(Object.keys(plugin_config).length === 0 ? {} : { plugin_config }) };
}

/** Written as `executor: NAME`. */
const pluginTask = z.strictObject({
  ...taskFields,
  executor: z.literal('plugin'),
  plugin: pluginName,
  config: pluginConfig.prefault({}),
});

/** Executors of Benchwire's own that workers can offer. */
export const WORKER_EXECUTORS = ['onnx', 'torch', 'command', 'noop', 'quantize', 'export', 'openvino'] as const;
/** With those that plug-ins bring. */
export type WorkerExecutorName = (typeof WORKER_EXECUTORS)[number] | 'plugin';
export const EXECUTORS = [...WORKER_EXECUTORS, 'imported', 'plugin'] as const;
export type ExecutorName = (typeof EXECUTORS)[number];

/** A task as a user writes it. `executor` is `onnx` when absent, so that the seed format needs none. */
export const taskSpec = z.preprocess(
  (value) => (isRecord(value) ? withAskedRetries(withExecutor(value)) : value),
  z.discriminatedUnion('executor', [
    onnxTask,
    torchTask,
    commandTask,
    noopTask,
    quantizeTask,
    exportTask,
    openvinoTask,
    importedTask,
    pluginTask,
  ]),
);
export type TaskSpec = z.infer<typeof taskSpec>;

/** With the executor that goes without saying, and the one form of a model that another task makes. */
function withExecutor(task: Record<string, unknown>): Record<string, unknown> {
  const { type, executor = type === 'quantize' || type === 'export' ? type : 'onnx' } = task;
  const config = withShortReference(task.config);
  const named = isPluginName(executor) ? { executor: 'plugin', plugin: executor } : { executor };
  const own = named.executor === 'plugin' ? withPluginConfig(config) : config;
  return { ...task, ...named, ...(own === undefined ? {} : { config: own }) };
}

/** Any name that is none of ours, and not near enough to one to be a slip of the pen. */
function isPluginName(executor: unknown): boolean {
  if (typeof executor !== 'string' || EXECUTORS.some((name) => name === executor)) return false;
  return PLUGIN_NAME.test(executor) && slipOf(executor, EXECUTORS) === undefined;
}

/** Of the executor `plugin`, which plug-in. Pure. */
export function pluginOf(of: { executor: ExecutorName; plugin?: string }): { plugin?: string } {
  return of.plugin === undefined ? {} : { plugin: of.plugin };
}

/** The executor's name as people know it: of a plug-in its own. Pure. */
export function executorNameOf(of: { executor: ExecutorName; plugin?: string }): string {
  return of.executor === 'plugin' ? (of.plugin ?? of.executor) : of.executor;
}

/** A user who writes how often a test is to be tried again wants it tried again. Afterwards nobody knows what was written. */
function withAskedRetries(task: Record<string, unknown>): Record<string, unknown> {
  const { type, retry_policy } = task;
  if (type !== 'test' || !isRecord(retry_policy) || retry_policy.max_retries === undefined) return task;
  return { ...task, retry_policy: { retry_failed_tests: true, ...retry_policy } };
}

const resolved = {
  /** The id that the user wrote. */
  base_task_id: taskId,
  benchmark: z.string(),
  priority: z.int(),
  /** The pool an `each` task is bound to; null where any matching pool will do. */
  pool: token.nullable(),
  /** The request's files that its config names (request-file.ts says who can have them). Since 0.5. */
  files: requestFiles.optional(),
  /** Where its model comes from, when another task of the run makes it. Since 0.6. */
  made_of: madeOf.optional(),
};

/** A task after `expand`: matrix, repetitions and `each` are resolved, so it runs on exactly one device. */
export const task = z.discriminatedUnion('executor', [
  onnxTask.extend({ ...resolved, base_side: baseSide.extend({ config: onnxConfig }).optional() }),
  torchTask.extend({ ...resolved, base_side: baseSide.extend({ config: torchConfig }).optional() }),
  commandTask.extend({ ...resolved, base_side: baseSide.extend({ config: commandConfig }).optional() }),
  noopTask.extend({ ...resolved, base_side: baseSide.extend({ config: noopConfig }).optional() }),
  quantizeTask.extend({ ...resolved, base_side: baseSide.extend({ config: quantizeConfig }).optional() }),
  exportTask.extend({ ...resolved, base_side: baseSide.extend({ config: exportConfig }).optional() }),
  openvinoTask.extend({ ...resolved, base_side: baseSide.extend({ config: openvinoConfig }).optional() }),
  importedTask.extend({ ...resolved, base_side: baseSide.extend({ config: importedConfig }).optional() }),
  pluginTask.extend({ ...resolved, base_side: baseSide.extend({ config: pluginConfig }).optional() }),
]);
export type Task = z.infer<typeof task>;

/** What a worker needs of a task; the rest was for the scheduler. */
const forWorker = {
  task_id: true,
  executor: true,
  config: true,
  benchmark: true,
  timeout_seconds: true,
  not_in_series: true,
} as const;
export const jobTask = z.discriminatedUnion('executor', [
  onnxTask
    .extend({ ...resolved, base_side: baseSide.extend({ config: onnxConfig }).optional() })
    .pick({ ...forWorker, skip_if_fresh: true, files: true, made_of: true, base_side: true })
    .strip(),
  torchTask
    .extend({ ...resolved, base_side: baseSide.extend({ config: torchConfig }).optional() })
    .pick({ ...forWorker, base_side: true })
    .strip(),
  // A test need not report a metric, a benchmark should. Since 0.3.
  commandTask
    .extend({ ...resolved, base_side: baseSide.extend({ config: commandConfig }).optional() })
    .pick({ ...forWorker, type: true, metrics: true, base_side: true })
    // Only in jobs of tests: whether one that fails is tried again. Since 0.5.
    .extend({ retry_policy: retryPolicy.optional() })
    .strip(),
  noopTask
    .extend({ ...resolved, base_side: baseSide.extend({ config: noopConfig }).optional() })
    .pick({ ...forWorker, base_side: true })
    .strip(),
  quantizeTask
    .extend({ ...resolved, base_side: baseSide.extend({ config: quantizeConfig }).optional() })
    .pick({ ...forWorker, files: true, made_of: true, base_side: true })
    .strip(),
  exportTask
    .extend({ ...resolved, base_side: baseSide.extend({ config: exportConfig }).optional() })
    .pick({ ...forWorker, base_side: true })
    .strip(),
  openvinoTask
    .extend({ ...resolved, base_side: baseSide.extend({ config: openvinoConfig }).optional() })
    .pick({ ...forWorker, files: true, made_of: true, base_side: true })
    .strip(),
  pluginTask
    .extend({ ...resolved, base_side: baseSide.extend({ config: pluginConfig }).optional() })
    .pick({ ...forWorker, type: true, plugin: true, base_side: true })
    .strip(),
]);
export type JobTask = z.infer<typeof jobTask>;
