import { spawn } from 'node:child_process';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';

/** When what a part prints is seen. */
export type Shown = 'at once' | 'at its end';

/** Runs one part with its output shown; returns its exit code. */
export async function step(
  title: string,
  [command = '', ...rest]: string[],
  shown: Shown = 'at once',
): Promise<number> {
  if (shown === 'at once') console.log(`\n== ${title}`);
  const begin = performance.now();
  const output: Buffer[] = [];
  const code = await new Promise<number>((done) => {
    const child = spawn(command, rest, {
      cwd: repositoryRoot,
      stdio: shown === 'at once' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => output.push(chunk));
    child.once('error', (error) => {
      console.log(error.message);
      done(127);
    });
    child.once('close', (status) => done(status ?? 1));
  });
  if (shown === 'at its end') console.log(`\n== ${title}\n${Buffer.concat(output).toString()}`);
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  console.log(`== ${title}: ${code === 0 ? 'ok' : `FAILED (exit code ${code})`}, ${seconds} s`);
  return code;
}
