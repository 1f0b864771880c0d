import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { OutcomeResults } from '@benchwire/shared/contracts/outcome.ts';
import type { InstalledRunner } from '@benchwire/shared/contracts/runner.ts';
import { TaskFailure } from '@benchwire/shared/model/errors.ts';
import { RUNNER_PACKAGE } from '@benchwire/shared/runtime/runners-folder.ts';
import { hostFacts } from '../../devices/host.ts';
import type { ExecutorReport } from '../executor.ts';
import { childEnvironment } from '../onnx/child-environment.ts';
import { findRunner } from './environments.ts';
import type { RunnerProcess, RunnerProcessOptions } from './runner-process.ts';

/** What every executor with a Python runner needs of the worker. */
export interface RunnerOptions {
  /** Where the environments are. */
  runners_folder: string;
  /** A measuring process that says nothing for this long hangs. */
  hang_seconds: number;
  /** A task's own `max_memory_mb` can only be lower; null for no limit. */
  max_memory_mb: number | null;
  env: Readonly<Record<string, string | undefined>>;
  /** Folders with modules for Python, beside the package's; and a backend's module: of tests. */
  python_path?: string;
  backend?: string;
}

/** @throws TaskFailure with the remedy, where that environment is not installed */
export async function installedRunnerOf(name: string, { runners_folder }: RunnerOptions): Promise<InstalledRunner> {
  const installed = await findRunner(runners_folder, name);
  if (installed !== undefined) return installed;
  const text = `The environment "${name}" is not installed for runners in ${runners_folder}: "bw runner install ${name}" does that.`;
  throw new TaskFailure(taskError('executor_missing', 'RUNNER_NOT_INSTALLED', text));
}

const WARM = 'the runner was warm: it imported its libraries for an earlier task';

/** How a runner of an environment is started. */
export function runnerStart(
  installed: InstalledRunner,
  backend: string,
  { env, python_path }: RunnerOptions,
): RunnerProcessOptions {
  return {
    python: installed.python,
    python_path: [RUNNER_PACKAGE, python_path].filter((each) => each !== undefined).join(':'),
    backend,
    // Which device a task sees, the task's own variables say.
    env: { ...childEnvironment(env, { class: 'cpu', environment: {} }), BENCHWIRE_RUNNER: installed.installed_at },
  };
}

/** The environment of an outcome, as far as the runner knows it before a model is there; its import time goes into `results`. */
export async function runnerEnvironment(
  runner: RunnerProcess,
  installed: InstalledRunner,
  results: OutcomeResults,
): Promise<ExecutorReport['environment']> {
  const { versions, python_version, import_ms, runner_version } = await runner.ready;
  // A warm runner imports nothing: to report the same time again would be a series without noise.
  const is_first = runner.takeFirst();
  results.timings = { import_ms: is_first ? import_ms : null };
  if (!is_first) results.unavailable = { ...results.unavailable, import_ms: WARM };
  const { onnxruntime_version: _, ...host } = hostFacts(null);
  const libraries = Object.entries({ ...installed.versions, ...versions });
  return {
    ...host,
    runner_version,
    ...(python_version === undefined ? {} : { python_version }),
    ...Object.fromEntries(libraries.map(([name, version]) => [`${name}_version`, version])),
    weights: 'random',
  };
}

/** A task can only set a lower limit than the worker's. */
export function smallest(of_task: number | undefined, of_worker: number | null): number | null {
  return of_task === undefined ? of_worker : Math.min(of_task, of_worker ?? of_task);
}
