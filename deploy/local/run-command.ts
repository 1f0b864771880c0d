import { spawn } from 'node:child_process';

interface CommandResult {
  /** 127 when there is no such program. */
  code: number;
  stdout: string;
}

/**
 * Runs a program to its end. `show` lets the user see what it prints and answer what it asks; otherwise it is silent.
 * Handed in everywhere, so that tests can tell what would be run on systems that they don't run on.
 */
export type RunCommand = (command: string, args: readonly string[], show?: boolean) => Promise<CommandResult>;

export const runCommand: RunCommand = (command, args, show = false) =>
  new Promise((resolve) => {
    // A program's report goes to our stderr: stdout is for results.
    const child = spawn(command, args, { stdio: show ? ['inherit', 2, 2] : ['ignore', 'pipe', 'ignore'] });
    let stdout = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.once('error', () => resolve({ code: 127, stdout: '' }));
    child.once('close', (code) => resolve({ code: code ?? 1, stdout }));
  });
