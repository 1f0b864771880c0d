import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findServer, natsServer, redisServer } from '@benchwire/deploy/local/find-server.ts';
import { provideServers, thisMachine } from '@benchwire/deploy/local/install-server.ts';
import { runCommand } from '@benchwire/deploy/local/run-command.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { type Counts, countTests, sum, summary } from './count-tests.ts';

/**
 * `npm test`: every check, then every test; the last line says how many passed. Each check counts as one.
 * Arguments go to vitest (`npm test -- --project unit`), and then the checks are left out; `--checks-only` leaves out the tests.
 */

const root = resolve(import.meta.dirname, '..');
const bin = (name: string): string => join(root, 'node_modules/.bin', name);

const checks = [
  { title: 'types', command: [bin('tsc'), '--noEmit', '-p', root] },
  { title: 'types of the dashboard', command: [bin('tsc'), '--noEmit', '-p', join(root, 'dashboard')] },
  { title: 'lint and format', command: [bin('biome'), 'check', root] },
  { title: 'unused files, exports and dependencies', command: [bin('knip')] },
];

const args = process.argv.slice(2);
const checksOnly = args.includes('--checks-only');
const forVitest = args.filter((arg) => arg !== '--checks-only');

/** When what a part prints is seen. */
type Shown = 'at once' | 'at its end';

const results: Counts[] = [];
if (forVitest.length === 0) for (const { title, command } of checks) results.push(await check(title, command));
if (!checksOnly) {
  await provide();
  results.push(...(await runTests()));
}

const total = sum(results);
console.log(`\n${summary(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;

async function check(title: string, command: string[]): Promise<Counts> {
  const passed = (await step(title, command)) === 0;
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

/** NATS and Redis are there before any test starts a stack: two package managers at once would be in each other's way. */
async function provide(): Promise<void> {
  const tools = { run: runCommand, say: (text: string) => console.log(text), find: findServer, machine: thisMachine() };
  try {
    await provideServers([natsServer, redisServer], tools);
  } catch (error) {
    // The tests that need them fail, and say so.
    console.log(messageOf(error));
  }
}

/** In two lanes, since most of them wait for other processes most of the time; what the second prints comes at its end. */
async function runTests(): Promise<Counts[]> {
  if (forVitest.length > 0) return [await runVitest('tests', forVitest)];
  return await Promise.all([
    runVitest('unit and integration tests', ['--project', 'unit', '--project', 'integration']),
    runVitest('outside and end-to-end tests', ['--project', 'outside', '--project', 'e2e'], 'at its end'),
  ]);
}

async function runVitest(title: string, options: string[], shown: Shown = 'at once'): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'benchwire-test-'));
  const report = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await step(title, [bin('vitest'), 'run', ...reporters, ...options], shown);
    const text = existsSync(report) ? readFileSync(report, 'utf8') : undefined;
    return countTests(text, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs one part with its output shown; returns its exit code. */
async function step(title: string, [command = '', ...rest]: string[], shown: Shown = 'at once'): Promise<number> {
  if (shown === 'at once') console.log(`\n== ${title}`);
  const begin = performance.now();
  const output: Buffer[] = [];
  const code = await new Promise<number>((done) => {
    const child = spawn(command, rest, {
      cwd: root,
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
