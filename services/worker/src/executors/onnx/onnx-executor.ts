import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OutcomeResults, TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { OnnxConfig } from '@benchwire/shared/contracts/task.ts';
import { streamCounts } from '@benchwire/shared/contracts/task.ts';
import type { ValueNote } from '@benchwire/shared/contracts/value-note.ts';
import { badInput, TaskFailure } from '@benchwire/shared/model/errors.ts';
import { modelPrecision } from '@benchwire/shared/model/model-precision.ts';
import { providerOfClass } from '../../devices/hardware-classes.ts';
import type { Executor, ExecutorContext, ExecutorReport } from '../executor.ts';
import { createSampleSink } from '../samples/sample-sink.ts';
import { childEnvironment } from './child-environment.ts';
import { collectEnvironment } from './environment.ts';
import { type FedInputs, inputsInWords } from './fed-inputs.ts';
import type { ModelSourceOptions } from './file-in-folders.ts';
import { findInputFiles, type InputFiles } from './find-input-files.ts';
import { configInOneForm, wishesOf } from './input-wishes.ts';
import { memoryOf } from './memory.ts';
import type { StartMessage } from './messages.ts';
import { type ResolvedModel, resolveModel } from './model-source.ts';
import { reportedPrecision } from './precision.ts';
import { type PlacedNodes, placementNotes, placementOf, proveProvider } from './profile.ts';
import { noProviderError, type ProviderName } from './providers.ts';
import { resumeFrom } from './resume.ts';
import { abortError, type RunChildOptions, runChild } from './run-child.ts';
import { measuredBefore } from './skip-if-fresh.ts';

export interface OnnxExecutorOptions extends ModelSourceOptions {
  /** Of this machine's ONNX Runtime; undefined where nobody asked it, and then a session shows. */
  providers?: ReadonlySet<string> | undefined;
  /** A measuring process that says nothing for this long hangs; longer than the slowest single inference. */
  hang_seconds: number;
  /** A task's own `max_memory_mb` can only be lower; null for no limit. */
  max_memory_mb: number | null;
  /** The worker's own environment variables; of these only what libraries and devices need reaches the child. */
  env: Readonly<Record<string, string | undefined>>;
}

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Measures ONNX models: finds the model, proves the execution provider, measures. */
export function createOnnxExecutor(options: OnnxExecutorOptions): Executor<'onnx'> {
  return {
    name: 'onnx',
    async execute(context) {
      const report: ExecutorReport = {
        error: null,
        results: {},
        environment: {},
        precision: null,
        scenario: null,
        is_simulated: false,
      };
      try {
        report.error = await attempt(context, options, report);
      } catch (error) {
        // An abort surfaces as whatever it interrupted.
        if (context.signal.aborted) report.error = abortError(context.signal);
        else if (error instanceof TaskFailure) report.error = error.task_error;
        else throw error;
      }
      return report;
    },
  };
}

/** Fills `report` as far as it gets; the error it stopped at, if any. */
async function attempt(
  context: ExecutorContext<'onnx'>,
  options: OnnxExecutorOptions,
  report: ExecutorReport,
): Promise<TaskError | null> {
  const { task, device } = context;
  const { config } = task;
  report.scenario = config.scenario;
  report.precision = config.precision ?? null;
  checkScenario(config);
  const provider = providerOfClass(device.class);
  if (provider === null || options.providers?.has(provider) === false)
    return noProviderError(device.class, options.providers);

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
    return null;
  }
  const resume = await resumeFrom(context, config, model, provider, inputs.sha256);
  report.results = resume.results;
  report.did_only_a_part = resume.left.length < config.batch_sizes.length;
  if (before.note !== undefined) report.results.notes = [...(report.results.notes ?? []), before.note];
  if (resume.left.length === 0) return null;
  const start = startMessage({ ...config, batch_sizes: resume.left }, model, provider, inputs.files);
  const measurement = {
    context,
    report,
    provider,
    start,
    conditions: resume.conditions,
    run: childOf(context, options, start),
  };
  const fed = new Map<number, FedInputs>();
  const unproven = await prove(measurement, fed);
  return unproven ?? (await measure(measurement, fed));
}

function checkScenario(config: OnnxConfig): void {
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
  options: OnnxExecutorOptions,
  provider: ProviderName,
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

type RunOnce = (changes: Partial<StartMessage>, onMessage: RunChildOptions['onMessage']) => Promise<TaskError | null>;

/** Runs the start message, changed or not, in a process of its own. */
function childOf(context: ExecutorContext<'onnx'>, options: OnnxExecutorOptions, start: StartMessage): RunOnce {
  return (changes, onMessage) =>
    runChild({
      script: CHILD,
      env: childEnvironment(options.env, context.device),
      start: { ...start, ...changes },
      signal: context.signal,
      hang_seconds: options.hang_seconds,
      max_memory_mb: smallest(context.task.config.max_memory_mb, options.max_memory_mb),
      log: context.log,
      onMessage,
    });
}

interface Measurement {
  context: ExecutorContext<'onnx'>;
  report: ExecutorReport;
  provider: ProviderName;
  start: StartMessage;
  /** What a checkpoint of it holds for. */
  conditions: string;
  run: RunOnce;
}

/**
 * Proves that the execution provider runs the model, in a process of its own: profiling leaves no trace in what is measured.
 * @param fed - gets what each batch size is fed with
 */
async function prove(
  { context, report, provider, start, run }: Measurement,
  fed: Map<number, FedInputs>,
): Promise<TaskError | null> {
  let placed: PlacedNodes = { providers: {}, operators: {} };
  const failed = await inTemporaryFolder((temporary_folder) =>
    run({ mode: 'prove', temporary_folder }, async (message) => {
      if (message.type === 'plan') {
        for (const [i, each] of message.inputs.entries()) fed.set(start.wishes.batch_sizes[i] ?? 0, each);
        addNotes(report.results, message.notes);
        report.environment = { ...report.environment, ...inputsInWords(message.inputs[0]) };
      }
      if (message.type !== 'proof') return;
      placed = message.placed;
      report.results.providers = placed.providers;
      report.results.placement = placementOf(provider, placed);
      report.environment = { ...report.environment, onnxruntime_version: message.onnxruntime_version };
    }),
  );
  if (failed) return failed;
  const unproven = proveProvider(provider, placed, context.task.config.max_other_provider_share);
  if (unproven) return unproven;
  addNotes(report.results, placementNotes(placementOf(provider, placed)));
  return null;
}

async function measure(measurement: Measurement, fed: ReadonlyMap<number, FedInputs>): Promise<TaskError | null> {
  const { context, report, provider, start, conditions, run } = measurement;
  /** Where nothing is left to measure no other attempt has to go on. */
  const keep = async (): Promise<void> => {
    if (Object.keys(report.results.batch_sizes ?? {}).length >= context.task.config.batch_sizes.length) return;
    const note = await context.checkpoints.save({ conditions, results: report.results });
    if (note !== undefined) context.log(`[benchwire] ${note}`);
  };
  const broken = await run(
    {},
    createSampleSink(context, start.measure, (batch) => memoryOf(batch, provider), report.results, fed, keep),
  );
  if (broken === null && report.results.batch_sizes === undefined) {
    throw badInput(
      'NO_SAMPLES',
      'No request arrived within max_seconds; raise config.target_qps or config.max_seconds.',
    );
  }
  return broken;
}

/** Once each: an attempt that goes on from an earlier one has that one's notes. */
function addNotes(results: OutcomeResults, notes: readonly ValueNote[]): void {
  const known = results.value_notes ?? [];
  const added = notes.filter((note) => !known.some((other) => JSON.stringify(other) === JSON.stringify(note)));
  if (added.length > 0) results.value_notes = [...known, ...added];
}

/** A task can only set a lower limit than the worker's. */
function smallest(of_task: number | undefined, of_worker: number | null): number | null {
  return of_task === undefined ? of_worker : Math.min(of_task, of_worker ?? of_task);
}

async function inTemporaryFolder<T>(action: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'benchwire-onnx-'));
  try {
    return await action(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function startMessage(
  config: OnnxConfig,
  model: ResolvedModel,
  provider: ProviderName,
  files: InputFiles['files'],
): StartMessage {
  return {
    type: 'start',
    mode: 'measure',
    model_path: model.path,
    model_files: model.files,
    model_name: config.model,
    provider,
    intra_op_num_threads: config.intra_op_num_threads ?? null,
    inter_op_num_threads: config.inter_op_num_threads ?? null,
    wishes: wishesOf(config, model.catalogue, files),
    seed: config.seed,
    temporary_folder: '',
    measure: {
      scenario: config.scenario,
      iterations: config.iterations,
      warmup_iterations: config.warmup_iterations,
      max_seconds: config.max_seconds,
      target_qps: config.target_qps ?? null,
      concurrency: streamCounts(config),
    },
  };
}
