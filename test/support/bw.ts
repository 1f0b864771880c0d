import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';

const MAIN = join(repositoryRoot, 'cli/src/main.ts');

export interface BwResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface BwOptions {
  /** How to reach the stack: a stack's `env`. Nothing else of this process's environment but PATH is passed on. */
  env: Readonly<Record<string, string>>;
  cwd?: string;
  /** What is piped in. */
  input?: string;
}

/** A `bw`, or another program, that runs. */
export interface BwProcess {
  child: ChildProcess;
  /** What it has printed so far. */
  printed(): { stdout: string; stderr: string };
  /** Resolves when stdout or stderr has what is looked for; rejects when it ends without. */
  waitFor(pattern: RegExp): Promise<void>;
  ended: Promise<BwResult>;
}

/** Starts `bw` as its users do: a process of its own, here without a terminal. */
export function startBw(args: readonly string[], options: BwOptions): BwProcess {
  return startProgram(process.execPath, [MAIN, ...args], options);
}

/** Starts any program in the same way. */
export function startProgram(program: string, args: readonly string[], options: BwOptions): BwProcess {
  const { PATH = '' } = process.env;
  const child = spawn(program, args, {
    cwd: options.cwd ?? repositoryRoot,
    env: { PATH, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let changed = Promise.withResolvers<void>();
  const wake = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    wake();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    wake();
  });
  child.stdin.on('error', () => {}); // it may end without having read what is piped in
  child.stdin.end(options.input ?? '');
  let over = false;
  const ended = once(child, 'close').then(([code, signal]): BwResult => {
    over = true;
    wake();
    return { code: typeof code === 'number' ? code : signal === null ? -1 : -2, stdout, stderr };
  });
  return {
    child,
    printed: () => ({ stdout, stderr }),
    waitFor: async (pattern) => {
      while (!pattern.test(stdout) && !pattern.test(stderr)) {
        if (over) throw new Error(`it ended without ${pattern}:\n${stdout}\n${stderr}`);
        await changed.promise;
      }
    },
    ended,
  };
}

/** Runs `bw` to its end. */
export function bw(args: readonly string[], options: BwOptions): Promise<BwResult> {
  return startBw(args, options).ended;
}
