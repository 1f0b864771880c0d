import { expect, it } from 'vitest';
import { instantOf } from './days.ts';

it('a day is taken whole in the reader’s zone, a time stays, and nonsense is left out', () => {
  expect(instantOf('2026-03-01', 'begin')).toBe(new Date(2026, 2, 1).toISOString());
  expect(instantOf('2026-02-28', 'end')).toBe(new Date(2026, 2, 1).toISOString());
  expect(instantOf('2026-03-01T05:06:07.000Z', 'end')).toBe('2026-03-01T05:06:07.000Z');
  expect([instantOf('', 'begin'), instantOf('yesterday', 'begin')]).toEqual([undefined, undefined]);
});
