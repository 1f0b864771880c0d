import type { ErrorClass, TaskError } from './outcome.ts';

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

/**
 * What a failure is evidence of:
 * - `worker`: of a machine or an installation that does not work, or of a model that breaks it. Counts toward the
 *   worker's quarantine and toward circuit breakers.
 * - `subject`: of a model or program that fails here, as far as the request does not cause it (its time, its size, its
 *   own exit code). Counts toward circuit breakers, and never against the worker.
 * - `nothing`: the request, the network, or a person is the cause. Counts nowhere.
 */
export type Evidence = 'worker' | 'subject' | 'nothing';

interface FailureClass {
  recovery: Recovery;
  /** Of failures whose code is in no table: of workers that others wrote. */
  evidence: Evidence;
}

/** By class; docs/reliability.md says why. An error that is not `retriable` is never tried again anyway. */
const CLASSES: Readonly<Record<ErrorClass, FailureClass>> = {
  out_of_memory: { recovery: 'smaller', evidence: 'subject' },
  device_error: { recovery: 'elsewhere', evidence: 'worker' },
  timeout: { recovery: 'cool_down', evidence: 'subject' },
  crash: { recovery: 'elsewhere', evidence: 'worker' },
  lost_worker: { recovery: 'at_once', evidence: 'nothing' },
  bad_model: { recovery: 'never', evidence: 'nothing' },
  bad_input: { recovery: 'never', evidence: 'nothing' },
  // Tried again only where the task asks for it; then anywhere.
  test_failed: { recovery: 'cool_down', evidence: 'nothing' },
  executor_missing: { recovery: 'elsewhere', evidence: 'nothing' },
  no_pool: { recovery: 'never', evidence: 'nothing' },
  dependency_failed: { recovery: 'never', evidence: 'nothing' },
  cancelled: { recovery: 'never', evidence: 'nothing' },
  unknown: { recovery: 'cool_down', evidence: 'worker' },
};

/**
 * By code: every error that our own services end an attempt with. The functions that make such errors take a
 * `FailureCode`, so that an executor with a code that is not here does not compile.
 */
const CODES = {
  // The worker, the device, or what is installed there.
  ARTIFACT_NOT_STORED: 'worker',
  BROWSER_LOST: 'worker',
  CACHE_NOT_USABLE: 'worker',
  DEVICE_FAILED: 'worker',
  EXECUTOR_FAILED: 'worker',
  EXECUTOR_STUCK: 'worker',
  FILES_NO_ROOM: 'worker',
  FILES_TOO_LARGE: 'worker',
  GPU_LOST: 'worker',
  HANG: 'worker',
  KILLED: 'worker',
  NOT_STARTED: 'worker',
  PAGE_NOT_STARTED: 'worker',
  PROVIDER_NOT_USABLE: 'worker',
  RUNNER_LOST: 'worker',
  RUNNER_NOT_STARTED: 'worker',
  RUNNER_PROTOCOL: 'worker',
  UNEXPECTED: 'worker',

  // What was run, in the size and the time that the request gave it.
  ABORTED_FOR_MEMORY: 'subject',
  ALLOCATION_FAILED: 'subject',
  CPU_TIME_LIMIT: 'subject',
  EXIT_CODE: 'subject',
  INPUTS_TOO_LARGE: 'subject',
  KERNEL_OUT_OF_MEMORY: 'subject',
  KILLED_FOR_MEMORY: 'subject',
  MEMORY_LIMIT: 'subject',
  MODEL_FAILED: 'subject',
  PLUGIN_ENDED: 'subject',
  PLUGIN_FAILED: 'subject',
  PLUGIN_PROTOCOL: 'subject',
  NOOP_FAILED: 'subject',
  PAGE_CRASHED: 'subject',
  ARTIFACT_NOT_MADE: 'nothing',
  ERROR_TOO_LARGE: 'nothing',
  EXPORT_DIFFERS: 'nothing',
  EXPORT_DOES_NOT_RUN: 'nothing',
  MODEL_TOO_LARGE: 'nothing',
  NOT_EXPORTABLE: 'nothing',
  OPSET_NOT_AVAILABLE: 'nothing',
  NOTHING_TO_QUANTIZE: 'nothing',
  NOT_REPEATABLE: 'nothing',
  NO_SAMPLES: 'nothing',
  PROVIDER_NOT_USED: 'subject',
  PROVIDER_PARTLY_USED: 'subject',
  TASK_TIMED_OUT: 'subject',
  TIMED_OUT: 'subject',

  // A server or a network that is away.
  FILE_NOT_FETCHED: 'nothing',
  MODEL_DOWNLOAD_FAILED: 'nothing',
  // A limit of the whole machine or user, which other programs may fill.
  COMMAND_NOT_STARTED: 'nothing',

  // The request.
  BATCH_NOT_POSSIBLE: 'nothing',
  CONCURRENCY_NOT_IN_BROWSERS: 'nothing',
  CONCURRENCY_WITH_SERVER: 'nothing',
  COMMAND_NOT_ALLOWED: 'nothing',
  COMMAND_NOT_EXECUTABLE: 'nothing',
  COMMAND_NOT_FOUND: 'nothing',
  DIMENSION_NOT_IN_MODEL: 'nothing',
  DIMENSION_UNKNOWN: 'nothing',
  DISK_LIMIT: 'nothing',
  ENV_NOT_ALLOWED: 'nothing',
  OPSET_TOO_OLD: 'nothing',
  PLACEHOLDER_EMPTY: 'nothing',
  PLUGIN_CONFIG: 'nothing',
  PLACEHOLDER_REFUSED: 'nothing',
  PREPARE_FAILED: 'nothing',
  EXIT_NOT_ALLOWED: 'nothing',
  INPUTS_REJECTED: 'nothing',
  INPUT_NOT_A_TENSOR: 'nothing',
  INPUT_TYPE_UNSUPPORTED: 'nothing',
  INPUT_FILE_WRONG: 'nothing',
  INPUT_UNKNOWN: 'nothing',
  INPUT_VALUES_DO_NOT_FIT: 'nothing',
  INPUT_VALUE_WRONG: 'nothing',
  JOB_UNREADABLE: 'nothing',
  METRIC_LINE_TOO_LONG: 'nothing',
  MODEL_CONFIG_WRONG: 'nothing',
  MODEL_CUT_OFF: 'nothing',
  MODEL_FILES_NOT_DOWNLOADED: 'nothing',
  MODEL_FILE_MISSING: 'nothing',
  MODEL_FILE_OUTSIDE: 'nothing',
  FILE_NOT_IN_STORE: 'nothing',
  FILE_NOT_SENT: 'nothing',
  MODEL_FOLDERS_EMPTY: 'nothing',
  MODEL_HASH_MISMATCH: 'nothing',
  MODEL_NOT_A_FILE: 'nothing',
  MODEL_NOT_FOUND: 'nothing',
  MODEL_NOT_LOADED: 'nothing',
  MODEL_OUTSIDE_FOLDERS: 'nothing',
  MODEL_SHA256_MISSING: 'nothing',
  MODEL_UNKNOWN: 'nothing',
  MODEL_URL_HAS_LOGIN: 'nothing',
  MODEL_URL_NOT_ALLOWED: 'nothing',
  MODEL_URL_NOT_HTTPS: 'nothing',
  MODEL_WRONG_FILE: 'nothing',
  NO_TENSOR_OUTPUT: 'nothing',
  OUTPUT_TOO_LARGE: 'nothing',
  PATH_HIDDEN: 'nothing',
  PRECISION_NOT_AVAILABLE: 'nothing',
  PROCESS_LIMIT: 'nothing',
  RESULTS_TOO_LARGE: 'nothing',
  REPORT_MISSING: 'nothing',
  REPORT_UNREADABLE: 'nothing',
  SHAPE_DOES_NOT_FIT: 'nothing',
  TARGET_QPS_MISSING: 'nothing',
  TESTS_FAILED: 'nothing',
  WORKING_DIRECTORY_MISSING: 'nothing',

  // What the worker does not offer.
  EXECUTOR_MISSING: 'nothing',
  NO_EXECUTOR_LEFT: 'nothing',
  PROVIDER_MISSING: 'nothing',
  RUNNER_NOT_INSTALLED: 'nothing',

  // A decision of a person or of the scheduler, or a worker that is gone.
  CANCELLED: 'nothing',
  DEADLINE_MISSED: 'nothing',
  DEVICE_CHANGED: 'nothing',
  DEVICE_GONE: 'nothing',
  DEPENDENCY_FAILED: 'nothing',
  DRAINING: 'nothing',
  JOB_STALLED: 'nothing',
  NO_MATCHING_POOL: 'nothing',
  OUTCOME_MISSING: 'nothing',
  STOPPED: 'nothing',
  WORKER_DRAINED: 'nothing',
  WORKER_LOST: 'nothing',
} as const satisfies Readonly<Record<string, Evidence>>;

/** Codes with a number or a signal's name in them, by how they begin. */
const FAMILIES = {
  // A program may end itself by any signal; so may a measuring process by a model that breaks it.
  KILLED_BY_SIG: 'subject',
  SIG: 'worker',
  EXIT_: 'worker',
} as const satisfies Readonly<Record<string, Evidence>>;

/** Every code that our own services end an attempt with. */
export type FailureCode = keyof typeof CODES | `KILLED_BY_SIG${string}` | `SIG${string}` | `EXIT_${number}`;

/** A task's error as our own services make it. */
export type OwnTaskError = TaskError & { code: FailureCode };

export function recoveryOf(error: Pick<TaskError, 'class'>): Recovery {
  return CLASSES[error.class].recovery;
}

/** Codes that say that a file which the request names is not on the worker's machine. It may be on another one. */
const FILE_NOT_HERE: ReadonlySet<string> = new Set([
  'FILE_NOT_SENT',
  'MODEL_FOLDERS_EMPTY',
  'MODEL_NOT_FOUND',
  'MODEL_OUTSIDE_FOLDERS',
]);

/** Whether a worker on another machine may have what this one lacks. */
export function isFileMissing(error: Pick<TaskError, 'code'>): boolean {
  return FILE_NOT_HERE.has(error.code);
}

/**
 * What a failure is evidence of: by its code, or by its class where the code is not one of ours.
 * @param executor - one that does whatever the request says, failing too, is evidence of nothing
 */
export function evidenceOf(error: Pick<TaskError, 'class' | 'code'>, executor: string): Evidence {
  const own = Object.hasOwn(CODES, error.code) ? CODES[error.code as keyof typeof CODES] : undefined;
  const family = Object.entries(FAMILIES).find(([start]) => error.code.startsWith(start))?.[1];
  const evidence = own ?? family ?? CLASSES[error.class].evidence;
  return evidence === 'worker' && executor === 'noop' ? 'subject' : evidence;
}

/** The one way to make such an error. A message is cut to what an outcome takes, rather than the outcome refused. */
export function taskError(
  klass: ErrorClass,
  code: FailureCode,
  message: string,
  retriable = CLASSES[klass].recovery !== 'never',
): OwnTaskError {
  return { class: klass, code, message: message.slice(0, MAX_MESSAGE), retriable };
}

/** The contract has room for 16,384 characters. */
const MAX_MESSAGE = 16_000;
