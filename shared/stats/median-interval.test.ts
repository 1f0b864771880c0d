import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binomialAtLeast } from './binomial.ts';
import { medianInterval } from './median-interval.ts';
import { median, quantile } from './quantile.ts';
import { createRandom } from './random.ts';

describe('binomialAtLeast', () => {
  test.each([
    // Summed by hand from the definition.
    [3, 5, 0.5, 0.5],
    [1, 10, 0.1, 1 - 0.9 ** 10],
    [10, 10, 0.5, 0.5 ** 10],
    [0, 4, 0.3, 1],
    [5, 4, 0.3, 0],
    [500, 999, 0.5, 0.5],
    [500_000, 999_999, 0.5, 0.5],
  ])('P(at least %d of %d at %d)', (k, n, p, expected) => {
    expect(binomialAtLeast(k, n, p)).toBeCloseTo(expected, 9);
  });
});

describe('medianInterval', () => {
  const latencies = fc.array(fc.double({ min: 0.01, max: 1000, noNaN: true }), { minLength: 6, maxLength: 80 });

  test('contains the median, and widens with the confidence', () => {
    fc.assert(
      fc.property(latencies, (values) => {
        const narrow = medianInterval(values, 0.8);
        const wide = medianInterval(values, 0.99);
        if (narrow === null || wide === null) throw new Error('there are enough samples');
        expect(wide.low).toBeLessThanOrEqual(narrow.low);
        expect(narrow.low).toBeLessThanOrEqual(median(values));
        expect(narrow.high).toBeGreaterThanOrEqual(median(values));
        expect(wide.high).toBeGreaterThanOrEqual(narrow.high);
      }),
    );
  });

  test.each([31, 32, 100])('agrees with real resampling of %d samples', (n) => {
    const random = createRandom(11);
    const values = Array.from({ length: n }, () => 10 + random() ** 3);
    const pick = (): number => values[Math.floor(random() * n)] ?? 0;
    const medians = Array.from({ length: 4000 }, () => median(Array.from({ length: n }, pick)));
    const exact = medianInterval(values, 0.95);
    const ranks = (x: number | undefined): number => values.filter((v) => v <= (x ?? 0)).length;
    // One rank of difference is what 4000 resamples and the two middles of an even n amount to.
    expect(Math.abs(ranks(exact?.low) - ranks(quantile(medians, 0.025)))).toBeLessThanOrEqual(1);
    expect(Math.abs(ranks(exact?.high) - ranks(quantile(medians, 0.975)))).toBeLessThanOrEqual(1);
  });

  test('covers the true median as often as it says', () => {
    const random = createRandom(5);
    let covered = 0;
    for (let trial = 0; trial < 1000; trial++) {
      const interval = medianInterval(Array.from({ length: 60 }, random));
      if (interval !== null && interval.low <= 0.5 && interval.high >= 0.5) covered++;
    }
    expect(covered).toBeGreaterThan(920);
    expect(covered).toBeLessThan(985);
  });

  test('is null for too few samples, and refuses a confidence that is none', () => {
    expect(medianInterval([1, 2, 3, 4, 5])).toBeNull();
    expect(() => medianInterval([1, 2, 3, 4, 5, 6], 95)).toThrow(/\(0, 1\)/);
  });

  test('manages a million samples', () => {
    const random = createRandom(1);
    const interval = medianInterval(Float64Array.from({ length: 1_000_000 }, random));
    expect(interval?.low).toBeCloseTo(0.499, 2);
    expect(interval?.high).toBeCloseTo(0.501, 2);
  });
});
