import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Marks every process that an attempt starts, so that those which leave its process group are found too. */
export const ATTEMPT_VARIABLE = 'BENCHWIRE_ATTEMPT';
/** Marks the launcher of a program with its worker's `ownerId`. Programs don't get it. */
export const OWNER_VARIABLE = 'BENCHWIRE_OWNER';
/** Folders of programs are called `benchwire-command-<owner id>-<random>`. */
export const HOME_PREFIX = 'benchwire-command-';

/** Sends a signal to a process group. False when nobody is left in it. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Names a process for good: a pid alone may be somebody else's later. Undefined when there is no such process. */
export function processIdentity(pid: number): string | undefined {
  const start = startTime(pid);
  return start === undefined ? undefined : `${pid}:${start}`;
}

/** Names a worker's process without telling which it is: 16 hex digits over its identity. */
export function ownerId(pid: number): string {
  return hashed(processIdentity(pid) ?? `${pid}:0`);
}

/** Owner ids of all processes that run now. Linux only; elsewhere only that of this process. */
export function livingOwners(): Set<string> {
  const own = ownerId(process.pid);
  return new Set([
    own,
    ...pids()
      .flatMap((pid) => processIdentity(pid) ?? [])
      .map(hashed),
  ]);
}

/** Processes that belong to an attempt by their environment, wherever they have gone. Linux only; elsewhere none. */
export function processesOfAttempt(attempt_id: string): number[] {
  return pids().filter((pid) => environmentOf(pid).includes(`\0${ATTEMPT_VARIABLE}=${attempt_id}\0`));
}

/** Processes that live in a mount namespace, which no process can leave for one outside. Linux only; elsewhere none. */
export function processesInNamespace(namespace: string): number[] {
  return pids().filter((pid) => mountNamespace(pid) === namespace);
}

/** `mnt:[4026531841]`; undefined when the process is gone or another user's. */
export function mountNamespace(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

/**
 * Processes of attempts whose worker process is gone, as after its SIGKILL: by the mark of their launcher, or by their
 * home folder in the environment. Linux only; elsewhere none.
 */
export function orphans(): number[] {
  const living = livingOwners();
  const is_orphan = (owner: string | undefined): boolean => owner !== undefined && !living.has(owner);
  return pids().filter((pid) => {
    const environment = environmentOf(pid);
    return is_orphan(OWNER_MARK.exec(environment)?.[1]) || is_orphan(HOME_MARK.exec(environment)?.[1]);
  });
}
const OWNER_MARK = new RegExp(`\\0${OWNER_VARIABLE}=([0-9a-f]{16})\\0`);
const HOME_MARK = new RegExp(`\\0HOME=[^\\0]*/${HOME_PREFIX}([0-9a-f]{16})-[^/\\0]*\\0`);

/** Ends processes for good. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself, or is another user's.
    }
  }
}

/** A process and all its descendants. Linux only; elsewhere the process alone. */
export function processTree(pid: number): number[] {
  return threadsInTree(pid).pids;
}

/** The same, with the number of all their threads. */
export function threadsInTree(pid: number): { pids: number[]; threads: number } {
  const pids = [pid];
  let threads = 0;
  for (let index = 0; index < pids.length; index++) {
    const folder = `/proc/${pids[index]}/task`;
    for (const thread of entries(folder)) {
      threads++;
      const children = text(`${folder}/${thread}/children`)?.trim() ?? '';
      if (children !== '') pids.push(...children.split(' ').map(Number));
    }
  }
  return { pids, threads };
}

/** The variables of a process, each between two null bytes; empty where it is gone or another user's. */
function environmentOf(pid: number): string {
  return `\0${text(`/proc/${pid}/environ`) ?? ''}\0`;
}

function pids(): number[] {
  if (process.platform !== 'linux') return [];
  return entries('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

function hashed(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 16);
}

/** Field 22 of /proc/<pid>/stat, in clock ticks since the machine's start (proc_pid_stat(5)). */
function startTime(pid: number): string | undefined {
  const stat = text(`/proc/${pid}/stat`);
  // The name stands in parentheses and may itself hold any character.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
