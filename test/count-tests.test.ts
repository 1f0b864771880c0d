import { expect, test } from 'vitest';
import { countTests, sum, summary } from './count-tests.ts';

const report = (counts: object, testResults: object[] = []): string =>
  JSON.stringify({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults, ...counts });

test('counts what the report counts', () => {
  const text = report({ numPassedTests: 5, numFailedTests: 2, numPendingTests: 3, numTodoTests: 1 });
  expect(summary(countTests(text, 1))).toBe('5 passed, 2 failed, 4 skipped');
});

test.each([
  ['no report at all', undefined, 1],
  ['a file that could not be imported', report({}, [{ status: 'failed', assertionResults: [] }]), 1],
  ['an exit code without a reason', report({ numPassedTests: 0 }), 1],
])('%s is a failure', (_, text, exit_code) => {
  expect(countTests(text, exit_code)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('a file with a failed test is not counted twice', () => {
  const text = report({ numFailedTests: 1 }, [{ status: 'failed', assertionResults: [{ status: 'failed' }] }]);
  expect(countTests(text, 1).failed).toBe(1);
});

test('adds up', () => {
  expect(
    sum([
      { passed: 1, failed: 0, skipped: 2 },
      { passed: 3, failed: 1, skipped: 0 },
    ]),
  ).toEqual({ passed: 4, failed: 1, skipped: 2 });
});
