import { expect, test } from 'vitest';
import {
  countTests,
  failedFiles,
  failureLines,
  one,
  skippedIn,
  sum,
  summary,
  total,
  withoutExcuses,
} from './count-tests.ts';

const tests = (...statuses: string[]): object[] => statuses.map((status) => ({ status }));
const file = (name: string, assertionResults: object[], status = 'passed'): object => ({
  ...{ name, status, assertionResults },
});
const report = (...testResults: object[]): string => JSON.stringify({ testResults });

test('counts what the report counts', () => {
  const text = report(
    file('a.test.ts', tests('passed', 'passed', 'failed', 'skipped'), 'failed'),
    file('b.test.ts', tests('passed', 'failed', 'pending', 'todo'), 'failed'),
  );
  expect(summary(countTests(text, 1))).toBe('3 passed, 2 failed, 3 skipped');
});

test.each([
  ['no report at all', undefined, 1],
  ['a file that could not be imported', report(file('a.test.ts', [], 'failed')), 1],
  ['an exit code without a reason', report(file('a.test.ts', [])), 1],
])('%s is a failure', (_, text, exit_code) => {
  expect(total(countTests(text, exit_code))).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('a file with a failed test is not counted twice', () => {
  expect(total(countTests(report(file('a.test.ts', tests('failed'), 'failed')), 1)).failed).toBe(1);
});

test('knows which files have tests that did not run', () => {
  const text = report(
    file('/repo/test/a.test.ts', tests('passed', 'skipped', 'pending', 'todo')),
    file('/repo/test/b.test.ts', tests('passed')),
  );
  expect(skippedIn(countTests(text, 0, '/repo'))).toEqual({ 'test/a.test.ts': 3 });
});

test('says which tests failed, and why in a line', () => {
  const failed = { status: 'failed', fullName: 'adds up', failureMessages: ['expected 1 to be 2\n    at a.test.ts:3'] };
  const broken = { ...file('/repo/b.test.ts', [], 'failed'), message: 'Cannot find module x\nstack' };
  const counts = countTests(report(file('/repo/a.test.ts', [failed], 'failed'), broken), 1, '/repo');
  expect(failedFiles(counts)).toEqual(['a.test.ts', 'b.test.ts']);
  expect(failureLines(counts)).toEqual(['a.test.ts: adds up: expected 1 to be 2', 'b.test.ts: Cannot find module x']);
});

test('adds up', () => {
  const a = one('a', { passed: 1, skipped: 2 });
  const more = one('a', { failed: 1, failures: ['why'] });
  expect(sum([a, one('b', { passed: 3 }), more])).toEqual({
    ...one('a', { passed: 1, failed: 1, skipped: 2, failures: ['why'] }),
    ...one('b', { passed: 3 }),
  });
});

test('where everything must run, what was skipped has failed', () => {
  const counts = { ...one('a', { passed: 700 }), ...one('dashboard.test.ts', { skipped: 14 }) };
  expect(summary(withoutExcuses(counts))).toBe('700 passed, 14 failed, 0 skipped');
});
