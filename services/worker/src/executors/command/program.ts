import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { residentMemoryMb } from '../onnx/resident-memory.ts';
import { killAll, processesOfAttempt, processTree, signalGroup } from './processes.ts';

const MEMORY_CHECK_MS = 100;
/** For pipes that a process outside of the group still holds open after everything known has ended. */
const PIPES_MS = 1000;

export interface ProgramOptions {
  file: string;
  args: readonly string[];
  working_directory: string;
  env: Record<string, string>;
  attempt_id: string;
  grace_ms: number;
  max_memory_mb: number | null;
  /** A chunk of output; the stream is read on when it has resolved. Undefined at the end of the stream. */
  onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer | undefined) => Promise<void>;
  /** The processes together use more memory than allowed; they are being ended. */
  onTooMuchMemory: (used_mb: number) => void;
}

export interface ProgramEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The program could not be started at all. */
  start_error: NodeJS.ErrnoException | undefined;
  /** Processes that outlived the program and had to be ended. */
  left_over: boolean;
}

/**
 * One program with everything that it starts: in a process group of its own, so that the whole of it can be ended.
 * When `run` has settled, no process of it is left.
 */
export class Program {
  readonly #options: ProgramOptions;
  #child: ChildProcess | undefined;
  #kill: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  async run(): Promise<ProgramEnd> {
    const { file, args, working_directory, env } = this.#options;
    let child: ChildProcess;
    try {
      child = spawn(file, args, {
        cwd: working_directory,
        env,
        shell: false,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    } catch (error) {
      // Such as a null byte in an argument.
      return { code: null, signal: null, start_error: error as NodeJS.ErrnoException, left_over: false };
    }
    this.#child = child;
    if (this.#stopping) this.stop();
    const streams = Promise.all([this.#read(child.stdout, 'stdout'), this.#read(child.stderr, 'stderr')]);
    const memory = this.#watchMemory(child.pid);
    const exit = await exitOf(child);
    clearInterval(memory);
    const left_over = await this.#endTheRest(child.pid);
    clearTimeout(this.#kill);
    const read = new AbortController();
    void streams.finally(() => read.abort());
    // What is still in the pipes may take its time to be handled; what nobody writes any more may not.
    await Promise.race([streams, this.#untilPipesAreIdle(child, read.signal)]);
    child.stdout?.destroy();
    child.stderr?.destroy();
    await streams;
    return { ...exit, left_over };
  }

  /** Ends all of it: SIGTERM, and SIGKILL after the grace. Idempotent. */
  stop(): void {
    this.#stopping = true;
    const pid = this.#child?.pid;
    if (pid === undefined || this.#kill !== undefined) return;
    signalGroup(pid, 'SIGTERM');
    this.#kill = setTimeout(() => {
      signalGroup(pid, 'SIGKILL');
      killAll(processesOfAttempt(this.#options.attempt_id));
    }, this.#options.grace_ms);
  }

  async #read(stream: Readable | null, name: 'stdout' | 'stderr'): Promise<void> {
    const { onOutput } = this.#options;
    try {
      for await (const chunk of stream ?? []) await onOutput(name, chunk as Buffer);
    } catch {
      // Destroyed while a stranger held it open: what had been read is handled.
    }
    await onOutput(name, undefined);
  }

  #watchMemory(pid: number | undefined): NodeJS.Timeout | undefined {
    const { max_memory_mb, onTooMuchMemory } = this.#options;
    if (max_memory_mb === null || pid === undefined) return undefined;
    let checking = false;
    return setInterval(async () => {
      if (checking || this.#stopping) return;
      checking = true;
      const sizes = await Promise.all(processTree(pid).map(residentMemoryMb));
      checking = false;
      const used_mb = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
      if (used_mb <= max_memory_mb || this.#stopping) return;
      onTooMuchMemory(Math.round(used_mb));
      // No grace: what asks for too much memory has it until it is gone.
      this.#stopping = true;
      signalGroup(pid, 'SIGKILL');
    }, MEMORY_CHECK_MS);
  }

  /** The program itself has ended; its children may not have. */
  async #endTheRest(pid: number | undefined): Promise<boolean> {
    if (pid === undefined) return false;
    let left_over = false;
    if (signalGroup(pid, 'SIGTERM')) {
      left_over = true;
      const deadline = performance.now() + this.#options.grace_ms;
      while (signalGroup(pid, 0) && performance.now() < deadline) await pause(20);
      signalGroup(pid, 'SIGKILL');
    }
    const escaped = processesOfAttempt(this.#options.attempt_id);
    killAll(escaped);
    return left_over || escaped.length > 0;
  }

  async #untilPipesAreIdle(child: ChildProcess, signal: AbortSignal): Promise<void> {
    let seen = -1;
    for (;;) {
      const waiting = (child.stdout?.readableLength ?? 0) + (child.stderr?.readableLength ?? 0);
      if (waiting === 0 && seen === 0) return;
      seen = waiting;
      await pause(PIPES_MS, signal);
      if (signal.aborted) return;
    }
  }
}

function exitOf(child: ChildProcess): Promise<Omit<ProgramEnd, 'left_over'>> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, start_error: error });
    });
    child.once('exit', (code, signal) => resolve({ code, signal, start_error: undefined }));
  });
}
