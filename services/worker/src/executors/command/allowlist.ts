import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, normalize } from 'node:path';

/** The programs that WORKER_COMMANDS allows. */
export interface Allowlist {
  any: boolean;
  /** What a task may write, name or path, and the file that it starts. */
  programs: ReadonlyMap<string, string>;
  /** Entries for which there is no program. */
  missing: readonly string[];
}

/**
 * Looks the allowed programs up, once: what a name means can't be changed later by who controls a folder of PATH
 * that comes earlier. Both the name and the path that it stands for are allowed.
 */
export async function resolveAllowlist(entries: readonly string[], path: string): Promise<Allowlist> {
  const programs = new Map<string, string>();
  const missing: string[] = [];
  for (const entry of entries) {
    if (entry === '*') continue;
    const file = await findProgram(entry, path);
    if (file === undefined) missing.push(entry);
    else programs.set(entry, file).set(file, file);
  }
  return { any: entries.includes('*'), programs, missing };
}

/** What the fleet is told of the allowlist: names and paths, or `*`. */
export function offeredCommands(allowlist: Allowlist): string[] {
  return allowlist.any ? ['*'] : [...allowlist.programs.keys()];
}

/** The file behind a name of PATH or an absolute path; undefined when there is none that may be executed. */
export async function findProgram(program: string, path: string): Promise<string | undefined> {
  if (program.includes('/')) {
    const file = normalize(program);
    return isAbsolute(file) && (await isExecutable(file)) ? file : undefined;
  }
  for (const folder of path.split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const file = join(folder, program);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
