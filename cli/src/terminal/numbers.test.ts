import { describe, expect, it } from 'vitest';
import { count, formatAgo, formatBytes, formatChange, formatClock, formatDuration, formatNumber } from './numbers.ts';

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [12, '12'],
    [12.3456, '12.35'],
    [1.23456, '1.235'],
    [0.0123456, '0.01235'],
    [123.456, '123.5'],
    [1234.56, '1,235'],
    [20_000, '20,000'],
    [-2.34567, '-2.346'],
    [0.00000012, '1.200e-7'],
    [1.5e20, '1.500e+20'],
    [Number.NaN, ''],
    [null, ''],
  ])('%s is %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it('keeps the decimals it is told', () => expect(formatNumber(3, 2)).toBe('3.00'));
});

it.each([
  [0.4231, '0.42 s'],
  [9.999, '10.0 s'],
  [59.97, '1 min'],
  [75, '1 min 15 s'],
  [1800, '30 min'],
  [3661, '1 h 01 min'],
  [90_000, '1 d 01 h'],
  [null, ''],
])('%s seconds last %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

it('writes clocks, changes, ages, sizes and counts', () => {
  expect([formatClock(34), formatClock(3723)]).toEqual(['00:34', '1:02:03']);
  expect([formatChange(12.34), formatChange(-3), formatChange(250), formatChange(null)]).toEqual([
    '+12.3 %',
    '-3.0 %',
    '+250 %',
    '',
  ]);
  expect([formatAgo(0, 3000), formatAgo(0, 61_000), formatAgo(5, 0)]).toEqual(['just now', '1 min ago', 'just now']);
  expect([formatBytes(12), formatBytes(3_200_000)]).toEqual(['12 B', '3.2 MB']);
  expect([count(1, 'task'), count(2000, 'task')]).toEqual(['1 task', '2,000 tasks']);
});
