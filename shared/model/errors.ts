import { type FailureCode, taskError } from '../contracts/failure-classes.ts';
import type { TaskError } from '../contracts/outcome.ts';

/** Thrown for whatever ends the attempt and is no bug of the worker; `task_error` is what the user gets to read. */
export class TaskFailure extends Error {
  readonly task_error: TaskError;

  constructor(task_error: TaskError, options?: ErrorOptions) {
    super(task_error.message, options);
    this.name = 'TaskFailure';
    this.task_error = task_error;
  }
}

export function badModel(code: FailureCode, message: string): TaskFailure {
  return new TaskFailure(taskError('bad_model', code, message));
}

export function badInput(code: FailureCode, message: string): TaskFailure {
  return new TaskFailure(taskError('bad_input', code, message));
}

export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim();
}
