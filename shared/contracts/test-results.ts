import { z } from 'zod';

/** What a program that runs tests reported of them (JUnit XML), as part of an outcome. Since 0.5. */

/** `error`: it could not be judged, such as by an exception outside of an assertion; counts as failed wherever two are told apart. */
export const TEST_STATES = ['passed', 'failed', 'error', 'skipped'] as const;
export type TestState = (typeof TEST_STATES)[number];

/** Longer names and messages are cut. */
export const MAX_TEST_NAME_CHARACTERS = 500;
export const MAX_TEST_MESSAGE_CHARACTERS = 2000;
/** Cases of one outcome, in number and as JSON; those that failed go first, the rest is counted. */
export const MAX_TEST_CASES = 5000;
export const MAX_TEST_CASES_BYTES = 384 * 1024;

const name = z.string().max(MAX_TEST_NAME_CHARACTERS);

/** One test; `class`, or where there is none `file`, and `name` say which, run after run. */
export const testCase = z.object({
  name,
  /** As the report has it: a class, a module, or the names of the suites around the case. Empty for none. */
  class: name,
  file: name,
  state: z.enum(TEST_STATES),
  /** Null where the report does not tell it. */
  seconds: z.number().min(0).nullable(),
  /** Why it failed or was skipped. */
  message: z.string().max(MAX_TEST_MESSAGE_CHARACTERS).optional(),
});
export type TestCase = z.infer<typeof testCase>;

const count = z.int().min(0);

/** Numbers are of all cases, also of those that are left out. */
export const testResults = z.object({
  total: count,
  passed: count,
  failed: count,
  errors: count,
  skipped: count,
  /** Sum of the cases that tell it; null where none does. */
  seconds: z.number().min(0).nullable(),
  /** The files that were read, as paths from the folder in which the program ran. */
  reports: z.array(z.string().max(1024)).max(1000),
  cases: z.array(testCase).max(MAX_TEST_CASES),
  /** More than an outcome holds. */
  cases_left_out: count.optional(),
});
export type TestResults = z.infer<typeof testResults>;

/** Whether a state is one of a test that did not pass. */
export function isBad(state: TestState): boolean {
  return state === 'failed' || state === 'error';
}

/** `2 of 120 tests failed, 3 skipped`. */
export function testCountsInWords({ total, failed, errors, skipped }: Omit<TestResults, 'cases'>): string {
  const bad = failed + errors;
  const tests = (n: number): string => `${n} ${n === 1 ? 'test' : 'tests'}`;
  const rest = skipped > 0 ? `, ${skipped} skipped` : '';
  return bad > 0 ? `${bad} of ${tests(total)} failed${rest}` : `${tests(total - skipped)} passed${rest}`;
}

/** Of several tasks together. */
export function sumOfTests(
  counts: ReadonlyArray<Pick<TestResults, 'total' | 'passed' | 'failed' | 'errors' | 'skipped'>>,
): { total: number; passed: number; bad: number; skipped: number } {
  const sum = { total: 0, passed: 0, bad: 0, skipped: 0 };
  for (const { total, passed, failed, errors, skipped } of counts) {
    sum.total += total;
    sum.passed += passed;
    sum.bad += failed + errors;
    sum.skipped += skipped;
  }
  return sum;
}
