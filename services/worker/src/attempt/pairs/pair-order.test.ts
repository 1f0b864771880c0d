import fc from 'fast-check';
import { expect, it } from 'vitest';
import { firstSide } from './pair-order.ts';

it('lets each two pairs in a row mirror each other, and is the same for the same seed', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 0, max: 100 }), (seed, block) => {
      const two = [firstSide(2 * block, seed), firstSide(2 * block + 1, seed)];
      expect(new Set(two)).toEqual(new Set(['head', 'base']));
      expect([firstSide(2 * block, seed), firstSide(2 * block + 1, seed)]).toEqual(two);
    }),
  );
});

it('does not begin each block with the same side', () => {
  const first = Array.from({ length: 50 }, (_, block) => firstSide(2 * block, 'run task'));
  expect(new Set(first).size).toBe(2);
});
