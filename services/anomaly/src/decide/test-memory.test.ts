import type { TestCase } from '@benchwire/shared/contracts/test-results.ts';
import { expect, it } from 'vitest';
import { TestMemory } from './test-memory.ts';

const one = (name: string, state: TestCase['state']): TestCase => ({
  name,
  class: 'c',
  file: '',
  state,
  seconds: null,
});
/** Which executions of a case are news, by letters: p passed, f failed, e error, s skipped. */
const news = (states: string, memory = new TestMemory(), pool = 'cpu-1'): string =>
  [...states]
    .map((letter) => ({ p: 'passed', f: 'failed', e: 'error', s: 'skipped' })[letter] as TestCase['state'])
    .map((state) => (memory.add('bench', pool, { cases: [one('a', state)] }).length > 0 ? '!' : '.'))
    .join('');

it.each([
  ['pppf', '...!', 'a failure after a pass'],
  ['ppe', '..!', 'an error after a pass'],
  ['f', '.', 'a first execution that fails: it never passed'],
  ['pfff', '.!..', 'a failure that goes on is told once'],
  ['pffpf', '.!..!', 'a test that was mended and fails again'],
  ['psf', '..!', 'a skipped execution says nothing'],
  ['pfpfpfpf', '.!.!....', 'a test that goes to and fro is flaky, and no news'],
])('%s: %s, %s', (states, expected) => {
  expect(news(states)).toBe(expected);
});

it('pools have memories of their own, and what an earlier process knew counts', () => {
  const memory = new TestMemory();
  expect(news('p', memory, 'cpu-1')).toBe('.');
  expect(news('f', memory, 'cpu-2')).toBe('.');
  expect(news('f', memory, 'cpu-1')).toBe('!');
});
