import { aptInstallScript } from '@benchwire/deploy/local/apt.ts';
import { thisMachine } from '@benchwire/deploy/local/install-server.ts';
import { runProgram } from '../support/run-program.ts';
import type { Need, PackageManager } from './needs.ts';

/** A machine that does not answer must not hold up the tests for ever. */
const UPDATE_MS = 5 * 60_000;
const INSTALL_MS = 15 * 60_000;

/** How packages are installed on this machine. */
export interface Installer {
  manager: PackageManager;
  /** In front of a command that needs root; undefined where there is no way to become root. */
  root: readonly string[] | undefined;
}

/** Undefined where there is no package manager that is known. */
export async function findInstaller(): Promise<Installer | undefined> {
  const { platform, isRoot } = thisMachine();
  if (platform === 'darwin')
    return (await runProgram(['brew', '--version'])).code === 0 ? { manager: 'brew', root: [] } : undefined;
  if ((await runProgram(['apt-get', '--version'])).code !== 0) return undefined;
  if (isRoot) return { manager: 'apt', root: [] };
  const sudo = (await runProgram(['sudo', '-n', 'true'], { timeout_ms: 10_000 })).code === 0;
  return { manager: 'apt', root: sudo ? ['sudo', '-n'] : undefined };
}

/** The command that a person enters to get them; undefined when no package has them here. */
export function commandFor(needs: readonly Need[], installer: Installer | undefined): string | undefined {
  if (installer === undefined) return undefined;
  const { manager, root } = installer;
  const packages = needs.flatMap((need) => need.packages[manager] ?? []).map((name) => name.split('|')[0] ?? name);
  if (packages.length === 0) return undefined;
  const names = [...new Set(packages)].join(' ');
  if (manager === 'brew') return `brew install ${names}`;
  const sudo = root?.length === 0 ? '' : 'sudo ';
  return `${sudo}apt-get update && ${sudo}apt-get install --no-install-recommends ${names}`;
}

/**
 * Installs what has packages, best effort: whether it worked is seen by looking for it again.
 * @returns what went wrong, a line each
 */
export async function installPackages(
  needs: readonly Need[],
  { manager, root }: Installer,
  say: (text: string) => void,
): Promise<string[]> {
  if (root === undefined) return ['only root can install packages, and sudo wants a password'];
  const onLine = say;
  if (manager === 'apt') {
    const { code, output } = await runProgram([...root, 'apt-get', 'update', '-q'], { timeout_ms: UPDATE_MS });
    if (code !== 0) return [`apt-get update: exit code ${code}: ${output.trim().split('\n').at(-1)}`];
  }
  const wanted = new Set<string>();
  for (const name of needs.flatMap((need) => need.packages[manager] ?? []))
    wanted.add(manager === 'apt' ? await firstKnown(name) : (name.split('|')[0] ?? name));
  if (wanted.size === 0) return [];
  say(`installing ${[...wanted].join(' ')} …`);
  const install =
    manager === 'apt' ? [...root, 'sh', '-c', aptInstallScript, 'benchwire'] : ['brew', 'install', '--quiet'];
  const all = await runProgram([...install, ...wanted], { timeout_ms: INSTALL_MS, onLine });
  if (all.code === 0) return [];
  // One that can't be had must not keep the others away.
  const failed: string[] = [];
  for (const name of wanted) {
    const { code, output } = await runProgram([...install, name], { timeout_ms: INSTALL_MS });
    if (code !== 0) failed.push(`${name}: exit code ${code}: ${output.trim().split('\n').at(-1)}`);
  }
  return failed;
}

/** Of `a|b`, the first that the package lists know. */
async function firstKnown(names: string): Promise<string> {
  const all = names.split('|');
  for (const name of all) {
    const { stdout } = await runProgram(['apt-cache', 'policy', name]);
    if (/Candidate: [^(]/.test(stdout)) return name;
  }
  return all.at(-1) ?? names;
}
