import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { modelNameOf } from '@benchwire/shared/contracts/model-artifact.ts';
import type { MetricResult, OutcomeResults, TaskError } from '@benchwire/shared/contracts/outcome.ts';
import { noteOn } from '@benchwire/shared/contracts/value-note.ts';
import type { Executor, ExecutorContext, ExecutorReport } from '../executor.ts';
import { childEnvironment } from '../onnx/child-environment.ts';
import { collectEnvironment } from '../onnx/environment.ts';
import type { ModelSourceOptions } from '../onnx/file-in-folders.ts';
import { findInputFiles } from '../onnx/find-input-files.ts';
import { resolveModel } from '../onnx/model-source.ts';
import { runChild } from '../onnx/run-child.ts';
import { settled } from '../settled-report.ts';
import { type StoreArtifact, storeModel } from '../store-model.ts';
import type { Quantized, QuantizeStart } from './messages.ts';

export interface QuantizeExecutorOptions extends ModelSourceOptions {
  hang_seconds: number;
  max_memory_mb: number | null;
  env: Readonly<Record<string, string | undefined>>;
  store: StoreArtifact;
}

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Stores a model's weights in fewer bits, says what that costs, and keeps the model for tasks that measure it. */
export function createQuantizeExecutor(options: QuantizeExecutorOptions): Executor<'quantize'> {
  return {
    name: 'quantize',
    async execute(context) {
      const report: ExecutorReport = {
        ...{ error: null, results: {}, environment: {}, precision: null, scenario: null, is_simulated: false },
      };
      const folder = await mkdtemp(join(tmpdir(), 'benchwire-quantize-'));
      try {
        return await settled(context, report, () => attempt(context, options, report, join(folder, 'model.onnx')));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

async function attempt(
  context: ExecutorContext<'quantize'>,
  options: QuantizeExecutorOptions,
  report: ExecutorReport,
  output_path: string,
): Promise<TaskError | null> {
  const { task, signal, log } = context;
  const { config, files: sent } = task;
  const source = { ...options, sent, made_of: task.made_of };
  const model = await resolveModel(config.model, config.sha256, source, signal);
  report.model = modelNameOf({ config: { model: model.name }, made_of: task.made_of }) ?? model.name;
  report.precision = config.to;
  report.environment = collectEnvironment(model, 'cpu');
  const inputs = await findInputFiles(config, source, signal);
  if (inputs.sha256 !== null) report.inputs_sha256 = inputs.sha256;
  const { catalogue } = model;
  const known = Object.entries(catalogue?.dimensions ?? {}).map(([name, { size }]) => [name, size] as const);
  const start: QuantizeStart = {
    type: 'start',
    ...{ to: config.to, block_size: config.block_size, max_error: config.max_error, samples: config.samples },
    ...{ output_path, model_path: model.path, model_files: model.files, model_name: config.model, seed: config.seed },
    ...{ provider: 'cpu', intra_op_num_threads: null, inter_op_num_threads: null },
    wishes: {
      batch_sizes: [1],
      dimensions: { ...Object.fromEntries(known), ...config.dimensions },
      shapes: config.shapes ?? {},
      batch_dimensions: config.batch_dimensions,
      inputs: config.inputs ?? {},
      files: inputs.files,
      known: catalogue && { inputs: catalogue.inputs, batch_dimension: catalogue.batch_dimension },
    },
  };
  let quantized: Quantized | undefined;
  const failed = await runChild({
    script: CHILD,
    env: childEnvironment(options.env, context.device),
    ...{ start, signal, log, hang_seconds: options.hang_seconds },
    max_memory_mb: Math.min(config.max_memory_mb ?? Infinity, options.max_memory_mb ?? Infinity),
    onMessage: async (message) => {
      if (message.type === 'quantized') quantized = message.quantized;
    },
  });
  if (failed !== null) return failed;
  if (quantized === undefined) throw new Error('the child has said nothing of what it made');
  log('[benchwire] storing the model');
  const made = { path: output_path, model: report.model, suffix: config.to, size_bytes: quantized.size_bytes };
  const artifact = await storeModel(made, options.store, signal);
  report.environment = { ...report.environment, onnxruntime_version: quantized.onnxruntime_version };
  report.results = { ...resultsOf(quantized), artifact };
  return null;
}

const BYTES_PER_MB = 1e6;

/** Sizes and errors as metrics, so that each has a history. */
function resultsOf(quantized: Quantized): OutcomeResults {
  const { size_bytes, original_bytes, weights_snr_db, outputs, kv_cache, stored, left, notes } = quantized;
  const metrics: Record<string, MetricResult> = {};
  const add = (name: string, value: number | null, unit: string | null, better: 'lower' | 'higher'): void => {
    if (value === null) return;
    metrics[name] = { value, unit, ci_low: null, ci_high: null, min: value, max: value, samples: 1, better };
  };
  add('model_size', size_bytes / BYTES_PER_MB, 'MB', 'lower');
  add('compression_ratio', original_bytes / size_bytes, null, 'higher');
  add('weights_snr', weights_snr_db, 'dB', 'higher');
  if (kv_cache !== null) {
    add('kv_cache_bytes', kv_cache.bytes, 'bytes', 'lower');
    add('kv_cache_compression', kv_cache.original_bytes / kv_cache.bytes, null, 'higher');
    add('kv_cache_snr', kv_cache.snr_db, 'dB', 'higher');
  }
  if (outputs !== null) {
    add('outputs_snr', outputs.snr_db, 'dB', 'higher');
    add('outputs_cosine', outputs.cosine, null, 'higher');
    add('outputs_relative_error', outputs.relative_error, null, 'lower');
    add('top1_agreement', outputs.top1_agreement === null ? null : 100 * outputs.top1_agreement, '%', 'higher');
  }
  const list = (counts: Record<string, number>): string =>
    Object.entries(counts)
      .map(([what, count]) => `${count} × ${what}`)
      .join(', ');
  return {
    metrics,
    notes: [
      `stored: ${list(stored)}`,
      ...(Object.keys(left).length === 0 ? [] : [`left as they are: ${list(left)}`]),
      ...(outputs === null ? [] : [`outputs compared on ${outputs.samples} generated inputs`]),
    ],
    ...(notes.length === 0 ? {} : { value_notes: notes.map((text) => noteOn('other', text)) }),
  };
}
