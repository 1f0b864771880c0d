import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { type Line, LineSplitter } from '@benchwire/shared/runtime/line-splitter.ts';
import { z } from 'zod';
import { lastLines, openForChild } from './log-file.ts';

/** One way to start a program. */
export interface Launch {
  command: string;
  args: readonly string[];
  env: Record<string, string | undefined>;
  cwd?: string;
  /** Line by line to us, or straight into a file, which goes on when we are gone. */
  output: { to: 'lines'; onLine: (line: string) => void } | { to: 'file'; path: string };
  /** Opens a channel whose end tells the child that we are gone. */
  ipc?: boolean;
  /** Handed over that channel right after the start (shared/runtime/handed-secrets.ts). */
  secrets?: Record<string, string>;
  /** Delivers a signal where the child is only the client of what really runs (a container). */
  deliver?: (signal: NodeJS.Signals) => void;
}

export type Exit = { code: number | null; signal: NodeJS.Signals | null } | { error: Error };

const tailLines = 8;

/**
 * One run of a program, from its start to its exit. It leads a process group of its own: a Ctrl-C in our terminal must
 * not reach it before we have stopped what depends on it, and what it leaves behind can be ended with it.
 */
export class Child {
  readonly exited: Promise<Exit>;
  #process: ChildProcess;
  #launch: Launch;
  #tail: string[] = [];
  #message: unknown;

  constructor(launch: Launch) {
    this.#launch = launch;
    const file = launch.output.to === 'file' ? openForChild(launch.output.path) : undefined;
    const stdio = file ?? 'pipe';
    this.#process = spawn(launch.command, launch.args, {
      stdio: ['ignore', stdio, stdio, ...(launch.ipc === true ? ['ipc' as const] : [])],
      env: launch.env,
      detached: true,
      ...(launch.cwd === undefined ? {} : { cwd: launch.cwd }),
    });
    if (file !== undefined) closeSync(file);
    // One that could not be started or is gone again is told by its exit.
    if (launch.secrets !== undefined) this.#process.send?.({ secrets: launch.secrets }, () => {});
    this.#process.on('message', (message) => {
      this.#message = message;
    });
    this.#readLines();
    this.exited = this.#untilExit();
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** What it sent last over its channel; undefined until it has sent something. */
  get message(): unknown {
    return this.#message;
  }

  /** The last lines it printed. */
  tail(): string[] {
    const { output } = this.#launch;
    return output.to === 'file' ? lastLines(output.path, tailLines) : this.#tail.flatMap(readableLine);
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#launch.deliver !== undefined) this.#launch.deliver(signal);
    else this.#process.kill(signal);
  }

  /** Ends it and everything that it started. */
  killGroup(): void {
    if (this.#launch.deliver !== undefined) this.#launch.deliver('SIGKILL');
    if (this.pid === undefined) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // Nothing of it is left.
    }
  }

  #readLines(): void {
    const { output } = this.#launch;
    if (output.to !== 'lines') return;
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      const splitter = new LineSplitter();
      const take = (lines: readonly Line[]): void => {
        for (const { text } of lines) {
          this.#tail.push(text);
          if (this.#tail.length > tailLines) this.#tail.shift();
          output.onLine(text);
        }
      };
      stream?.on('data', (bytes: Buffer) => take(splitter.push(bytes)));
      stream?.once('end', () => take(splitter.end()));
    }
  }

  #untilExit(): Promise<Exit> {
    const child = this.#process;
    return new Promise((resolve) => {
      child.once('error', (error) => {
        if (child.pid === undefined) resolve({ error });
      });
      child.once('exit', (code, signal) => {
        this.killGroup(); // its own children, which nobody watches now
        // Its last lines may still be in the pipe; a process that it left behind can hold that open for ever.
        const done = (): void => {
          clearTimeout(timer);
          resolve({ code, signal });
        };
        const timer = setTimeout(done, 500);
        child.once('close', done);
      });
    });
  }
}

/** A service's log line for people: what it says, and what a server said. Lines of a stack are left out. Pure. */
export function readableLine(line: string): string[] {
  if (/^\s+at /.test(line)) return [];
  try {
    const { msg, err } = z
      .object({ msg: z.string(), err: z.object({ message: z.string() }).optional() })
      .parse(JSON.parse(line));
    return [err === undefined ? msg : `${msg}: ${err.message}`];
  } catch {
    return [line];
  }
}

/** `exit code 1`, `ended by SIGKILL`, `could not be started: …`. */
export function describeExit(exit: Exit): string {
  if ('error' in exit) return `could not be started: ${exit.error.message}`;
  return exit.signal === null ? `exit code ${exit.code}` : `ended by ${exit.signal}`;
}
