import { expect, test } from 'vitest';
import { type Counts, countTests, sum, summary, withoutExcuses } from './count-tests.ts';

const report = (counts: object, testResults: object[] = []): string =>
  JSON.stringify({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults, ...counts });

test('counts what the report counts', () => {
  const text = report({ numPassedTests: 5, numFailedTests: 2, numPendingTests: 3, numTodoTests: 1 });
  expect(summary(countTests(text, 1))).toBe('5 passed, 2 failed, 4 skipped');
});

test.each([
  ['no report at all', undefined, 1],
  ['a file that could not be imported', report({}, [{ name: 'a.test.ts', status: 'failed', assertionResults: [] }]), 1],
  ['an exit code without a reason', report({ numPassedTests: 0 }), 1],
])('%s is a failure', (_, text, exit_code) => {
  expect(countTests(text, exit_code)).toEqual({ passed: 0, failed: 1, skipped: 0, skipped_in: {} });
});

test('a file with a failed test is not counted twice', () => {
  const text = report({ numFailedTests: 1 }, [
    { name: 'a.test.ts', status: 'failed', assertionResults: [{ status: 'failed' }] },
  ]);
  expect(countTests(text, 1).failed).toBe(1);
});

test('knows which files have tests that did not run', () => {
  const skipped = [{ status: 'passed' }, { status: 'skipped' }, { status: 'pending' }, { status: 'todo' }];
  const files = [
    { name: '/repo/test/a.test.ts', status: 'passed', assertionResults: skipped },
    { name: '/repo/test/b.test.ts', status: 'passed', assertionResults: [{ status: 'passed' }] },
  ];
  expect(countTests(report({}, files), 0, '/repo').skipped_in).toEqual({ 'test/a.test.ts': 3 });
});

const counts = (passed: number, failed: number, skipped: number, skipped_in = {}): Counts => ({
  ...{ passed, failed, skipped },
  skipped_in,
});

test('adds up', () => {
  expect(sum([counts(1, 0, 2, { a: 2 }), counts(3, 1, 1, { b: 1 })])).toEqual(counts(4, 1, 3, { a: 2, b: 1 }));
});

test('where everything must run, what was skipped has failed', () => {
  expect(summary(withoutExcuses(counts(700, 0, 14, { 'dashboard.test.ts': 14 })))).toBe(
    '700 passed, 14 failed, 0 skipped',
  );
});
