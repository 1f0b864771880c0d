import { spawn, spawnSync } from 'node:child_process';
import { hostInUrl } from '@benchwire/shared/runtime/hosts.ts';
import type { Launch } from './child.ts';
import type { ServerProgram } from './find-server.ts';

/** What starting a server needs to know, whether it is a program or a container. */
export interface ServerLaunch {
  program: ServerProgram;
  /** The program's name inside the image. */
  name: 'nats-server' | 'redis-server';
  /** Its folder here; a container sees it as `/data`. */
  folder: string;
  /** Its arguments, given the folder as it sees it. */
  args: (folder: string) => string[];
  /** Where it is reached. */
  address: { host: string; port: number };
  /** The port that it listens on inside a container. */
  containerPort: number;
  logFile: string;
}

/** Where the server itself sees its folder and which address it has to listen on. */
export function serverView(
  program: ServerProgram,
  folder: string,
  address: ServerLaunch['address'],
  containerPort: number,
) {
  return program.from === 'docker'
    ? { folder: '/data', host: '0.0.0.0', port: containerPort } // only the mapped port is reachable, and only on our address
    : { folder, ...address };
}

export function launchServer(server: ServerLaunch): Launch {
  const { program, folder, args, logFile } = server;
  const output = { to: 'file', path: logFile } as const;
  if (program.from === 'docker') return launchContainer(server, program.image, output);
  const [command = program.path, ...rest] = dyingWithUs([program.path, ...args(folder)]);
  return { command, args: rest, env: process.env, output };
}

function launchContainer(server: ServerLaunch, image: string, output: Launch['output']): Launch {
  const { name, folder, args, address, containerPort } = server;
  const { host, port } = address;
  const container = `benchwire-${name}-${host.replaceAll(':', '-')}-${port}`;
  const user = `${process.getuid?.() ?? 1000}:${process.getgid?.() ?? 1000}`;
  const options = [
    '--rm',
    '--name',
    container,
    '--user',
    user,
    '-p',
    `${hostInUrl(host)}:${port}:${containerPort}`,
    '-v',
    `${folder}:/data`,
  ];
  // One of a stack that died would hold the name and the port.
  spawnSync('docker', ['rm', '--force', container], { stdio: 'ignore' });
  return {
    command: 'docker',
    args: ['run', ...options, image, name, ...args('/data')],
    env: process.env,
    output,
    deliver: (signal) => {
      spawn('docker', ['kill', '--signal', signal, container], { stdio: 'ignore' }).on('error', () => {});
    },
  };
}

let canDieWithUs: boolean | undefined;

/**
 * On Linux the kernel ends the server when we die in a way that leaves us no time to; elsewhere the next start does.
 */
export function dyingWithUs(command: string[]): string[] {
  canDieWithUs ??= process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'TERM', 'true']).status === 0;
  return canDieWithUs ? ['setpriv', '--pdeathsig', 'TERM', ...command] : command;
}
