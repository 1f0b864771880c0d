import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import { isBad, type TestResults, testCountsInWords } from '@benchwire/shared/contracts/test-results.ts';
import { testCaseInWords } from '@benchwire/shared/format/test-case-name.ts';

export interface TestEnd {
  /** What the end of the program means for any program; null when it ended well. */
  error: TaskError | null;
  /** The program ended by itself, with whatever code: some tools end with the number of failed tests, 127 or 139 too. */
  exited: boolean;
  /** Undefined without a report that was read. */
  tests: TestResults | undefined;
  /** Where the task says that reports are (`config.junit`); empty where flags told, or nobody. */
  junit: readonly string[];
  /** Why reports were not read. */
  problems: readonly string[];
  /** The task asks for failed tests to be tried again. */
  may_retry: boolean;
}

const SHOWN = 5;

/**
 * What the end of a program means that runs tests; docs/requests-reference.md says it in a table. A failed test is a result: it is tried
 * again only where the task asks for that. What kept the program from running at all is what it is for every program. Pure.
 */
export function testError({ error, exited, tests, junit, problems, may_retry }: TestEnd): TaskError | null {
  const failed = (message: string): TaskError => taskError('test_failed', 'TESTS_FAILED', message, may_retry);
  const has_bad = tests !== undefined && tests.failed + tests.errors > 0;
  // Told to stop, out of memory, not found: not for the tests to say. A crash or a time limit is theirs.
  if (error !== null && error.class !== 'crash' && error.class !== 'timeout' && !(exited && has_bad)) return error;
  const bad = tests?.cases.filter(({ state }) => isBad(state)) ?? [];
  if (tests !== undefined && has_bad) {
    const all = tests.failed + tests.errors;
    const names = bad.slice(0, SHOWN).map(testCaseInWords).join(', ');
    const more = all > SHOWN ? ` and ${all - SHOWN} more` : '';
    if (error !== null && !exited) {
      return {
        ...error,
        message: `${error.message}; ${testCountsInWords(tests)} by then: ${names}${more}`,
        retriable: may_retry,
      };
    }
    return failed(
      `${testCountsInWords(tests)}: ${names}${more}${error === null ? '; the program ended with code 0' : ''}`,
    );
  }
  if (error !== null) {
    if (error.code !== 'EXIT_CODE') return { ...error, retriable: may_retry };
    const said = tests === undefined ? '' : `, though its report has no failed test (${testCountsInWords(tests)})`;
    return failed(`${error.message}${said}`);
  }
  // A test whose result nobody can see has not passed.
  if (problems.length > 0 && junit.length > 0) {
    const message = `the program ended with code 0, and its report could not be read: ${problems.slice(0, 3).join('; ')}`;
    return taskError('bad_input', 'REPORT_UNREADABLE', message, false);
  }
  if (tests === undefined && junit.length > 0) {
    const message = `the program ended with code 0 and wrote no report: config.junit names ${junit.map((each) => `"${each}"`).join(', ')}, counted from the folder that it ran in`;
    return taskError('bad_input', 'REPORT_MISSING', message, false);
  }
  return null;
}
