import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cumulative, labelRows } from './distribution-option.ts';

it('labels in one row do not cover each other', () => {
  expect(labelRows([10, 10.1, 50], 0, 100)).toEqual([0, 1, 0]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 20 }), (places) => {
      const rows = labelRows(places, 0, 1000);
      for (const [a, place] of places.entries())
        for (const [b, other] of places.entries())
          if (a !== b && rows[a] === rows[b]) expect(Math.abs(place - other)).toBeGreaterThanOrEqual(90);
    }),
  );
});

it('the share of samples rises from nothing to what is in the bars', () => {
  const histogram = { edges: [1, 2, 3, 4], counts: [2, 0, 6] };
  const { data } = cumulative({ n: 10, histogram } as never);
  expect(data).toEqual([
    [1, 0],
    [2, 20],
    [3, 20],
    [4, 80],
  ]);
});
