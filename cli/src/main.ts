import { readFileSync } from 'node:fs';
import { runCli } from './cli.ts';
import { EXIT } from './errors.ts';
import { createOutput } from './terminal/output.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const brokenPipe = (): never => process.exit(EXIT.broken_pipe);
const out = createOutput(process.stdout, brokenPipe);
const err = createOutput(process.stderr, brokenPipe);

// Whatever a command drew must not leave the terminal without a cursor, or on another page.
const restore = (): void => {
  if (process.stdout.isTTY) process.stdout.write('\x1b[?25h');
  if (process.stderr.isTTY) process.stderr.write('\x1b[?25h');
};
const interrupt = (): void => {
  restore();
  process.exit(EXIT.interrupted);
};
const terminate = (): void => {
  restore();
  process.exit(143);
};

const crash = (error: unknown): void => {
  restore();
  process.stderr.write(
    `bw: this is a bug in bw, please report it.\n${error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(70);
};
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);

const code = await runCli(process.argv.slice(2), {
  environment: process.env,
  // npm runs scripts in its package's folder; the user stands elsewhere.
  working_directory: process.env.INIT_CWD ?? process.cwd(),
  stdin: process.stdin,
  out,
  err,
  now: Date.now,
  version,
  onInterrupt: replaceableHandler('SIGINT', interrupt),
  onTerminate: replaceableHandler('SIGTERM', terminate),
});
await Promise.all([out.flush(), err.flush()]);
process.exit(code);

/** Handles a signal until somebody else wants to; what is given back lets them, and they can hand it back. */
function replaceableHandler(signal: NodeJS.Signals, usual: () => void): (handler: () => void) => () => void {
  let handler = usual;
  process.on(signal, () => handler());
  return (other) => {
    handler = other;
    return () => {
      if (handler === other) handler = usual;
    };
  };
}
