import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Folded } from './folded.ts';

it('folds every message once, in whatever order they come, and however often', () => {
  const sequences = fc.array(fc.integer({ min: 11, max: 60 }), { maxLength: 200 });
  fc.assert(
    fc.property(sequences, (arrivals) => {
      const folded = new Folded(10);
      const taken: number[] = [];
      for (const sequence of arrivals) {
        if (folded.has(sequence)) continue;
        folded.add(sequence);
        taken.push(sequence);
      }
      expect(taken.toSorted((a, b) => a - b)).toEqual([...new Set(arrivals)].toSorted((a, b) => a - b));
      expect(folded.last).toBe(Math.max(10, ...arrivals));
      expect(folded.has(5)).toBe(true);
    }),
  );
});

it('stays small over a stream with a great hole', () => {
  const folded = new Folded(0);
  folded.add(50_000_000);
  expect(folded.has(49_999_999)).toBe(false);
  expect(folded.has(1)).toBe(true);
});
