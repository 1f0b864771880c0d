import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join, relative } from 'node:path';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { defaultDataDir, repositoryRoot } from './paths.ts';
import { type LocalStack, type LogLine, startLocalStack } from './stack.ts';
import { readRunningStack } from './stack-file.ts';
import { onStopSignals, StopRequested } from './stop-signals.ts';

/** `npm run demo`: the stack, one run of the quickstart, and everything down again. A stack that runs already is used. */

const dataDir = defaultDataDir(process.env);
const say = (text: string): void => console.error(`benchwire: ${text}`);

let stack: LocalStack | undefined;
const stopping = onStopSignals(() => {
  stack?.abandon();
  process.exit(130);
});

process.exitCode = await demo().catch((error: unknown) => {
  if (error instanceof StopRequested) return 130;
  say(messageOf(error));
  say(`the services' logs are in ${relative(process.cwd(), join(dataDir, 'logs'))}.`);
  return 1;
});
process.exit();

async function demo(): Promise<number> {
  const running = readRunningStack(dataDir);
  if (running !== undefined) {
    say(`using the stack that runs already (pid ${running.pid}).`);
    return await runQuickstart(running.env);
  }
  say('starting NATS, Redis, embedded ClickHouse and the services …');
  const begin = performance.now();
  stack = await startLocalStack({ dataDir, onLog: showTroubleOnly, signal: stopping });
  say(`ready after ${((performance.now() - begin) / 1000).toFixed(1)} s.\n`);
  try {
    return await runQuickstart(stack.env);
  } finally {
    say('stopping …');
    await stack.stop();
    say('`npm start` keeps the stack running for runs of your own; the results so far are kept.');
  }
}

/** The services' logs go to files; here only what the stack itself has to say: installs and crashes. */
function showTroubleOnly({ service, line }: LogLine): void {
  if (service === 'stack') say(line);
}

function runQuickstart(env: Record<string, string>): Promise<number> {
  const args = [join(repositoryRoot, 'cli/src/main.ts'), 'run', join(repositoryRoot, 'examples/quickstart.yaml')];
  const bw = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  // In a terminal it has got the Ctrl-C itself; otherwise nobody else passes the signal on.
  if (!process.stdin.isTTY) stopping.addEventListener('abort', () => bw.kill('SIGTERM'), { once: true });
  return new Promise((resolve, reject) => {
    bw.once('error', reject);
    bw.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 1 : constants.signals[signal])));
  });
}
