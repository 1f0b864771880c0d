import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import { PLACEHOLDER, type PlaceholderName } from '@benchwire/shared/contracts/placeholders.ts';
import type { CommandConfig } from '@benchwire/shared/contracts/task.ts';
import type { ExecutorContext } from '../executor.ts';

/** Branches are named by others, in forks for example: nothing that a shell would read as more than a word. */
const PLAIN = /^[A-Za-z0-9._/@+:#-]*$/;

/**
 * The config with `{commit}`, `{branch}`, `{run_id}` and `{task_id}` in the command and its variables filled in. The series is named
 * by the text with the placeholders. Pure.
 */
export function fillPlaceholders({
  run_id,
  source,
  task: { task_id, config },
}: Pick<ExecutorContext<'command'>, 'run_id' | 'source' | 'task'>):
  | { ok: true; config: CommandConfig }
  | { ok: false; error: TaskError } {
  const values: Record<PlaceholderName, string | undefined> = {
    commit: source?.commit,
    branch: source?.branch,
    run_id,
    task_id,
  };
  let missing: string | undefined;
  let unsafe: string | undefined;
  const fill = (text: string): string =>
    text.replace(PLACEHOLDER, (written, name: PlaceholderName) => {
      const value = values[name];
      if (value === undefined) missing ??= name;
      else if (!PLAIN.test(value)) unsafe ??= name;
      return value ?? written;
    });
  const command = config.command.map(fill);
  const prepare = config.prepare?.map(fill);
  const env = Object.fromEntries(Object.entries(config.env ?? {}).map(([name, value]) => [name, fill(value)]));
  if (missing !== undefined) {
    const message = `the command uses {${missing}}, and the run has no source.${missing}: add it to the request, or submit with bw run --${missing}`;
    return { ok: false, error: taskError('bad_input', 'PLACEHOLDER_EMPTY', message, false) };
  }
  if (unsafe !== undefined) {
    const message = `the command uses {${unsafe}}, and source.${unsafe} "${values[unsafe as PlaceholderName]}" has characters other than letters, digits and . _ / @ + : # -, which a shell could read as commands: pass it as a variable that the program reads, or choose another name`;
    return { ok: false, error: taskError('bad_input', 'PLACEHOLDER_REFUSED', message, false) };
  }
  return {
    ok: true,
    config: {
      ...config,
      command,
      ...(prepare === undefined ? {} : { prepare }),
      ...(config.env === undefined ? {} : { env }),
    },
  };
}
