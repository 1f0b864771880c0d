import { relative } from 'node:path';
import { z } from 'zod';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** Files with how many of their tests were skipped. */
  skipped_in: Readonly<Record<string, number>>;
}

/** How vitest calls tests that it did not run. */
const NOT_RUN: ReadonlySet<string> = new Set(['pending', 'skipped', 'todo', 'disabled']);

/** The part of vitest's JSON report that counts. */
const report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  testResults: z.array(
    z.object({ name: z.string(), status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) }),
  ),
});

/**
 * What vitest's JSON report says. A file that failed without a failed test (it could not be imported, a hook failed) counts
 * as one failure, and so does an exit code that nothing in the report explains.
 */
export function countTests(text: string | undefined, exit_code: number, root = ''): Counts {
  if (text === undefined) return { passed: 0, failed: 1, skipped: 0, skipped_in: {} };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = report.parse(JSON.parse(text));
  const brokenFiles = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = numFailedTests + brokenFiles.length;
  const skipped_in = testResults.flatMap(({ name, assertionResults }) => {
    const count = assertionResults.filter(({ status }) => NOT_RUN.has(status)).length;
    return count === 0 ? [] : [[relative(root, name), count] as const];
  });
  return {
    passed: numPassedTests,
    failed: failed === 0 && exit_code !== 0 ? 1 : failed,
    skipped: numPendingTests + numTodoTests,
    skipped_in: Object.fromEntries(skipped_in),
  };
}

export function sum(counts: readonly Counts[]): Counts {
  const add = (field: 'passed' | 'failed' | 'skipped'): number =>
    counts.reduce((total, each) => total + each[field], 0);
  const skipped_in = Object.assign({}, ...counts.map((each) => each.skipped_in)) as Counts['skipped_in'];
  return { passed: add('passed'), failed: add('failed'), skipped: add('skipped'), skipped_in };
}

/** For a machine that must run everything: a test that is skipped has failed. */
export function withoutExcuses(counts: Counts): Counts {
  return { ...counts, failed: counts.failed + counts.skipped, skipped: 0 };
}

export const summary = ({ passed, failed, skipped }: Omit<Counts, 'skipped_in'>): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;
