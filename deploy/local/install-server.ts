import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { aptInstallScript } from './apt.ts';
import type { Found, ServerKind, ServerProgram } from './find-server.ts';
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
}

export const thisMachine = (): Machine => ({
  platform: process.platform,
  isRoot: process.getuid?.() === 0,
  hasTerminal: process.stdin.isTTY === true,
});

/**
 * How to run each server here: what is installed, else what the system's package manager installs (saying so), else a
 * container when a Docker engine answers.
 * @throws BenchwireError SERVER_MISSING that names the command to run
 */
export async function provideServers(kinds: readonly ServerKind[], tools: Tools): Promise<ServerProgram[]> {
  const missing: ServerKind[] = [];
  for (const kind of kinds) {
    const found = await tools.find(kind, tools.run);
    if (found.ok) continue;
    tools.say(`${found.reason}.`);
    missing.push(kind);
  }
  if (missing.length > 0) await install(missing, tools);
  return await Promise.all(kinds.map((kind) => provide(kind, tools)));
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
  if (machine.platform === 'darwin' && (await run('brew', ['--version'])).code === 0) {
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
