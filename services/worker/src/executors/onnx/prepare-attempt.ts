import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { OnnxConfig } from '@benchwire/shared/contracts/task.ts';
import { streamCounts } from '@benchwire/shared/contracts/task.ts';
import { badInput } from '@benchwire/shared/model/errors.ts';
import { modelPrecision } from '@benchwire/shared/model/model-precision.ts';
import type { ExecutorContext, ExecutorReport } from '../executor.ts';
import { collectEnvironment } from './environment.ts';
import type { ModelSourceOptions } from './file-in-folders.ts';
import { findInputFiles, type InputFiles } from './find-input-files.ts';
import { configInOneForm } from './input-wishes.ts';
import { type ResolvedModel, resolveModel } from './model-source.ts';
import { reportedPrecision } from './precision.ts';
import { resumeFrom } from './resume.ts';
import { measuredBefore } from './skip-if-fresh.ts';

/** What an attempt has to do once its files are there. */
export interface PreparedAttempt {
  model: ResolvedModel;
  inputs: InputFiles;
  /** Batch sizes that no earlier attempt has measured. */
  left: number[];
  /** What a checkpoint of it holds for. */
  conditions: string;
}

/** An attempt that found nothing to do needs none. */
export const NOTHING_LEFT = null;

/**
 * Finds the model and the inputs, and what of the task is still to be measured; the same wherever it is measured then. Fills
 * `report` as far as it gets.
 * @param provider - what runs the model: an execution provider of ONNX Runtime, or a browser's hardware class
 * @throws TaskFailure for what the request or its files are to blame
 */
export async function prepareAttempt(
  context: ExecutorContext<'onnx'>,
  options: ModelSourceOptions,
  provider: string,
  report: ExecutorReport,
): Promise<PreparedAttempt | typeof NOTHING_LEFT> {
  const { task } = context;
  const { config } = task;
  const { model, inputs } = await findFiles(context, options, provider, report);
  const one_form = await configInOneForm(task, model, inputs.files);
  if (one_form !== undefined) report.config_in_one_form = one_form;
  const before = await measuredBefore(
    context,
    { ...task, config: one_form ?? config },
    model,
    report.precision,
    inputs.sha256,
  );
  if (before.skipped !== undefined) {
    report.results = { skipped: before.skipped };
    report.did_only_a_part = true;
    return NOTHING_LEFT;
  }
  const resume = await resumeFrom(context, config, model, provider, inputs.sha256);
  report.results = resume.results;
  report.did_only_a_part = resume.left.length < config.batch_sizes.length;
  if (before.note !== undefined) report.results.notes = [...(report.results.notes ?? []), before.note];
  if (resume.left.length === 0) return NOTHING_LEFT;
  return { model, inputs, left: resume.left, conditions: resume.conditions };
}

/** @throws TaskFailure for settings that exclude each other */
export function checkScenario(config: OnnxConfig): void {
  if (config.scenario !== 'server') return;
  if (config.target_qps === undefined)
    throw badInput('TARGET_QPS_MISSING', 'The server scenario needs config.target_qps, the mean arrivals per second.');
  if (streamCounts(config).length > 0) {
    throw badInput(
      'CONCURRENCY_WITH_SERVER',
      'config.concurrency measures how much streams do that never wait, and the server scenario waits for arrivals: leave one of both out.',
    );
  }
}

/** The model and the input files of the task, and what they say about themselves. */
async function findFiles(
  { task: { config, files: sent, made_of }, signal }: ExecutorContext<'onnx'>,
  options: ModelSourceOptions,
  provider: string,
  report: ExecutorReport,
): Promise<{ model: ResolvedModel; inputs: InputFiles }> {
  const source = { ...options, sent, made_of };
  const model = await resolveModel(config.model, config.sha256, source, signal);
  report.model = made_of?.model ?? model.name;
  report.environment = collectEnvironment(model, provider);
  const precision = await modelPrecision(model.path);
  if (precision !== null) {
    const { weights, activations } = precision;
    report.environment = { ...report.environment, model_weights: weights, model_activations: activations };
  }
  report.precision = reportedPrecision(config, model.catalogue, precision);
  const inputs = await findInputFiles(config, source, signal);
  if (inputs.sha256 !== null) report.inputs_sha256 = inputs.sha256;
  return { model, inputs };
}

/** Keeps what has been measured for an attempt that follows; where nothing is left to measure none has to. */
export function checkpointOf(
  context: ExecutorContext<'onnx'>,
  report: ExecutorReport,
  conditions: string,
): () => Promise<void> {
  return async () => {
    if (Object.keys(report.results.batch_sizes ?? {}).length >= context.task.config.batch_sizes.length) return;
    const note = await context.checkpoints.save({ conditions, results: report.results });
    if (note !== undefined) context.log(`[benchwire] ${note}`);
  };
}

/** @returns the error of a task whose measured windows were all empty */
export function noArrivals({ results }: ExecutorReport): TaskError | null {
  if (results.batch_sizes !== undefined) return null;
  const text = 'No request arrived within max_seconds; raise config.target_qps or config.max_seconds.';
  return badInput('NO_SAMPLES', text).task_error;
}
