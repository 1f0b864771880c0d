import { expect, it } from 'vitest';
import { testCaseInWords } from '../format/test-case-name.ts';
import { testCaseId } from './test-case-id.ts';

it.each([
  ['', '', 'works', 'works'],
  ['pkg.A', 'a.py', 'works', 'pkg.A › works'],
  ['', 'a.test.ts', 'works', 'a.test.ts › works'],
  ['s', '', 'sometimes', 's › sometimes'],
  ['Calc', '', 'Calc adds', 'Calc adds'],
  ['Calc', '', 'Calc', 'Calc'],
  ['pkg/a', '', 'pkg/a::test', 'pkg/a::test'],
])('the class %j, file %j and name %j are %j', (of_class, file, name, words) => {
  expect(testCaseInWords({ class: of_class, file, name })).toBe(words);
});

it('a case keeps its id when its file moves, where it has a class', () => {
  const id = (of_class: string, file: string, name: string): string => testCaseId('b', { class: of_class, file, name });
  expect(id('A', '/tmp/x1/a.py', 'n')).toBe(id('A', '/tmp/x2/a.py', 'n'));
  expect(
    new Set([
      id('A', '', 'n'),
      id('', 'A2', 'n'),
      id('A', '', 'm'),
      testCaseId('c', { class: 'A', file: '', name: 'n' }),
    ]).size,
  ).toBe(4);
  expect(id('A', '', 'n')).toMatch(/^[0-9a-f]{16}$/);
});
