import type { ErrorClass, TaskError } from '@benchwire/shared/contracts/outcome.ts';

/** A task error whose message fits the contract. */
export function taskError(errorClass: ErrorClass, code: string, message: string, retriable: boolean): TaskError {
  return { class: errorClass, code, message: message.slice(0, 8000), retriable };
}
