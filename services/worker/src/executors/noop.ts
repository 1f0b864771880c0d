import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { NoopConfig } from '@benchwire/shared/contracts/task.ts';
import { pause, untilAborted } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Executor, ExecutorContext, ExecutorReport } from './executor.ts';

export interface NoopOptions {
  /** Whether `behaviour: exit` may end this process. */
  may_exit: boolean;
}

/** In-process, measures nothing: sleeps, fails, hangs, or emits metric points, as its task says. For tests and load. */
export function createNoopExecutor(options: NoopOptions): Executor<'noop'> {
  return {
    name: 'noop',
    execute: async (context) => {
      const { config } = context.task;
      if (config.sleep_ms > 0) await pause(config.sleep_ms, context.signal);
      if (config.metric_points > 0) await emitPoints(context, config);
      const error = context.signal.aborted ? stopped : await behave(config, context, options);
      return reportOf(config, error);
    },
  };
}

/** The runner says why; all it needs to know from here is that the task did not complete. */
const stopped = taskError('cancelled', 'STOPPED', 'was stopped', true);

async function behave(
  config: NoopConfig,
  context: ExecutorContext<'noop'>,
  options: NoopOptions,
): Promise<TaskError | null> {
  switch (config.behaviour) {
    case 'complete':
      return null;
    case 'fail':
      if (config.fail_attempts !== undefined && context.attempt > config.fail_attempts) return null;
      return taskError(
        'unknown',
        'NOOP_FAILED',
        `attempt ${context.attempt} fails because config.behaviour says so`,
        config.retriable,
      );
    case 'throw':
      throw new Error('thrown because config.behaviour says so');
    case 'hang':
      await untilAborted(context.signal);
      return stopped;
    case 'exit':
      if (options.may_exit) process.exit(1);
      return taskError(
        'bad_input',
        'EXIT_NOT_ALLOWED',
        'behaviour "exit" would end the worker, which does not allow it: set WORKER_NOOP_MAY_EXIT=true there',
        false,
      );
    default:
      return config.behaviour satisfies never;
  }
}

async function emitPoints(context: ExecutorContext<'noop'>, config: NoopConfig): Promise<void> {
  for (let done = 0; done < config.metric_points && !context.signal.aborted; ) {
    const count = Math.min(config.metric_batch_points, config.metric_points - done);
    const times_ms = new Array<number>(count);
    const values = new Array<number>(count);
    // Wall clock with fractions of a millisecond.
    const now = performance.timeOrigin + performance.now();
    for (let i = 0; i < count; i++) {
      times_ms[i] = now;
      values[i] = done + i + 0.5;
    }
    await context.emit({ metric: 'noop_value', unit: null, batch_size: null, times_ms, values });
    done += count;
  }
}

const NOTHING: ExecutorReport = Object.freeze({
  error: null,
  results: {},
  environment: {},
  precision: null,
  scenario: null,
  is_simulated: true,
});

function reportOf(config: NoopConfig, error: TaskError | null): ExecutorReport {
  const { value } = config;
  if (value === undefined || error !== null) return error === null ? NOTHING : { ...NOTHING, error };
  const noop_value = { value, unit: null, ci_low: null, ci_high: null, min: value, max: value, samples: 1 };
  return { ...NOTHING, results: { metrics: { noop_value } } };
}
