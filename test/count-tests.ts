import { z } from 'zod';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** The part of vitest's JSON report that counts. */
const report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
});

/**
 * What vitest's JSON report says. A file that failed without a failed test (it could not be imported, a hook failed) counts
 * as one failure, and so does an exit code that nothing in the report explains.
 */
export function countTests(text: string | undefined, exit_code: number): Counts {
  if (text === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = report.parse(JSON.parse(text));
  const brokenFiles = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = numFailedTests + brokenFiles.length;
  return {
    passed: numPassedTests,
    failed: failed === 0 && exit_code !== 0 ? 1 : failed,
    skipped: numPendingTests + numTodoTests,
  };
}

export function sum(counts: readonly Counts[]): Counts {
  const add = (field: keyof Counts): number => counts.reduce((total, each) => total + each[field], 0);
  return { passed: add('passed'), failed: add('failed'), skipped: add('skipped') };
}

export const summary = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;
