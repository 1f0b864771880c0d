import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { RunnerTask } from '@benchwire/shared/contracts/runner.ts';
import { AUTO, streamCounts } from '@benchwire/shared/contracts/task.ts';
import { visibilityVariables } from '../../devices/hardware-classes.ts';
import type { Executor, ExecutorContext, ExecutorReport } from '../executor.ts';
import { settled } from '../settled-report.ts';
import { createReader, measureSettings, noSamples } from './measured-report.ts';
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
    return error ?? noSamples(report);
  } finally {
    pool.giveBack(start, runner);
  }
}

function taskOf(context: ExecutorContext<'torch'>, options: RunnerOptions): RunnerTask {
  const { run_id, attempt, device, task } = context;
  const { config } = task;
  const { size, mode, dimensions = {}, intra_op_num_threads = null, mix = [], startup_rounds = null } = config;
  return {
    type: 'task',
    id: attemptId({ run_id, task_id: task.task_id, attempt }),
    model: config.model,
    device: device.class,
    // Ascending, because the peak of a process's memory only grows: so each is the peak of its own batch size.
    batch_sizes: config.batch_sizes === AUTO ? AUTO : config.batch_sizes.toSorted((a, b) => a - b),
    precision: config.precision,
    seed: config.seed,
    measure: measureSettings(config),
    options: {
      ...{ size, mode, task: config.task ?? null, dimensions, intra_op_num_threads },
      ...{ concurrency: streamCounts(config), mix, startup_rounds },
    },
    variables: visibilityVariables(device, options.env),
    limits: {
      wall_seconds: null,
      cpu_seconds: config.max_cpu_seconds ?? null,
      memory_mb: smallest(config.max_memory_mb, options.max_memory_mb),
    },
  };
}
