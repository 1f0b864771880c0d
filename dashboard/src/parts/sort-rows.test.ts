import { expect, test } from 'vitest';
import { sortRows } from './sort-rows.ts';

const value = (row: { v: string | number | null }) => row.v;
const values = (list: (string | number | null)[], descending: boolean) =>
  sortRows(
    list.map((v) => ({ v })),
    value,
    descending,
  ).map(value);

test('numbers by size, nulls last both ways', () => {
  expect(values([10, null, 9, 100], false)).toEqual([9, 10, 100, null]);
  expect(values([10, null, 9, 100], true)).toEqual([100, 10, 9, null]);
});

test('texts by the numbers in them', () => {
  expect(values(['task-10', 'task-2', 'a'], false)).toEqual(['a', 'task-2', 'task-10']);
});
