import { relative } from 'node:path';
import { z } from 'zod';

/** What came of the tests of one file (or of one check, under its title). */
export interface FileCounts {
  passed: number;
  failed: number;
  skipped: number;
  /** The failed tests, each with the first line of why. */
  failures: readonly string[];
}

/** File (from the repository's root) -> what came of its tests. */
export type Counts = Readonly<Record<string, FileCounts>>;

/** How vitest calls tests that it did not run. */
const NOT_RUN: ReadonlySet<string> = new Set(['pending', 'skipped', 'todo', 'disabled']);

/** The part of vitest's JSON report that counts. */
const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(
        z.object({
          status: z.string(),
          fullName: z.string().optional(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});
type File = z.infer<typeof report>['testResults'][number];

export const one = (title: string, counts: Partial<FileCounts>): Counts => ({
  [title]: { passed: 0, failed: 0, skipped: 0, failures: [], ...counts },
});

/**
 * What vitest's JSON report says. A file that failed without a failed test (it could not be imported, a hook failed) counts
 * as one failure, and so does an exit code that nothing in the report explains.
 */
export function countTests(text: string | undefined, exit_code: number, root = ''): Counts {
  const unexplained = one('vitest', { failed: 1, failures: [`ended with exit code ${exit_code}`] });
  if (text === undefined) return unexplained;
  const { testResults } = report.parse(JSON.parse(text));
  const counts = Object.fromEntries(testResults.map((file) => [relative(root, file.name), countFile(file)]));
  return exit_code !== 0 && total(counts).failed === 0 ? { ...counts, ...unexplained } : counts;
}

function countFile({ status, message, assertionResults }: File): FileCounts {
  const count = (is: (status: string) => boolean): number => assertionResults.filter((each) => is(each.status)).length;
  const failed = assertionResults.filter((test) => test.status === 'failed');
  const broken = status === 'failed' && failed.length === 0;
  return {
    passed: count((each) => each === 'passed'),
    failed: failed.length + (broken ? 1 : 0),
    skipped: count((each) => NOT_RUN.has(each)),
    failures: broken
      ? [firstLine(message)]
      : failed.map(({ fullName, failureMessages }) => `${fullName ?? 'a test'}: ${firstLine(failureMessages?.[0])}`),
  };
}

const firstLine = (text = ''): string => text.split('\n')[0]?.slice(0, 300) || 'without a message';

/** All together. The same file may be in several: it is counted each time. */
export function sum(all: readonly Counts[]): Counts {
  const files: Record<string, FileCounts> = {};
  for (const [name, counts] of all.flatMap((each) => Object.entries(each))) {
    const before = files[name];
    files[name] =
      before === undefined
        ? counts
        : {
            passed: before.passed + counts.passed,
            failed: before.failed + counts.failed,
            skipped: before.skipped + counts.skipped,
            failures: [...before.failures, ...counts.failures],
          };
  }
  return files;
}

/** The files that failed. */
export const failedFiles = (counts: Counts): string[] =>
  Object.entries(counts).flatMap(([name, { failed }]) => (failed > 0 ? [name] : []));

/** Files with how many of their tests did not run. */
export const skippedIn = (counts: Counts): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).flatMap(([name, { skipped }]) => (skipped > 0 ? [[name, skipped]] : [])));

/** A line for each failure: file, test, why. */
export const failureLines = (counts: Counts): string[] =>
  Object.entries(counts).flatMap(([name, { failures }]) => failures.map((failure) => `${name}: ${failure}`));

/** For a machine that must run everything: a test that is skipped has failed. */
export function withoutExcuses(counts: Counts): Counts {
  return Object.fromEntries(
    Object.entries(counts).map(([name, each]) => [name, { ...each, failed: each.failed + each.skipped, skipped: 0 }]),
  );
}

export function total(counts: Counts): { passed: number; failed: number; skipped: number } {
  const add = (field: 'passed' | 'failed' | 'skipped'): number =>
    Object.values(counts).reduce((so_far, each) => so_far + each[field], 0);
  return { passed: add('passed'), failed: add('failed'), skipped: add('skipped') };
}

export function summary(counts: Counts): string {
  const { passed, failed, skipped } = total(counts);
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
