import type { ErrorClass } from './outcome.ts';

/**
 * What helps against a failure of a class:
 * - `at_once`: nothing was wrong with the task; the next attempt starts as soon as a place is free.
 * - `elsewhere`: another worker of the pool, or where there is none another pool, may do better.
 * - `smaller`: a pool with more memory if there is one, else the same without the batch sizes that did not fit.
 * - `cool_down`: the same again after the retry delay, anywhere.
 * - `never`: no attempt can end differently.
 */
export const RECOVERIES = ['at_once', 'elsewhere', 'smaller', 'cool_down', 'never'] as const;
export type Recovery = (typeof RECOVERIES)[number];

/** The one table of it; docs/reliability.md says why. An error that is not `retriable` is never tried again anyway. */
export const RECOVERY_OF: Readonly<Record<ErrorClass, Recovery>> = {
  out_of_memory: 'smaller',
  device_error: 'elsewhere',
  timeout: 'cool_down',
  crash: 'elsewhere',
  lost_worker: 'at_once',
  bad_model: 'never',
  bad_input: 'never',
  executor_missing: 'elsewhere',
  no_pool: 'never',
  dependency_failed: 'never',
  cancelled: 'never',
  unknown: 'cool_down',
};
