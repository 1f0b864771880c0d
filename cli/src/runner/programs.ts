import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';

const TAIL_LINES = 20;

/** Runs a program, and hands each line that it prints on. @throws BenchwireError with the last lines, when it fails */
export async function runStep(
  command: readonly string[],
  onLine: (line: string) => void,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const tail: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      onLine(line);
    });
  const how = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)));
  });
  if (how === undefined) return;
  const shown = tail.length === 0 ? '' : `\n  ${tail.join('\n  ')}`;
  throw new BenchwireError('RUNNER_INSTALL_FAILED', `${command.slice(0, 4).join(' ')} … failed (${how}):${shown}`);
}

/** What a program prints; undefined where it is not there, or fails. */
export async function outputOf(command: readonly string[]): Promise<string | undefined> {
  let text = '';
  try {
    await runStep(command, (line) => (text += `${line}\n`), process.env);
    return text.trim();
  } catch {
    return undefined;
  }
}
