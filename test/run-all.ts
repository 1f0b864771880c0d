import { join } from 'node:path';
import { findServer, natsServer, redisServer } from '@benchwire/deploy/local/find-server.ts';
import { provideServers, thisMachine } from '@benchwire/deploy/local/install-server.ts';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { runCommand } from '@benchwire/deploy/local/run-command.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import {
  type Counts,
  failedFiles,
  failureLines,
  one,
  skippedIn,
  sum,
  summary,
  total,
  withoutExcuses,
} from './runner/count-tests.ts';
import { installNeeds, missingNeeds, skippedLines } from './runner/provide-needs.ts';
import { step } from './runner/step.ts';
import { bin, runVitest, testFiles } from './runner/vitest.ts';

/**
 * `npm test`: every check, then every test that this machine can run; the last line says how many passed. Each check
 * counts as one. `--all` installs what tests need, adds those in containers, and takes a skipped test for a failed one.
 * With `--all`, files that failed beside others run once more, alone: a test that passes then is counted as passed, and
 * named. Other arguments go to vitest (`npm test -- --project unit`), and then the checks are left out; `--checks-only`
 * leaves out the tests.
 */

const checks = [
  { title: 'types', command: [bin('tsc'), '--noEmit', '-p', repositoryRoot] },
  { title: 'types of the dashboard', command: [bin('tsc'), '--noEmit', '-p', join(repositoryRoot, 'dashboard')] },
  {
    title: 'types of the runner page',
    command: [bin('tsc'), '--noEmit', '-p', join(repositoryRoot, 'runners/browser')],
  },
  { title: 'lint and format', command: [bin('biome'), 'check', repositoryRoot] },
  { title: 'unused files, exports and dependencies', command: [bin('knip')] },
];
const IN_CONTAINERS = ['--project', 'containers'];
const WITH_TORCH = ['--project', 'torch'];
/** With more failed files than that something is broken, and not the machine busy. */
const MOST_FILES_AGAIN = 8;

const args = process.argv.slice(2);
const checksOnly = args.includes('--checks-only');
const all = args.includes('--all');
const forVitest = args.filter((arg) => arg !== '--checks-only' && arg !== '--all');

const results: Counts[] = [];
const notes: string[] = [];
const passedOnlyAlone: string[] = [];
// What can't be installed is known before anything else takes its time.
if (checksOnly || (await provide())) {
  if (forVitest.length === 0) for (const { title, command } of checks) results.push(await check(title, command));
  if (!checksOnly) results.push(...(await runTests()));
}
await explainSkipped();

const counts = all ? withoutExcuses(sum(results)) : sum(results);
if (passedOnlyAlone.length > 0) console.log(`\n== passed only alone: find the cause\n${passedOnlyAlone.join('\n')}`);
const failures = failureLines(counts);
if (failures.length > 0) console.log(`\n== failed\n${failures.join('\n')}`);
console.log(`\n${summary(counts)}`);
process.exitCode = total(counts).failed === 0 ? 0 : 1;

async function check(title: string, command: string[]): Promise<Counts> {
  const code = await step(title, command);
  return one(title, code === 0 ? { passed: 1 } : { failed: 1, failures: [`exit code ${code}`] });
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
  const files = testFiles(forVitest);
  // PyTorch takes minutes: where everything runs, it is installed when the second lane comes to its tests.
  const later = forVitest.length === 0 ? new Set(testFiles(WITH_TORCH)) : new Set();
  failed += (await installNeeds(files.filter((file) => !later.has(file)))).length;
  if (failed > 0) results.push(one('what the tests need', { failed, failures: ['not installed, see above'] }));
  return failed === 0;
}

/** In two lanes, since most of them wait for other processes most of the time; what the second prints comes at its end. */
async function runTests(): Promise<Counts[]> {
  const again = all ? againAlone : async (counts: Counts) => counts;
  if (forVitest.length > 0) return [await again(await runVitest('tests', forVitest))];
  const counts = await Promise.all([
    runVitest('unit and integration tests', ['--project', 'unit', '--project', 'integration']),
    secondLane(),
  ]);
  if (all) return [await again(sum(counts)), await again(await runVitest('tests in containers', IN_CONTAINERS))];
  notes.push(
    'test/containers: Docker images and compose.yaml: only with `npm test -- --all` or `-- --project containers`',
  );
  return counts;
}

async function secondLane(): Promise<Counts> {
  const before = await runVitest(
    'outside and end-to-end tests',
    ['--project', 'outside', '--project', 'e2e'],
    'at its end',
  );
  const failed = all ? (await installNeeds(testFiles(WITH_TORCH))).length : 0;
  const withTorch =
    failed > 0
      ? one('what the tests with PyTorch need', { failed, failures: ['not installed, see above'] })
      : await runVitest('tests with PyTorch', WITH_TORCH, 'at its end');
  return sum([before, withTorch]);
}

/**
 * Runs the files that failed once more, with nothing beside them. What passes then failed for want of time on a busy
 * machine, or is flaky: it is named, so that somebody finds the cause.
 */
async function againAlone(first: Counts): Promise<Counts> {
  const files = failedFiles(first);
  const tests = files.filter((file) => file.includes('.test.'));
  if (files.length === 0 || files.length > MOST_FILES_AGAIN || tests.length < files.length) return first;
  const second = await runVitest(`failed beside others, again alone: ${files.join(', ')}`, files);
  const recovered = files.filter((file) => second[file]?.failed === 0);
  if (recovered.length > 0) {
    const before = failureLines(Object.fromEntries(Object.entries(first).filter(([file]) => recovered.includes(file))));
    passedOnlyAlone.push(...before);
  }
  return { ...first, ...second };
}

async function explainSkipped(): Promise<void> {
  const skipped_in = skippedIn(sum(results));
  const files = Object.keys(skipped_in);
  const lines = [...(await skippedLines(skipped_in, await missingNeeds(files))), ...notes];
  if (lines.length > 0) console.log(`\n== skipped${all ? ', and so failed' : ''}\n${lines.join('\n')}`);
}
