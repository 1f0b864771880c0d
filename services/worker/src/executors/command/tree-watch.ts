import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { residentMemoryMb } from '../onnx/resident-memory.ts';
import { processIdentity, threadsInTree } from './processes.ts';

/** What a program with everything that it starts may use. */
export interface TreeLimits {
  max_memory_mb: number;
  max_processes: number;
  /** Of its home folder. */
  max_disk_mb: number;
}

export type LimitKind = 'memory' | 'processes' | 'threads' | 'disk';

/** Threads that a task may have for each of its processes: numeric libraries start one for each processor. */
export const THREADS_PER_PROCESS = 16;

interface TreeWatchOptions {
  /** The process at the top, which is ours and does not count. */
  pid: number;
  is_launcher: boolean;
  home: string;
  limits: TreeLimits;
  /** Called once; the watch has ended then. */
  onLimit: (kind: LimitKind, used: number) => void;
}

/** The shortest and the longest time between two looks. */
const MIN_LOOK_MS = 100;
const MAX_LOOK_MS = 1000;
/** Looking may take this share of the time, so that it disturbs no measurement. */
const LOOK_SHARE = 0.005;
const DISK_LOOK_MS = 500;
const BYTES_PER_MB = 1024 ** 2;
const STAT_BLOCK_BYTES = 512;

/** Looks after what a program uses while it runs, and remembers which processes it had. Linux; elsewhere its own memory only. */
export class TreeWatch {
  readonly #options: TreeWatchOptions;
  /** Process identities by pid. */
  readonly #seen = new Map<number, string>();
  #timer: NodeJS.Timeout | undefined;
  #disk_at = 0;
  #stopped = false;

  constructor(options: TreeWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setTimeout(() => void this.#look(), MIN_LOOK_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Processes that were seen and run on. */
  survivors(): number[] {
    return [...this.#seen].filter(([pid, identity]) => processIdentity(pid) === identity).map(([pid]) => pid);
  }

  async #look(): Promise<void> {
    const began = performance.now();
    const over = await this.#check();
    if (this.#stopped) return;
    if (over !== undefined) {
      this.stop();
      this.#options.onLimit(over.kind, over.used);
      return;
    }
    const took = performance.now() - began;
    const next = Math.min(MAX_LOOK_MS, Math.max(MIN_LOOK_MS, took / LOOK_SHARE));
    this.#timer = setTimeout(() => void this.#look(), next);
  }

  async #check(): Promise<{ kind: LimitKind; used: number } | undefined> {
    const { pid, is_launcher, limits, home } = this.#options;
    const { pids: tree, threads } = threadsInTree(pid);
    const programs = is_launcher ? tree.slice(1) : tree;
    for (const each of programs) {
      const identity = this.#seen.has(each) ? undefined : processIdentity(each);
      if (identity !== undefined) this.#seen.set(each, identity);
    }
    if (programs.length > limits.max_processes) return { kind: 'processes', used: programs.length };
    if (threads > limits.max_processes * THREADS_PER_PROCESS) return { kind: 'threads', used: threads };
    const resident = sum(await Promise.all(programs.map(residentMemoryMb)));
    if (resident > limits.max_memory_mb) {
      // Pages that processes share after a fork count once; finding out is dear, so only where it matters.
      const used = sum(await Promise.all(programs.map(proportionalMemoryMb)));
      if (used > limits.max_memory_mb) return { kind: 'memory', used: Math.round(used) };
    }
    if (performance.now() < this.#disk_at) return undefined;
    const began = performance.now();
    const used = await diskUseMb(home, limits.max_disk_mb);
    const now = performance.now();
    this.#disk_at = now + Math.max(DISK_LOOK_MS, (now - began) / LOOK_SHARE);
    return used > limits.max_disk_mb ? { kind: 'disk', used: Math.round(used) } : undefined;
  }
}

/** Memory of a process in which each shared page counts in parts; the resident memory where that can't be read. */
async function proportionalMemoryMb(pid: number): Promise<number | null> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1];
  return kilobytes === undefined ? await residentMemoryMb(pid) : Number(kilobytes) / 1024;
}

/** What a folder takes on its disk, in MiB; stops counting above a limit. Follows no links. */
async function diskUseMb(folder: string, limit_mb: number): Promise<number> {
  let used = 0;
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined && used <= limit_mb; next = folders.pop()) {
    const entries: Dirent[] = await readdir(next, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) folders.push(path);
      const found = await lstat(path).catch(() => undefined);
      // An empty file takes room, too.
      used += ((found?.blocks ?? 0) * STAT_BLOCK_BYTES + STAT_BLOCK_BYTES) / BYTES_PER_MB;
      if (used > limit_mb) break;
    }
  }
  return used;
}

function sum(values: ReadonlyArray<number | null>): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}
