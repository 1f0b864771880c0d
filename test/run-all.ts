import { join } from 'node:path';
import { findServer, natsServer, redisServer } from '@benchwire/deploy/local/find-server.ts';
import { provideServers, thisMachine } from '@benchwire/deploy/local/install-server.ts';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { runCommand } from '@benchwire/deploy/local/run-command.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { type Counts, sum, summary, withoutExcuses } from './runner/count-tests.ts';
import { installNeeds, missingNeeds, skippedLines } from './runner/provide-needs.ts';
import { step } from './runner/step.ts';
import { bin, runVitest, testFiles } from './runner/vitest.ts';

/**
 * `npm test`: every check, then every test that this machine can run; the last line says how many passed. Each check
 * counts as one. `--all` installs what tests need, adds those in containers, and takes a skipped test for a failed one.
 * Other arguments go to vitest (`npm test -- --project unit`), and then the checks are left out; `--checks-only` leaves out
 * the tests.
 */

const checks = [
  { title: 'types', command: [bin('tsc'), '--noEmit', '-p', repositoryRoot] },
  { title: 'types of the dashboard', command: [bin('tsc'), '--noEmit', '-p', join(repositoryRoot, 'dashboard')] },
  { title: 'lint and format', command: [bin('biome'), 'check', repositoryRoot] },
  { title: 'unused files, exports and dependencies', command: [bin('knip')] },
];
const IN_CONTAINERS = ['--project', 'containers'];

const args = process.argv.slice(2);
const checksOnly = args.includes('--checks-only');
const all = args.includes('--all');
const forVitest = args.filter((arg) => arg !== '--checks-only' && arg !== '--all');

const results: Counts[] = [];
const notes: string[] = [];
// What can't be installed is known before anything else takes its time.
if (checksOnly || (await provide())) {
  if (forVitest.length === 0) for (const { title, command } of checks) results.push(await check(title, command));
  if (!checksOnly) results.push(...(await runTests()));
}
await explainSkipped();

const total = all ? withoutExcuses(sum(results)) : sum(results);
console.log(`\n${summary(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;

async function check(title: string, command: string[]): Promise<Counts> {
  const passed = (await step(title, command)) === 0;
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0, skipped_in: {} };
}

/**
 * NATS and Redis are there before any test starts a stack: two package managers at once would be in each other's way. With
 * `--all` everything else is, too.
 * @returns whether the tests can start
 */
async function provide(): Promise<boolean> {
  const tools = { run: runCommand, say: (text: string) => console.log(text), find: findServer, machine: thisMachine() };
  let failed = 0;
  try {
    await provideServers([natsServer, redisServer], tools);
  } catch (error) {
    // Without --all the tests that need them fail, and say so.
    console.log(messageOf(error));
    failed = 1;
  }
  if (!all) return true;
  failed += (await installNeeds(testFiles(forVitest))).length;
  if (failed > 0) results.push({ passed: 0, failed, skipped: 0, skipped_in: {} });
  return failed === 0;
}

/** In two lanes, since most of them wait for other processes most of the time; what the second prints comes at its end. */
async function runTests(): Promise<Counts[]> {
  if (forVitest.length > 0) return [await runVitest('tests', forVitest)];
  const counts = await Promise.all([
    runVitest('unit and integration tests', ['--project', 'unit', '--project', 'integration']),
    runVitest('outside and end-to-end tests', ['--project', 'outside', '--project', 'e2e'], 'at its end'),
  ]);
  if (all) return [...counts, await runVitest('tests in containers', IN_CONTAINERS)];
  notes.push(
    'test/containers: Docker images and compose.yaml: only with `npm test -- --all` or `-- --project containers`',
  );
  return counts;
}

async function explainSkipped(): Promise<void> {
  const { skipped_in } = sum(results);
  const files = Object.keys(skipped_in);
  const lines = [...(await skippedLines(skipped_in, await missingNeeds(files))), ...notes];
  if (lines.length > 0) console.log(`\n== skipped${all ? ', and so failed' : ''}\n${lines.join('\n')}`);
}
