import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type InstalledRunner,
  installedRunner,
  RUNNER_NAMES,
  type RunnerName,
} from '@benchwire/shared/contracts/runner.ts';

/** Written last by `bw runner install`: an environment without it is not whole. */
const FACTS = 'environment.json';

/** The environment of that name in `folder`; undefined where none has been installed, or not to its end. */
export async function findRunner(folder: string, name: string): Promise<InstalledRunner | undefined> {
  const text = await readFile(join(folder, name, FACTS), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const read = installedRunner.safeParse(JSON.parse(text));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}

/** All that are installed, by name. */
export async function findRunners(folder: string): Promise<Partial<Record<RunnerName, InstalledRunner>>> {
  const found = await Promise.all(RUNNER_NAMES.map(async (name) => [name, await findRunner(folder, name)] as const));
  return Object.fromEntries(found.filter(([, installed]) => installed !== undefined));
}

/** Facts of a device that a runner measures on: other versions are another fingerprint. Pure. */
export function runnerFacts({ name, build, versions, python_version }: InstalledRunner): Record<string, string> {
  const libraries = Object.entries(versions).map(([library, version]) => [`runner_${library}`, version] as const);
  return {
    [`runner_${name}_build`]: build,
    [`runner_${name}_python`]: python_version,
    ...Object.fromEntries(libraries),
  };
}
