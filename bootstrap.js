#!/usr/bin/env node
// What every npm script enters through. Plain JavaScript, because it runs on whatever Node the machine has (20 or newer),
// before anything is installed: it installs what is missing and goes on under the Node that this project pins.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './deploy/bootstrap/install.js';
import { say } from './deploy/bootstrap/say.js';

const root = dirname(fileURLToPath(import.meta.url));

/** @type {Record<string, string[]>} what each command runs under the pinned Node; `node` takes a script of your own */
const commands = {
  demo: ['deploy/local/demo.ts'],
  start: ['deploy/local/main.ts'],
  test: ['test/run-all.ts'],
  check: ['test/run-all.ts', '--checks-only'],
  bench: ['test/bench/main.ts'],
  simulate: ['test/simulator/main.ts'],
  bw: ['cli/src/main.ts'],
  worker: ['services/worker/src/main.ts'],
  screenshots: ['test/screenshots/main.ts'],
  schemas: ['test/write-generated.ts'],
  node: [],
  install: ['--version'],
};

const usage = `usage: node bootstrap.js ${Object.keys(commands).join('|')} [arguments]`;

async function main() {
  const [command = '', ...args] = process.argv.slice(2);
  const target = commands[command];
  if (target === undefined) {
    console.error(usage);
    process.exit(64);
  }
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    say(`this needs Node 20 or newer, and this is Node ${process.versions.node} (${process.execPath}).`);
    process.exit(1);
  }
  const runtime = await ensureInstalled(root);
  if (command === 'install') return say('everything is installed.');

  const [script, ...fixed] = target;
  run(runtime, script === undefined ? args : [join(root, script), ...fixed, ...args]);
}

/**
 * Runs the pinned Node in place of this process: same terminal, same exit code, same signals.
 * @param {string} runtime
 * @param {string[]} args
 */
function run(runtime, args) {
  // Whatever is started from there finds the pinned Node and the installed tools first.
  const path = [dirname(runtime), join(root, 'node_modules/.bin'), process.env.PATH].join(
    process.platform === 'win32' ? ';' : ':',
  );
  const child = spawn(runtime, args, { stdio: 'inherit', env: { ...process.env, PATH: path } });

  // Ctrl-C in a terminal reaches the whole process group, so the child has it already; a second one would force it to quit.
  const fromTerminal = Boolean(process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      if (!(signal === 'SIGINT' && fromTerminal)) child.kill(signal);
    });
  }
  if (process.env.npm_lifecycle_event !== undefined) stopWithParent(child);
  child.on('error', (error) => {
    say(`could not start ${runtime}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) =>
    process.exit(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0)),
  );
}

/**
 * An npm that is killed can't pass that on; what it started must not go on alone, holding the data folder.
 * @param {import('node:child_process').ChildProcess} child
 */
function stopWithParent(child) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM');
  }, 1_000).unref();
}

main().catch((error) => {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
