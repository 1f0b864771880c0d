import { type FailureCode, taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { type Environment, environment } from '@benchwire/shared/contracts/hardware.ts';
import type { MetricRule } from '@benchwire/shared/contracts/metric-catalogue.ts';
import type { ErrorClass, TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { PluginSamples } from '@benchwire/shared/contracts/plugin.ts';
import { writtenPluginConfig } from '@benchwire/shared/contracts/task.ts';
import { TaskFailure } from '@benchwire/shared/model/errors.ts';
import { PluginError, type PluginFault } from '@benchwire/shared/plugins/plugin-error.ts';
import { callPlugin, type LoadedPlugin } from '@benchwire/shared/plugins/plugin-host.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import { z } from 'zod';
import { visibilityVariables } from '../devices/hardware-classes.ts';
import { MetricSummary } from './command/metric-summary.ts';
import type { Executor, ExecutorContext, ExecutorReport } from './executor.ts';
import { settled } from './settled-report.ts';

const MAX_NOTES = 100;
const MAX_SIMULATED = 500;

/** What a plug-in says at the end of a task. */
const ended = z
  .strictObject({
    environment: environment.optional(),
    precision: z.string().min(1).max(32).optional(),
    scenario: z.string().min(1).max(64).optional(),
    simulated: z.string().min(1).max(MAX_SIMULATED).optional(),
  })
  .nullable();
const checked = z.array(z.object({ path: z.string(), message: z.string() }));

export interface PluginExecutorOptions {
  plugins: readonly LoadedPlugin[];
  metric_rules: () => Promise<readonly MetricRule[]>;
  env: Readonly<Record<string, string | undefined>>;
  onFault(plugin: LoadedPlugin, error: PluginError): void;
}

/** Runs tasks with the executors that plug-ins bring, each task in a process of its own that ends with it. */
export function createPluginExecutor(options: PluginExecutorOptions): Executor<'plugin'> {
  return {
    name: 'plugin',
    async execute(context) {
      const { config } = context.task;
      const report: ExecutorReport = {
        error: null,
        results: {},
        environment: {},
        precision: config.precision ?? null,
        scenario: null,
        is_simulated: false,
      };
      return await settled(context, report, () => attempt(context, options, report));
    },
  };
}

async function attempt(
  context: ExecutorContext<'plugin'>,
  options: PluginExecutorOptions,
  report: ExecutorReport,
): Promise<TaskError | null> {
  const { task, signal, device } = context;
  const plugin = options.plugins.find(({ name }) => name === task.plugin);
  if (plugin === undefined) return missing(task.plugin, options.plugins);
  const here = { ...plugin, variables: visibilityVariables(device, options.env) };
  const summary = new MetricSummary({}, await options.metric_rules());
  const notes: string[] = [];
  try {
    const wrong = checked.parse(
      await callPlugin(here, 'check', { config: writtenPluginConfig(task.config) }, { signal }),
    );
    if (wrong.length > 0)
      return taskError(
        'bad_input',
        'PLUGIN_CONFIG',
        `the plug-in ${plugin.name} takes no such config: ${wrong.map(({ path, message }) => `${path === '' ? 'config' : `config.${path}`}: ${message}`).join('; ')}`,
      );
    const said = await callPlugin(here, 'execute', inputOf(context), {
      ...{ signal, seconds: Number.POSITIVE_INFINITY, onPrint: (line: string) => context.log(line) },
      onMessage: async (message) => {
        if (message.type === 'samples') await takeSamples(context, summary, message);
        else if (notes.length < MAX_NOTES) notes.push(message.text);
      },
    });
    return takeEnd(plugin, said, report);
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    if (!signal.aborted) options.onFault(plugin, error);
    throw new TaskFailure(errorOf(error), { cause: error });
  } finally {
    report.results.metrics = summary.results() ?? {};
    const value_notes = summary.valueNotes();
    if (value_notes.length > 0) report.results.value_notes = value_notes;
    notes.push(...summary.notes());
    if (task.type === 'benchmark' && Object.keys(report.results.metrics).length === 0)
      notes.push(`no metric was reported: the plug-in ${plugin.name} handed on no samples`);
    if (notes.length > 0) report.results.notes = notes;
  }
}

function missing(name: string, plugins: readonly LoadedPlugin[]): TaskError {
  const known = plugins.map((each) => each.name).join(', ') || 'none';
  const message = `this worker has no plug-in executor "${name}" (it has ${known}): name one in its file of plug-ins`;
  return taskError('executor_missing', 'EXECUTOR_MISSING', message, true);
}

function inputOf({ run_id, attempt: number, task, device, source }: ExecutorContext<'plugin'>): object {
  const { task_id, benchmark, timeout_seconds, config } = task;
  const { device_id, class: hardware, name, memory_gb } = device;
  return {
    task: {
      ...{ run_id, task_id, attempt: number, benchmark, timeout_seconds, source },
      config: writtenPluginConfig(config),
      device: { device_id, class: hardware, name, memory_gb },
    },
  };
}

async function takeSamples(
  context: ExecutorContext<'plugin'>,
  summary: MetricSummary,
  { metric, unit, better, values }: PluginSamples,
): Promise<void> {
  const now_ms = performance.timeOrigin + performance.now();
  const kept = values.flatMap((value) => {
    const point = summary.add({ metric, value, unit, ...(better === undefined ? {} : { better }) });
    return point === undefined ? [] : [point];
  });
  // All of one metric and unit, so of one name.
  const [first] = kept;
  if (first === undefined) return;
  await context.emit({
    ...{ metric: first.name, unit: first.unit, batch_size: null },
    times_ms: kept.map(() => now_ms),
    values: kept.map(({ value }) => value),
  });
}

function takeEnd(plugin: LoadedPlugin, said: unknown, report: ExecutorReport): TaskError | null {
  const parsed = parseWith(ended, said ?? null);
  if (!parsed.ok) {
    const [issue] = parsed.issues;
    return taskError(
      'bad_input',
      'PLUGIN_FAILED',
      `plug-in ${plugin.module} ended with ${issue?.path}: ${issue?.message}`,
    );
  }
  const facts: Environment = parsed.value?.environment ?? {};
  report.environment = facts;
  report.precision = parsed.value?.precision ?? report.precision;
  report.scenario = parsed.value?.scenario ?? null;
  report.is_simulated = parsed.value?.simulated !== undefined;
  if (parsed.value?.simulated !== undefined) report.simulated_because = parsed.value.simulated;
  return null;
}

const FAILURES: Readonly<Record<PluginFault, readonly [ErrorClass, FailureCode]>> = {
  manifest: ['bad_input', 'PLUGIN_CONFIG'],
  throws: ['unknown', 'PLUGIN_FAILED'],
  hangs: ['timeout', 'HANG'],
  memory: ['out_of_memory', 'MEMORY_LIMIT'],
  exits: ['crash', 'PLUGIN_ENDED'],
  protocol: ['crash', 'PLUGIN_PROTOCOL'],
};

function errorOf({ fault, retriable, message }: PluginError): TaskError {
  const [klass, code] = FAILURES[fault];
  return taskError(klass, code, message, retriable);
}
