import fc from 'fast-check';
import { expect, it } from 'vitest';
import { failuresOverTime } from './failures-over-time.ts';

const cells = fc.array(
  fc.record({
    at: fc.constantFrom('2026-11-01T00:00:00.000Z', '2026-11-02T00:00:00.000Z', '2026-11-03T00:00:00.000Z'),
    pool: fc.constantFrom('', 'cpu-a', 'cuda-b'),
    error_class: fc.constantFrom(...'abcdefghij'),
    attempts: fc.integer({ min: 1, max: 100 }),
  }),
);

it('counts every failed attempt once, the most frequent first, and draws no more bars than can be told apart', () => {
  fc.assert(
    fc.property(cells, fc.constantFrom('error_class' as const, 'pool' as const), (failures, by) => {
      const found = failuresOverTime({ failures }, by);
      const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
      expect(sum(found.map(({ total }) => total))).toBe(sum(failures.map(({ attempts }) => attempts)));
      expect(found.length).toBeLessThanOrEqual(7);
      const named = found.filter(({ name }) => name !== 'others').map(({ total }) => total);
      expect(named).toEqual(named.toSorted((a, b) => b - a));
      for (const { bars, total } of found) {
        expect(sum(bars.map(([, attempts]) => attempts))).toBe(total);
        expect(bars.map(([at_ms]) => at_ms)).toEqual([...new Set(bars.map(([at_ms]) => at_ms))].sort());
      }
    }),
  );
});

it('adds up what is not among the first', () => {
  const failures = [...'abcdefgh'].map((error_class, at) => ({
    ...{ at: '2026-11-01T00:00:00.000Z', pool: 'cpu-a', error_class, attempts: 10 - at },
  }));
  const found = failuresOverTime({ failures }, 'error_class');
  expect(found.map(({ name, total }) => `${name} ${total}`)).toEqual([
    ...['a 10', 'b 9', 'c 8', 'd 7', 'e 6', 'f 5', 'others 7'],
  ]);
});
