import { RECOVERY_OF } from '@benchwire/shared/contracts/failure-classes.ts';
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

/** @param retriable - whether another try may end differently; the class's own answer when left out */
export function taskError(
  errorClass: ErrorClass,
  code: string,
  message: string,
  retriable = RECOVERY_OF[errorClass] !== 'never',
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
