import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OutcomeResults, TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { OnnxConfig } from '@benchwire/shared/contracts/task.ts';
import { streamCounts } from '@benchwire/shared/contracts/task.ts';
import type { ValueNote } from '@benchwire/shared/contracts/value-note.ts';
import type { Browsers } from '../../browsers/browsers.ts';
import { providerOfClass } from '../../devices/hardware-classes.ts';
import { attemptInBrowser } from '../browser/attempt-in-browser.ts';
import type { Executor, ExecutorContext, ExecutorReport } from '../executor.ts';
import { createSampleSink } from '../samples/sample-sink.ts';
import { settled } from '../settled-report.ts';
import { childEnvironment } from './child-environment.ts';
import { type FedInputs, inputsInWords } from './fed-inputs.ts';
import type { ModelSourceOptions } from './file-in-folders.ts';
import type { InputFiles } from './find-input-files.ts';
import { wishesOf } from './input-wishes.ts';
import { memoryOf } from './memory.ts';
import type { StartMessage } from './messages.ts';
import type { ResolvedModel } from './model-source.ts';
import { checkpointOf, checkScenario, NOTHING_LEFT, noArrivals, prepareAttempt } from './prepare-attempt.ts';
import { type PlacedNodes, placementNotes, placementOf, proveProvider } from './profile.ts';
import { noProviderError, type ProviderName } from './providers.ts';
import { type RunChildOptions, runChild } from './run-child.ts';

export interface OnnxExecutorOptions extends ModelSourceOptions {
  /** Of this machine's ONNX Runtime; undefined where nobody asked it, and then a session shows. */
  providers?: ReadonlySet<string> | undefined;
  /** A measuring process that says nothing for this long hangs; longer than the slowest single inference. */
  hang_seconds: number;
  /** A task's own `max_memory_mb` can only be lower; null for no limit. */
  max_memory_mb: number | null;
  /** The worker's own environment variables; of these only what libraries and devices need reaches the child. */
  env: Readonly<Record<string, string | undefined>>;
  /** Whose devices measure in a page; undefined where there are none. */
  browsers?: Browsers | undefined;
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
      const browser = options.browsers?.of(context.device.device_id);
      return await settled(context, report, () =>
        browser === undefined ? attempt(context, options, report) : attemptInBrowser(context, options, browser, report),
      );
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

  const prepared = await prepareAttempt(context, options, provider, report);
  if (prepared === NOTHING_LEFT) return null;
  const { model, inputs, left, conditions } = prepared;
  const start = startMessage({ ...config, batch_sizes: left }, model, provider, inputs.files);
  const measurement = {
    context,
    report,
    provider,
    start,
    conditions,
    run: childOf(context, options, start),
  };
  const fed = new Map<number, FedInputs>();
  const unproven = await prove(measurement, fed);
  return unproven ?? (await measure(measurement, fed));
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
  const keep = checkpointOf(context, report, conditions);
  const broken = await run(
    {},
    createSampleSink(context, start.measure, (batch) => memoryOf(batch, provider), report.results, fed, keep),
  );
  return broken ?? noArrivals(report);
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
