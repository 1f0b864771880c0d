import { basename } from 'node:path';
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { RunnerReady, RunnerTask } from '@benchwire/shared/contracts/runner.ts';
import { streamCounts } from '@benchwire/shared/contracts/task.ts';
import { badInput, TaskFailure } from '@benchwire/shared/model/errors.ts';
import type { BrowserDevice } from '../../browsers/browsers.ts';
import type { ExecutorContext, ExecutorReport } from '../executor.ts';
import { fedInputs, inputsInWords } from '../onnx/fed-inputs.ts';
import type { ModelSourceOptions } from '../onnx/file-in-folders.ts';
import { planOfModel } from '../onnx/plan-of-model.ts';
import { checkpointOf, checkScenario, NOTHING_LEFT, noArrivals, prepareAttempt } from '../onnx/prepare-attempt.ts';
import { placementNotes, placementOf, proveProvider } from '../onnx/profile.ts';
import type { ProviderName } from '../onnx/providers.ts';
import { createReader, measureSettings } from '../runner/measured-report.ts';
import type { JobMessage } from '../runner/runner-job.ts';
import { serveTask } from './serve-task.ts';

export interface BrowserAttemptOptions extends ModelSourceOptions {
  hang_seconds: number;
}

/** What ONNX Runtime calls the provider that computes on a device of a browser: WebAssembly is its processor. */
const PROVIDERS: Readonly<Record<string, ProviderName>> = { wasm: 'cpu', webgpu: 'webgpu', webnn: 'webnn' };

/** Measures a model in a page, as `attempt` of onnx-executor.ts does in a process. Fills `report` as far as it gets. */
export async function attemptInBrowser(
  context: ExecutorContext<'onnx'>,
  options: BrowserAttemptOptions,
  browser: BrowserDevice,
  report: ExecutorReport,
): Promise<TaskError | null> {
  const { task, device } = context;
  const { config } = task;
  report.scenario = config.scenario;
  report.precision = config.precision ?? null;
  checkScenario(config);
  if (streamCounts(config).length > 0)
    throw badInput(
      'CONCURRENCY_NOT_IN_BROWSERS',
      'config.concurrency is measured on native devices only: leave it out, or ask for hardware without browsers.',
    );
  const prepared = await prepareAttempt(context, options, device.class, report);
  if (prepared === NOTHING_LEFT) return null;
  const { model, inputs, left, conditions } = prepared;
  const { plans, notes } = await planOfModel({ ...config, batch_sizes: left }, model, inputs.files);
  if (notes.length > 0) report.results.value_notes = [...(report.results.value_notes ?? []), ...notes];
  const fed = new Map(plans.map(([size, plan]) => [size, fedInputs(plan)]));
  report.environment = { ...report.environment, ...inputsInWords([...fed.values()][0]) };
  if (browser.device.simulated !== null) {
    report.is_simulated = true;
    report.simulated_because = browser.device.simulated;
  }
  const served = serveTask(browser.server, model, plans, config.seed);
  try {
    const reader = readerOf(context, report, fed, checkpointOf(context, report, conditions));
    const task_message: RunnerTask = {
      type: 'task',
      id: attemptId({ run_id: context.run_id, task_id: task.task_id, attempt: context.attempt }),
      model: basename(config.model),
      device: device.class,
      batch_sizes: left.toSorted((a, b) => a - b),
      precision: report.precision ?? 'default',
      seed: config.seed,
      measure: measureSettings(config),
      options: {
        ...served.files,
        threads: config.intra_op_num_threads ?? null,
        device_type: device.class === 'webnn' ? 'cpu' : null,
      },
      variables: {},
      limits: { wall_seconds: null, cpu_seconds: null, memory_mb: null },
    };
    const error = await browser.session.run(
      task_message,
      { signal: context.signal, log: context.log, hang_seconds: options.hang_seconds, onMessage: reader },
      (ready) => changedError(ready, browser),
    );
    return error ?? noArrivals(report);
  } finally {
    served.forget();
  }
}

/** Takes what the page says into the report; the batch sizes that are done stay there for the next attempt. */
function readerOf(
  context: ExecutorContext<'onnx'>,
  report: ExecutorReport,
  fed: Parameters<typeof createReader>[2],
  keep: () => Promise<void>,
): (message: JobMessage) => Promise<void> {
  const { config } = context.task;
  const provider = PROVIDERS[context.device.class] ?? 'cpu';
  const read = createReader(context, report, fed);
  return async (message) => {
    await read(message);
    if (message.type === 'batch') await keep();
    if (message.type !== 'loaded' || message.placed === undefined) return;
    const { placed } = message;
    report.results.providers = placed.providers;
    report.results.placement = placementOf(provider, placed);
    const unproven = proveProvider(provider, placed, config.max_other_provider_share);
    if (unproven !== null) throw new TaskFailure(unproven);
    const notes = placementNotes(placementOf(provider, placed));
    if (notes.length > 0) report.results.value_notes = [...(report.results.value_notes ?? []), ...notes];
  };
}

/** A browser that was updated is another device: what it measures belongs to no series of the old one. */
function changedError({ devices = [] }: RunnerReady, { device, forget }: BrowserDevice): TaskError | null {
  const now = devices.find((each) => each.class === device.class);
  const differing = Object.entries(device.facts).filter(([name, value]) => now?.facts[name] !== value);
  if (now !== undefined && differing.length === 0) return null;
  forget();
  const facts = differing.map(([name, value]) => `${name} ${value ?? 'unknown'}, now ${now?.facts[name] ?? 'unknown'}`);
  const what = now === undefined ? `it offers no ${device.class} any more` : facts.join('; ');
  return taskError('device_error', 'DEVICE_CHANGED', `The browser has changed: ${what}.`);
}
