import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunCommand } from './run-command.ts';

/** A server program that the stack needs, and where it comes from. */
export interface ServerKind {
  name: 'nats-server' | 'redis-server';
  /** Programs that will do, best first. */
  binaries: readonly string[];
  /** Oldest version that works: [major, minor]. */
  oldest: readonly [number, number];
  packages: { apt: string; brew: string };
  image: string;
  /** Where a user names a running one instead. */
  variable: 'NATS_URL' | 'REDIS_URL';
}

export const natsServer: ServerKind = {
  name: 'nats-server',
  binaries: ['nats-server'],
  oldest: [2, 9],
  packages: { apt: 'nats-server', brew: 'nats-server' },
  image: 'nats:2.11-alpine',
  variable: 'NATS_URL',
};

export const redisServer: ServerKind = {
  name: 'redis-server',
  binaries: ['redis-server', 'valkey-server'],
  oldest: [6, 2], // what BullMQ asks for
  packages: { apt: 'redis-server', brew: 'redis' },
  image: 'redis:7.4-alpine',
  variable: 'REDIS_URL',
};

/** How to run a server here. */
export type ServerProgram =
  | { from: 'binary'; path: string; version: string }
  | { from: 'docker'; image: string; version: string };

export type Found = { ok: true; program: ServerProgram } | { ok: false; reason: string };

/** Where programs lie that a user's PATH may leave out: Debian keeps servers in sbin, Homebrew has a folder of its own. */
const usualFolders = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/** Looks for an installed server that is new enough. */
export async function findServer(kind: ServerKind, run: RunCommand, path = process.env.PATH ?? ''): Promise<Found> {
  let reason = `${kind.name} is not installed`;
  for (const binary of kind.binaries) {
    for (const folder of new Set([...path.split(':'), ...usualFolders])) {
      const file = join(folder, binary);
      if (folder === '' || !(await isExecutable(file))) continue;
      const { stdout } = await run(file, ['--version']);
      const version = versionIn(stdout);
      if (version === undefined) reason = `${file} does not tell its version`;
      else if (!isNewEnough(version, kind.oldest)) {
        reason = `${file} is version ${version}, and ${kind.oldest.join('.')} or newer is needed`;
      } else return { ok: true, program: { from: 'binary', path: file, version } };
    }
  }
  return { ok: false, reason };
}

/** `nats-server: v2.9.10`, `Redis server v=7.0.15 sha=…`, `Valkey server v=8.1.1 …`. */
export function versionIn(text: string): string | undefined {
  return text.match(/\bv=?(\d+\.\d+(?:\.\d+)?)/)?.[1];
}

export function isNewEnough(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ours = 0, oursMinor = 0] = version.split('.').map(Number);
  return ours > major || (ours === major && oursMinor >= minor);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
