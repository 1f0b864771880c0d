import { describe, expect, test } from 'vitest';
import { formatMegabytes, formatNumber, formatPercentChange, formatSeconds } from './numbers.ts';
import { formatAgo } from './times.ts';

describe('numbers', () => {
  test.each([
    [0.10963, '0.1096'],
    [14.951, '14.95'],
    [59.9, '59.90'],
    [7776.4, '7,776'],
    [0, '0'],
    [-2.5, '-2.500'],
    [null, '–'],
    [Number.NaN, '–'],
  ])('%s is written %s', (value, text) => expect(formatNumber(value)).toBe(text));

  test.each([
    [0.84, '0.8 s'],
    [21.4, '21 s'],
    [245, '4 min 05 s'],
    [0, '0.0 s'],
    [0.0004, '1 ms'],
    [0.02, '20 ms'],
    [0.0949, '95 ms'],
    [0.095, '0.1 s'],
    [8040, '2 h 14 min'],
    [273_600, '3 d 4 h'],
  ])('%s seconds are %s', (value, text) => expect(formatSeconds(value)).toBe(text));

  test('a change has its sign', () => {
    expect([12.34, -3, 0].map(formatPercentChange)).toEqual(['+12.3 %', '−3.0 %', '±0.0 %']);
  });

  test('memory', () => expect([2048, 16_384].map(formatMegabytes)).toEqual(['2,048 MB', '16.0 GB']));
});

test('how long ago, never in the future', () => {
  const now = Date.parse('2026-11-25T10:00:00.000Z');
  const ago = (seconds: number): string => formatAgo(new Date(now - seconds * 1000).toISOString(), now);
  expect([ago(-5), ago(59), ago(61), ago(7200), ago(200_000)]).toEqual([
    '0 s ago',
    '59 s ago',
    '1 min ago',
    '2 h ago',
    '2 d ago',
  ]);
});
