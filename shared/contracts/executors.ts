import type { z } from 'zod';
import { formatDuration } from '../format/duration.ts';
import { shorten } from '../format/shorten.ts';
import { isRecord } from '../runtime/is-record.ts';
import { withoutCatalogueDefaults } from './catalogue-defaults.ts';
import { importedConfig } from './imported.ts';
import {
  AUTO,
  commandConfig,
  type ExecutorName,
  type ExportConfig,
  exportConfig,
  type JobTask,
  noopConfig,
  onnxConfig,
  openvinoConfig,
  pluginConfig,
  type QuantizeConfig,
  quantizeConfig,
  streamCounts,
  type Task,
  type TaskSpec,
  torchConfig,
  type WorkerExecutorName,
  writtenPluginConfig,
} from './task.ts';

/** A task as the executor of that name gets it. */
export type JobTaskOf<Name extends WorkerExecutorName> = Extract<JobTask, { executor: Name }>;

type ConfigIn<Union, Name extends ExecutorName> = Extract<Union, { executor: Name; config: unknown }>['config'];

/** A config by the executor that reads it; `never` for one that is missing in a union of task.ts, so that its entry does not compile. */
export type ExecutorConfigs = {
  [Name in ExecutorName]: ConfigIn<TaskSpec, Name> &
    ConfigIn<Task, Name> &
    (Name extends WorkerExecutorName ? ConfigIn<JobTask, Name> : unknown);
};

/** What everything outside of the worker has to know of an executor; CONTRIBUTING.md says how to add one. */
export interface ExecutorEntry<Config> {
  config: z.ZodType<Config>;
  /** A config with every default and nothing else: what a field has to differ from to be a setting. */
  defaults: Readonly<Partial<Record<keyof Config, unknown>>>;
  /** What a task does, in a few words: `bw validate`. */
  describe(config: Config): string;
  /** How many measurements a task makes, each with a history of its own. */
  measurements(config: Config): number;
  /**
   * The share of a task that is measured, 0 to 1; undefined where nobody can know.
   * @param points - seen so far, by batch size; 0 for those that belong to none
   */
  measuredShare(config: Config, points: ReadonlyMap<number, number>): number | undefined;
  series: {
    /** Fields that are in the series' key themselves, or say only how long to measure and not what. */
    not_in_variant: ReadonlyArray<keyof Config>;
    /** Fields that say nothing about how long an attempt takes; a model's file may change with every build. */
    not_in_workload: ReadonlyArray<keyof Config>;
    /** Fields whose texts are paths, or may be. */
    paths: ReadonlyArray<keyof Config>;
    /** Brings ways to write the same settings into one form. */
    inOneForm?(config: Readonly<Record<string, unknown>>): Record<string, unknown>;
  };
}

/** Every executor, once. A new one does not compile until it is here. */
export const EXECUTOR_ENTRIES: { readonly [Name in ExecutorName]: ExecutorEntry<ExecutorConfigs[Name]> } = {
  onnx: {
    config: onnxConfig,
    defaults: onnxConfig.parse({ model: '-' }),
    describe: describeModel,
    measurements: ({ batch_sizes, ...config }) => batch_sizes.length * (1 + streamCounts(config).length),
    measuredShare: shareOfBatches,
    series: {
      not_in_variant: [
        'model',
        'batch_sizes',
        'precision',
        'scenario',
        'iterations',
        'warmup_iterations',
        'max_seconds',
        'max_memory_mb',
        'max_other_provider_share',
        'sha256',
        // In the names of the metrics: the history of one stream is that of tasks without.
        'concurrency',
      ],
      not_in_workload: ['max_memory_mb', 'max_other_provider_share', 'sha256'],
      paths: [],
      inOneForm: (config) => withoutCatalogueDefaults(sameInputs(config)),
    },
  },
  torch: {
    config: torchConfig,
    defaults: { ...torchConfig.parse({ model: 'bert' }), model: undefined },
    describe: ({ size, mode, ...config }) => {
      const named = typeof size === 'string' ? size : 'of its own size';
      return `${describeModel(config)} ${named}${mode === 'eager' ? '' : ` ${mode}`}`;
    },
    // `auto` measures at least one.
    measurements: ({ batch_sizes, ...config }) =>
      (batch_sizes === AUTO ? 1 : batch_sizes.length) * (1 + streamCounts(config).length),
    measuredShare: ({ batch_sizes, iterations }, points) =>
      batch_sizes === AUTO ? undefined : shareOfBatches({ batch_sizes, iterations }, points),
    series: {
      not_in_variant: [
        'model',
        'batch_sizes',
        'precision',
        'scenario',
        'iterations',
        'warmup_iterations',
        'max_seconds',
        'max_memory_mb',
        'max_cpu_seconds',
        // Metrics of their own: the history of the latency is that of tasks without.
        'concurrency',
        'startup_rounds',
      ],
      not_in_workload: ['max_memory_mb', 'max_cpu_seconds'],
      paths: [],
      inOneForm: ({ mix, ...config }) => (Array.isArray(mix) ? { ...config, mix: mix.toSorted() } : config),
    },
  },
  command: {
    config: commandConfig,
    defaults: commandConfig.parse({ command: ['-'] }),
    describe: ({ command }) => command.join(' '),
    measurements: () => 1,
    measuredShare: () => undefined,
    series: {
      not_in_variant: ['model', 'precision', 'max_memory_mb', 'junit', 'prepare'],
      not_in_workload: ['max_memory_mb', 'junit'],
      paths: ['command', 'working_directory'],
    },
  },
  noop: {
    config: noopConfig,
    defaults: noopConfig.parse({}),
    describe: ({ sleep_ms }) => (sleep_ms > 0 ? `sleeps ${formatDuration(sleep_ms / 1000)}` : 'nothing'),
    measurements: () => 1,
    measuredShare: ({ metric_points }, points) =>
      metric_points === 0 ? undefined : Math.min(1, (points.get(0) ?? 0) / metric_points),
    series: { not_in_variant: [], not_in_workload: [], paths: [] },
  },
  quantize: {
    config: quantizeConfig,
    // Without `to`, which every task says.
    defaults: { block_size: 32, max_error: 0.01, samples: 8, seed: 42 },
    describe: (config) => `${config.model} to ${quantizationInWords(config)}`,
    measurements: () => 1,
    measuredShare: () => undefined,
    series: {
      not_in_variant: ['model', 'max_memory_mb', 'sha256'],
      not_in_workload: ['max_memory_mb', 'sha256'],
      paths: [],
      inOneForm: (config) => sameInputs(config),
    },
  },
  openvino: {
    config: openvinoConfig,
    defaults: openvinoConfig.parse({ model: '-' }),
    describe: describeModel,
    measurements: ({ batch_sizes, ...config }) => batch_sizes.length * (1 + streamCounts(config).length),
    measuredShare: shareOfBatches,
    series: {
      not_in_variant: [
        'model',
        'batch_sizes',
        'precision',
        'scenario',
        'iterations',
        'warmup_iterations',
        'max_seconds',
        'max_memory_mb',
        'max_cpu_seconds',
        'sha256',
        'concurrency',
      ],
      not_in_workload: ['max_memory_mb', 'max_cpu_seconds', 'sha256'],
      paths: [],
      inOneForm: (config) => withoutCatalogueDefaults(sameInputs(config)),
    },
  },
  export: {
    config: exportConfig,
    defaults: { ...exportConfig.parse({ model: 'bert' }), model: undefined },
    describe: (config) => `${config.model} to ONNX, ${exportInWords(config)}`,
    measurements: () => 1,
    measuredShare: () => undefined,
    series: {
      not_in_variant: ['model', 'max_memory_mb', 'max_cpu_seconds', 'max_error'],
      not_in_workload: ['max_memory_mb', 'max_cpu_seconds', 'max_error'],
      paths: [],
    },
  },
  imported: {
    config: importedConfig,
    // A config is nothing without what it imports.
    defaults: {},
    describe: ({ tool, metrics }) => `${Object.keys(metrics).join(', ')} of ${tool}`,
    measurements: ({ metrics }) => Object.keys(metrics).length,
    measuredShare: () => undefined,
    series: {
      not_in_variant: ['metrics', 'device', 'facts', 'identity', 'measured_at', 'notes', 'model', 'precision'],
      not_in_workload: ['metrics', 'device', 'facts', 'identity', 'measured_at', 'notes'],
      paths: [],
    },
  },
  plugin: {
    config: pluginConfig,
    defaults: {},
    describe: (config) => shorten(JSON.stringify(writtenPluginConfig(config)), 200),
    measurements: () => 1,
    measuredShare: () => undefined,
    series: { not_in_variant: ['model', 'precision'], not_in_workload: [], paths: [] },
  },
};

/** Settings that two exports of a model type differ in: `tiny, opset 18`. Pure. */
export function exportInWords({ size, task, opset, seed, dimensions }: ExportConfig): string {
  const sizes = Object.entries(dimensions ?? {}).map(([name, value]) => `${name} ${value}`);
  const words = [
    typeof size === 'string' ? size : JSON.stringify(size),
    ...(task === undefined ? [] : [task]),
    ...sizes.sort(),
    `opset ${opset}`,
    ...(seed === exportConfig.shape.seed.parse(undefined) ? [] : [`seed ${seed}`]),
  ];
  return words.join(', ');
}

/** Of executors that measure a model at several batch sizes. */
function describeModel({
  model,
  batch_sizes,
  precision,
  scenario,
}: {
  model: string;
  batch_sizes: readonly number[] | typeof AUTO;
  precision?: string | undefined;
  scenario: string;
}): string {
  const sizes = batch_sizes === AUTO ? AUTO : batch_sizes.join(', ');
  const batches = sizes === '1' ? '' : ` batch ${sizes}`;
  return `${model}${batches}${precision === undefined ? '' : ` ${precision}`}${scenario === 'single_stream' ? '' : ` ${scenario}`}`;
}

/** A batch size that ended early, at its time limit, counts as done once a later one has points. */
function shareOfBatches(
  { batch_sizes, iterations }: { batch_sizes: readonly number[]; iterations: number },
  points: ReadonlyMap<number, number>,
): number {
  const current = batch_sizes.findLastIndex((size) => (points.get(size) ?? 0) > 0);
  if (current < 0) return 0;
  const seen = points.get(batch_sizes[current] ?? 0) ?? 0;
  return (current + Math.min(1, seen / iterations)) / batch_sizes.length;
}

/** What distinguishes one way to quantize a model from others: `int4, blocks of 32`. Pure. */
export function quantizationInWords({
  to,
  block_size,
  max_error,
}: Pick<QuantizeConfig, 'to' | 'block_size' | 'max_error'>): string {
  if (to === 'fp16' || to === 'int8_dynamic') return to;
  const blocks = `${to}, blocks of ${block_size}`;
  return to === 'mixed' ? `${blocks}, error at most ${max_error}` : blocks;
}

/** The entry of a task's executor, which reads that task's config. */
export function entryOf({ executor }: { executor: ExecutorName }): ExecutorEntry<ExecutorConfigs[ExecutorName]> {
  // A task's config is that of its executor: their schema is a discriminated union.
  return EXECUTOR_ENTRIES[executor] as ExecutorEntry<ExecutorConfigs[ExecutorName]>;
}

/** `dimensions: { n: batch }` is `batch_dimensions: [n]`, in any order, and `{ value: 1 }` is 1. */
function sameInputs(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { dimensions, batch_dimensions, inputs } = config;
  const copy = { ...config };
  if (isRecord(dimensions) && Object.values(dimensions).includes('batch')) {
    const entries = Object.entries(dimensions);
    copy.dimensions = Object.fromEntries(entries.filter(([, size]) => size !== 'batch'));
    const names = entries.filter(([, size]) => size === 'batch').map(([name]) => name);
    copy.batch_dimensions = [...(Array.isArray(batch_dimensions) ? batch_dimensions : []), ...names];
  }
  if (Array.isArray(copy.batch_dimensions)) copy.batch_dimensions = [...new Set(copy.batch_dimensions)].sort();
  if (isRecord(inputs)) {
    const plain = Object.entries(inputs).map(([name, rule]) => [
      name,
      isRecord(rule) && 'value' in rule ? rule.value : rule,
    ]);
    copy.inputs = Object.fromEntries(plain);
  }
  return copy;
}
