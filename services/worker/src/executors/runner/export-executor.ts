import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import type { MetricResult, TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { RunnerMessage, RunnerTask } from '@benchwire/shared/contracts/runner.ts';
import { badModel } from '@benchwire/shared/model/errors.ts';
import type { Executor, ExecutorContext, ExecutorReport } from '../executor.ts';
import { settled } from '../settled-report.ts';
import { type StoreArtifact, storeModel } from '../store-model.ts';
import { installedRunnerOf, type RunnerOptions, runnerEnvironment, runnerStart, smallest } from './runner-options.ts';
import { RunnerPool } from './runner-pool.ts';

export interface ExportExecutorOptions extends RunnerOptions {
  store: StoreArtifact;
}

/** Of the environment that models are exported in. */
const ENVIRONMENT = 'torch';
const BACKEND = 'export';
const BYTES_PER_MB = 1e6;

type Exported = Extract<RunnerMessage, { type: 'exported' }>;

/** Makes an ONNX file of a model type, in a Python runner, and keeps it for tasks that measure or quantize it. */
export function createExportExecutor(options: ExportExecutorOptions): Executor<'export'> & { stop(): void } {
  const pool = new RunnerPool();
  return {
    name: 'export',
    stop: () => pool.stop(),
    async execute(context) {
      const report: ExecutorReport = {
        ...{ error: null, results: {}, environment: {}, precision: 'fp32', scenario: null, is_simulated: false },
      };
      const folder = await mkdtemp(join(tmpdir(), 'benchwire-export-'));
      try {
        return await settled(context, report, () =>
          attempt(context, options, pool, report, join(folder, 'model.onnx')),
        );
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Fills `report` as far as it gets; the error it stopped at, if any. */
async function attempt(
  context: ExecutorContext<'export'>,
  options: ExportExecutorOptions,
  pool: RunnerPool,
  report: ExecutorReport,
  output_path: string,
): Promise<TaskError | null> {
  const { task, signal, log } = context;
  const { results } = report;
  const installed = await installedRunnerOf(ENVIRONMENT, options);
  const start = runnerStart(installed, options.backend ?? BACKEND, options);
  const runner = await pool.take(start);
  let exported: Exported | undefined;
  try {
    report.environment = await runnerEnvironment(runner, installed, results);
    const error = await runner.run(taskOf(context, options, output_path), {
      ...{ signal, log, hang_seconds: options.hang_seconds },
      onMessage: async (message) => {
        if (message.type === 'exported') exported = message;
        if (message.type !== 'loaded') return;
        results.timings = { ...results.timings, ...message.timings };
        report.environment = { ...report.environment, ...message.facts };
        if (message.notes.length > 0) results.notes = message.notes;
      },
    });
    if (error !== null) return error;
  } finally {
    pool.giveBack(start, runner);
  }
  if (exported === undefined) throw new Error('the runner has said nothing of what it made');
  results.metrics = metricsOf(exported);
  const { max_error, model, opset } = task.config;
  const { largest_difference } = exported;
  if (largest_difference > max_error)
    throw badModel(
      'EXPORT_DIFFERS',
      `The outputs of the exported model differ from PyTorch's by ${largest_difference.toPrecision(3)} of their largest value, more than max_error ${max_error}: the exporter changes what ${model} computes, or it draws random numbers.`,
    );
  log('[benchwire] storing the model');
  const made = { path: output_path, model, suffix: `opset${opset}`, size_bytes: exported.size_bytes };
  results.artifact = await storeModel(made, options.store, signal);
  return null;
}

function metricsOf({ size_bytes, relative_error, largest_difference }: Exported): Record<string, MetricResult> {
  const metric = (value: number, unit: string | null): MetricResult => ({
    ...{ value, unit, ci_low: null, ci_high: null, min: value, max: value, samples: 1, better: 'lower' },
  });
  return {
    model_size: metric(size_bytes / BYTES_PER_MB, 'MB'),
    outputs_relative_error: metric(relative_error, null),
    outputs_largest_difference: metric(largest_difference, null),
  };
}

function taskOf(
  { run_id, attempt, device, task }: ExecutorContext<'export'>,
  { max_memory_mb }: ExportExecutorOptions,
  output_path: string,
): RunnerTask {
  const { config } = task;
  const { size, opset, dimensions = {} } = config;
  return {
    type: 'task',
    id: attemptId({ run_id, task_id: task.task_id, attempt }),
    model: config.model,
    device: device.class,
    batch_sizes: [1],
    precision: 'fp32',
    seed: config.seed,
    // Nothing is measured.
    measure: { scenario: 'single_stream', iterations: 1, warmup_iterations: 0, max_seconds: 1, target_qps: null },
    options: { size, opset, dimensions, output_path, task: config.task ?? null },
    variables: {},
    limits: {
      wall_seconds: null,
      cpu_seconds: config.max_cpu_seconds ?? null,
      memory_mb: smallest(config.max_memory_mb, max_memory_mb),
    },
  };
}
