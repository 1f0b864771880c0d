import type { ErrorClass, TaskError } from '@benchwire/shared/contracts/outcome.ts';

/** Thrown for whatever ends the attempt and is no bug of the worker; `task_error` is what the user gets to read. */
export class TaskFailure extends Error {
  readonly task_error: TaskError;

  constructor(task_error: TaskError, options?: ErrorOptions) {
    super(task_error.message, options);
    this.name = 'TaskFailure';
    this.task_error = task_error;
  }
}

/** Whether another try may end differently, unless the one who throws knows better. */
const RETRIABLE: Record<ErrorClass, boolean> = {
  out_of_memory: true,
  device_error: true,
  timeout: true,
  crash: true,
  lost_worker: true,
  bad_model: false,
  bad_input: false,
  executor_missing: false,
  no_pool: false,
  dependency_failed: false,
  cancelled: false,
  unknown: true,
};

export function taskError(
  errorClass: ErrorClass,
  code: string,
  message: string,
  retriable = RETRIABLE[errorClass],
): TaskError {
  // The contract bounds both; a message is cut rather than the outcome refused.
  return { class: errorClass, code, message: message.slice(0, 16_000), retriable };
}

export function badModel(code: string, message: string): TaskFailure {
  return new TaskFailure(taskError('bad_model', code, message));
}

export function badInput(code: string, message: string): TaskFailure {
  return new TaskFailure(taskError('bad_input', code, message));
}

export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim();
}
