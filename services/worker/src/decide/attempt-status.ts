import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { OutcomeStatus, TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { AbortReason } from '../executors/executor.ts';

export interface Ending {
  /** What the executor reports; null when the attempt completed. */
  error: TaskError | null;
  /** Why the attempt was told to stop, if it was. */
  abort: { reason: AbortReason; message: string } | undefined;
  timeout_seconds: number;
  worker_id: string;
  /** Whether another attempt may follow one that ran out of time; a test's only where the task asks for it. */
  retries_timeouts?: boolean;
}

/**
 * How an attempt ended. An attempt that completed in spite of being told to stop did complete; one that failed after
 * it was told to stop failed because of that. Pure.
 */
export function decideStatus(ending: Ending): { status: OutcomeStatus; error: TaskError | null } {
  if (ending.abort?.reason === 'device_changed') {
    // Also of one that completed: measured across a change, it is no value of either environment.
    const message = `the device became another one while this ran, so the values are of neither: ${ending.abort.message}`;
    return { status: 'failed', error: taskError('device_error', 'DEVICE_CHANGED', message) };
  }
  if (ending.error === null) return { status: 'completed', error: null };
  if (ending.abort === undefined) return { status: 'failed', error: ending.error };
  switch (ending.abort.reason) {
    case 'timed_out':
      return {
        status: 'timed_out',
        error: {
          ...taskError(
            'timeout',
            'TASK_TIMED_OUT',
            `still running after timeout_seconds = ${ending.timeout_seconds}: raise it, or make the task smaller`,
            ending.retries_timeouts ?? true,
          ),
          ...(ending.error.batch_size === undefined ? {} : { batch_size: ending.error.batch_size }),
        },
      };
    case 'cancelled':
      return {
        status: 'cancelled',
        error: taskError('cancelled', 'CANCELLED', `stopped while it ran: ${ending.abort.message}`, false),
      };
    case 'draining':
      return {
        status: 'lost',
        error: taskError(
          'lost_worker',
          'WORKER_DRAINED',
          `${ending.worker_id} was stopped before the task could finish: ${ending.abort.message}`,
          true,
        ),
      };
    case 'device_gone':
      return {
        status: 'failed',
        error: taskError('device_error', 'DEVICE_GONE', `the device went away while this ran: ${ending.abort.message}`),
      };
    default:
      return ending.abort.reason satisfies never;
  }
}
