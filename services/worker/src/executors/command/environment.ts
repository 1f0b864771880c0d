import { refusedVariables, refusedVariablesMessage } from '@benchwire/shared/contracts/command-environment.ts';
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { visibilityVariables } from '../../devices/hardware-classes.ts';
import { CHECKPOINT_VARIABLE } from './checkpoint-file.ts';
import { ATTEMPT_VARIABLE } from './processes.ts';

export interface EnvironmentOptions {
  device: Device;
  home: string;
  path: string;
  lang: string | undefined;
  /** The worker's own variables. */
  own: Readonly<Record<string, string | undefined>>;
  /** WORKER_COMMAND_ENV. */
  operator: Readonly<Record<string, string>>;
  /** config.env. */
  task: Readonly<Record<string, string>>;
  /** WORKER_COMMAND_ENV_ALLOW. */
  env_allow: readonly string[];
  /** With any program allowed there is nothing to protect from variables. */
  allow_any: boolean;
  attempt_id: string;
  /** Where the program finds and leaves its checkpoint. */
  checkpoint: string;
}

/**
 * The environment of a program, from nothing: none of the worker's own variables but those that choose its devices, and so
 * none of its secrets. The task
 * may add the variables that the operator allows, and none that says on which device it runs. Pure.
 */
export function commandEnvironment(
  options: EnvironmentOptions,
): { ok: true; env: Record<string, string> } | { ok: false; error: TaskError } {
  const device = visibilityVariables(options.device, options.own);
  const names = Object.keys(options.task);
  const refused = new Set(refusedVariables(names, options.env_allow, options.allow_any));
  for (const name of names) if (name in device) refused.add(name);
  if (refused.size > 0) {
    const listed = [...refused];
    const message = `config.env sets ${listed.join(', ')}, which this worker does not let a task set: ${refusedVariablesMessage(listed)}`;
    return { ok: false, error: taskError('bad_input', 'ENV_NOT_ALLOWED', message, false) };
  }
  return {
    ok: true,
    env: {
      PATH: options.path,
      LANG: options.lang ?? 'C.UTF-8',
      HOME: options.home,
      TMPDIR: options.home,
      ...options.operator,
      ...options.task,
      ...device,
      BENCHWIRE_DEVICE_CLASS: options.device.class,
      [ATTEMPT_VARIABLE]: options.attempt_id,
      [CHECKPOINT_VARIABLE]: options.checkpoint,
    },
  };
}
