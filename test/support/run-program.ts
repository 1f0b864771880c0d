import { spawn } from 'node:child_process';
import { dyingWithUs } from '@benchwire/deploy/local/server-launch.ts';
import { LineSplitter } from '@benchwire/shared/runtime/line-splitter.ts';

export interface ProgramOptions {
  cwd?: string;
  env?: Readonly<Record<string, string | undefined>>;
  /** After this it is ended, with everything that it has started. */
  timeout_ms?: number;
  /** Sees every line as it is printed. */
  onLine?: (line: string) => void;
}

export interface ProgramResult {
  /** 127 when there is no such program, 124 when it took too long. */
  code: number;
  /** What it printed, stdout and stderr as they came. */
  output: string;
  stdout: string;
}

/** Runs a program to its end, without a terminal and without input. */
export async function runProgram(command: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  const [program = '', ...args] = dyingWithUs([...command]);
  const env = { ...process.env, ...options.env };
  return await new Promise((resolve) => {
    const child = spawn(program, args, { cwd: options.cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let stdout = '';
    let timed_out = false;
    const splitter = new LineSplitter();
    const end = (signal: NodeJS.Signals): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, signal);
      } catch {
        // It has ended meanwhile.
      }
    };
    const timer =
      options.timeout_ms === undefined
        ? undefined
        : setTimeout(() => {
            timed_out = true;
            end('SIGTERM');
            setTimeout(() => end('SIGKILL'), 5_000).unref();
          }, options.timeout_ms);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (stream === child.stdout) stdout += text;
        for (const line of splitter.push(Buffer.from(text))) options.onLine?.(line.text);
      });
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ code: 127, output: error.message, stdout: '' });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: timed_out ? 124 : (code ?? 1), output, stdout });
    });
  });
}

/** @returns what it printed on stdout. @throws Error with all that it printed, when it fails */
export async function mustRun(command: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const { code, output, stdout } = await runProgram(command, options);
  if (code === 0) return stdout.trim();
  const why = code === 124 ? `took longer than ${(options.timeout_ms ?? 0) / 1000} s` : `failed (exit code ${code})`;
  throw new Error(`${command.join(' ')}\n${why}:\n${output.slice(-4000)}`);
}
