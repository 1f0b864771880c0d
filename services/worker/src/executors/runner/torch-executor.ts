import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import type { MetricResult, OutcomeResults, TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { RunnerMetric, RunnerTask } from '@benchwire/shared/contracts/runner.ts';
import { badInput } from '@benchwire/shared/model/errors.ts';
import { medianInterval } from '@benchwire/shared/stats/median-interval.ts';
import { quantileSorted, sorted } from '@benchwire/shared/stats/quantile.ts';
import { visibilityVariables } from '../../devices/hardware-classes.ts';
import type { Executor, ExecutorContext, ExecutorReport } from '../executor.ts';
import { createSampleSink } from '../samples/sample-sink.ts';
import { settled } from '../settled-report.ts';
import type { JobMessage } from './runner-job.ts';
import { installedRunnerOf, type RunnerOptions, runnerEnvironment, runnerStart, smallest } from './runner-options.ts';
import { RunnerPool } from './runner-pool.ts';

const NAME = 'torch';

/** Measures model types with PyTorch, in a Python runner. */
export function createTorchExecutor(options: RunnerOptions): Executor<'torch'> & { stop(): void } {
  const pool = new RunnerPool();
  return {
    name: NAME,
    stop: () => pool.stop(),
    async execute(context) {
      const { config } = context.task;
      const report: ExecutorReport = {
        error: null,
        results: {},
        environment: {},
        precision: config.precision,
        scenario: config.scenario,
        is_simulated: false,
      };
      return await settled(context, report, () => attempt(context, options, pool, report));
    },
  };
}

/** Fills `report` as far as it gets; the error it stopped at, if any. */
async function attempt(
  context: ExecutorContext<'torch'>,
  options: RunnerOptions,
  pool: RunnerPool,
  report: ExecutorReport,
): Promise<TaskError | null> {
  const { config } = context.task;
  if (config.scenario === 'server' && config.target_qps === undefined)
    throw badInput('TARGET_QPS_MISSING', 'The server scenario needs config.target_qps, the mean arrivals per second.');
  const installed = await installedRunnerOf(NAME, options);
  const start = runnerStart(installed, options.backend ?? NAME, options);
  const runner = await pool.take(start);
  try {
    report.environment = await runnerEnvironment(runner, installed, report.results);
    const error = await runner.run(taskOf(context, options), {
      signal: context.signal,
      hang_seconds: options.hang_seconds,
      log: context.log,
      onMessage: createReader(context, report),
    });
    if (error === null && report.results.batch_sizes === undefined)
      throw badInput(
        'NO_SAMPLES',
        'No request arrived within max_seconds; raise config.target_qps or config.max_seconds.',
      );
    return error;
  } finally {
    pool.giveBack(start, runner);
  }
}

function taskOf(context: ExecutorContext<'torch'>, options: RunnerOptions): RunnerTask {
  const { run_id, attempt, device, task } = context;
  const { config } = task;
  const { size, mode, dimensions = {}, intra_op_num_threads = null } = config;
  return {
    type: 'task',
    id: attemptId({ run_id, task_id: task.task_id, attempt }),
    model: config.model,
    device: device.class,
    // Ascending, because the peak of a process's memory only grows: so each is the peak of its own batch size.
    batch_sizes: config.batch_sizes.toSorted((a, b) => a - b),
    precision: config.precision,
    seed: config.seed,
    measure: {
      scenario: config.scenario,
      iterations: config.iterations,
      warmup_iterations: config.warmup_iterations,
      max_seconds: config.max_seconds,
      target_qps: config.target_qps ?? null,
    },
    options: { size, mode, task: config.task ?? null, dimensions, intra_op_num_threads },
    variables: visibilityVariables(device, options.env),
    limits: {
      wall_seconds: null,
      cpu_seconds: config.max_cpu_seconds ?? null,
      memory_mb: smallest(config.max_memory_mb, options.max_memory_mb),
    },
  };
}

/** Takes what the runner says of a task into its report. */
function createReader(
  context: ExecutorContext<'torch'>,
  report: ExecutorReport,
): (message: JobMessage) => Promise<void> {
  const { config } = context.task;
  const { results } = report;
  const on_device = context.device.class !== 'cpu';
  const device_memory = new Map<number, number | null>();
  const settings = { ...config, target_qps: config.target_qps ?? null, concurrency: [] };
  const memoryOf = ({ batch_size, peak_rss_mb }: { batch_size: number; peak_rss_mb: number }) => {
    const memory_mb = on_device ? (device_memory.get(batch_size) ?? null) : peak_rss_mb;
    const reason = 'PyTorch does not report the memory of this device';
    return { memory_mb, unavailable: memory_mb === null ? { memory_mb: reason } : ({} as Record<string, string>) };
  };
  const sink = createSampleSink(context, settings, memoryOf, results, new Map(), () => Promise.resolve());
  return async (message) => {
    if (message.type === 'loaded') {
      results.timings = { ...results.timings, ...message.timings };
      report.environment = { ...report.environment, ...message.facts };
      if (message.notes.length > 0) results.notes = [...(results.notes ?? []), ...message.notes];
    } else if (message.type === 'window') {
      const { batch_size, times_ms, latencies_ms } = message;
      await sink({
        type: 'window',
        batch_size,
        times_ms: Float64Array.from(times_ms),
        latencies_ms: Float64Array.from(latencies_ms),
      });
    } else if (message.type === 'batch') {
      const { batch_size, compile_ms, metrics } = message;
      device_memory.set(batch_size, message.device_memory_mb);
      if (compile_ms !== null) results.timings = { ...results.timings, [`batch_${batch_size}_compile_ms`]: compile_ms };
      await sink({ ...message, type: 'batch', streams: [] });
      addMetrics(results, batch_size, metrics);
    }
  };
}

/** What was measured beside the latency. A batch size other than 1 is in the name: such metrics belong to none. */
function addMetrics(results: OutcomeResults, batch_size: number, metrics: readonly RunnerMetric[]): void {
  const added = metrics.map(({ metric, unit, better, values }): [string, MetricResult] => {
    const name = batch_size === 1 ? metric : `${metric}_at_batch_${batch_size}`;
    const ascending = sorted(Float64Array.from(values));
    const interval = medianInterval(ascending);
    return [
      name,
      {
        value: quantileSorted(ascending, 0.5),
        unit,
        ci_low: interval?.low ?? null,
        ci_high: interval?.high ?? null,
        min: ascending[0] ?? Number.NaN,
        max: ascending.at(-1) ?? Number.NaN,
        samples: values.length,
        better,
      },
    ];
  });
  if (added.length > 0) results.metrics = { ...results.metrics, ...Object.fromEntries(added) };
}
