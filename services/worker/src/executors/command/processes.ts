import { readdirSync, readFileSync } from 'node:fs';
import { ATTEMPT_VARIABLE, OWNER_VARIABLE } from './environment.ts';

/** Sends a signal to a process group. False when nobody is left in it. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Names a process for good: a pid alone may be somebody else's later. */
export function processIdentity(pid: number): string {
  return `${pid}:${startTime(pid) ?? 0}`;
}

/** Processes that belong to an attempt by their environment, wherever they have gone. Linux only; elsewhere none. */
export function processesOfAttempt(attempt_id: string): number[] {
  return marked(ATTEMPT_VARIABLE, (value) => value === attempt_id);
}

/** Processes of attempts whose worker process is gone, as after its SIGKILL. Linux only; elsewhere none. */
export function orphans(): number[] {
  return marked(OWNER_VARIABLE, (owner) => {
    const pid = Number(owner.split(':')[0]);
    return !Number.isInteger(pid) || pid <= 0 || processIdentity(pid) !== owner;
  });
}

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
  const tree = [pid];
  for (let index = 0; index < tree.length; index++) {
    const folder = `/proc/${tree[index]}/task`;
    for (const thread of entries(folder)) {
      const children = text(`${folder}/${thread}/children`)?.trim() ?? '';
      if (children !== '') tree.push(...children.split(' ').map(Number));
    }
  }
  return tree;
}

function marked(variable: string, matches: (value: string) => boolean): number[] {
  if (process.platform !== 'linux') return [];
  const prefix = `${variable}=`;
  return entries('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    // Ours only: another user's environment can't be read.
    const environment = text(`/proc/${entry}/environ`);
    if (environment === undefined || !environment.includes(prefix)) return [];
    const value = environment
      .split('\0')
      .find((each) => each.startsWith(prefix))
      ?.slice(prefix.length);
    return value !== undefined && matches(value) ? [Number(entry)] : [];
  });
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
