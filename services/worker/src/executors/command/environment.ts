import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { CHECKPOINT_VARIABLE } from './checkpoint-file.ts';
import { taskError } from './errors.ts';

/** Marks every process that an attempt starts, so that those which leave its process group are found too. */
export const ATTEMPT_VARIABLE = 'BENCHWIRE_ATTEMPT';
/** The worker's process, as `<pid>:<start time>`: processes whose worker is gone are cleared away. */
export const OWNER_VARIABLE = 'BENCHWIRE_OWNER';

/**
 * Variables that make an allowed program run other code than its own. Of the loader: ld.so(8), dyld(1); the rest are
 * those of common interpreters. With `*` on the allowlist there is nothing to protect.
 */
const CODE_VARIABLES =
  /^(PATH|LD_.*|DYLD_.*|GCONV_PATH|BASH_ENV|ENV|SHELLOPTS|BASHOPTS|PS4|IFS|NODE_OPTIONS|NODE_PATH|PYTHON(PATH|HOME|STARTUP|INSPECT|USERBASE)|PERL5(LIB|OPT|DB)|RUBY(LIB|OPT)|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|GIT_SSH.*|EDITOR|PAGER)$/;

export interface EnvironmentParts {
  device: Device;
  home: string;
  path: string;
  lang: string | undefined;
  /** WORKER_COMMAND_ENV. */
  operator: Readonly<Record<string, string>>;
  /** config.env. */
  task: Readonly<Record<string, string>>;
  allow_any: boolean;
  attempt_id: string;
  owner: string;
  /** Where the program finds and leaves its checkpoint. */
  checkpoint: string;
}

/**
 * The environment of a program, from nothing: none of the worker's own variables, and so none of its secrets. The task
 * may add what it likes but for the variables that say on which device it runs and what code is run. Pure.
 */
export function commandEnvironment(
  parts: EnvironmentParts,
): { ok: true; env: Record<string, string> } | { ok: false; error: TaskError } {
  const device = deviceVariables(parts.device);
  const refused = Object.keys(parts.task).filter(
    (name) => name.startsWith('BENCHWIRE_') || name in device || (!parts.allow_any && CODE_VARIABLES.test(name)),
  );
  if (refused.length > 0) {
    const message = `config.env may not set ${refused.join(', ')}: the worker sets them itself, or they would let an allowed program run other code; the worker's WORKER_COMMAND_ENV can set them`;
    return { ok: false, error: taskError('bad_input', 'ENV_NOT_ALLOWED', message, false) };
  }
  return {
    ok: true,
    env: {
      PATH: parts.path,
      LANG: parts.lang ?? 'C.UTF-8',
      HOME: parts.home,
      TMPDIR: parts.home,
      ...parts.operator,
      ...parts.task,
      ...device,
      BENCHWIRE_DEVICE_CLASS: parts.device.class,
      [ATTEMPT_VARIABLE]: parts.attempt_id,
      [OWNER_VARIABLE]: parts.owner,
      [CHECKPOINT_VARIABLE]: parts.checkpoint,
    },
  };
}

/** Shows the program its own GPU only. */
function deviceVariables(device: Device): Record<string, string> {
  const index = device.environment.gpu_index;
  if (typeof index !== 'number') return {};
  if (device.class === 'cuda') return { CUDA_VISIBLE_DEVICES: String(index), CUDA_DEVICE_ORDER: 'PCI_BUS_ID' };
  if (device.class === 'rocm') return { HIP_VISIBLE_DEVICES: String(index), ROCR_VISIBLE_DEVICES: String(index) };
  return {};
}
