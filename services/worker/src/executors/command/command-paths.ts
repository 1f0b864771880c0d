import { realpath, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import { isInside } from '@benchwire/shared/runtime/is-inside.ts';
import { type Allowlist, findProgram } from './allowlist.ts';
import type { Confinement } from './confinement.ts';

export type Checked<Value> = { ok: true; value: Value } | { ok: false; error: TaskError };

/** The file of a program that a task names, where the worker allows it. */
export async function programFile(
  program: string,
  { allowlist, path }: { allowlist: Allowlist; path: string },
): Promise<Checked<string>> {
  const allowed = allowlist.programs.get(program);
  if (allowed !== undefined) return { ok: true, value: allowed };
  if (!allowlist.any) {
    const names = [...allowlist.programs.keys()].join(', ') || 'none';
    const message = `this worker does not allow the program "${program}", only: ${names}; add it to WORKER_COMMANDS on the worker`;
    return { ok: false, error: taskError('bad_input', 'COMMAND_NOT_ALLOWED', message, false) };
  }
  const file = await findProgram(program, path);
  if (file !== undefined) return { ok: true, value: file };
  const message = program.includes('/')
    ? `there is no executable file "${program}" on the worker (paths have to be absolute)`
    : `there is no program "${program}" in the worker's PATH, ${path}`;
  return { ok: false, error: taskError('bad_input', 'COMMAND_NOT_FOUND', message, false) };
}

/** Where programs run has to be a folder. */
export async function checkFolder(folder: string): Promise<TaskError | null> {
  const is_folder = isAbsolute(folder) && (await stat(folder).catch(() => undefined))?.isDirectory() === true;
  if (is_folder) return null;
  const message = `config.working_directory "${folder}" is not an absolute path of a folder on the worker`;
  return taskError('bad_input', 'WORKING_DIRECTORY_MISSING', message, false);
}

/** What is hidden from programs can't be what they are, or where they run. */
export async function checkHidden(paths: readonly string[], confinement: Confinement): Promise<TaskError | null> {
  for (const path of paths) {
    const real = await realpath(path).catch(() => path);
    const folder = confinement.hidden.find((each) => isInside(real, each));
    if (folder === undefined) continue;
    const message = `${path} lies in ${folder}, which this worker hides from the programs of tasks (WORKER_COMMAND_HIDE): put it elsewhere`;
    return taskError('bad_input', 'PATH_HIDDEN', message, false);
  }
  return null;
}
