import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAD_TO_SIGMA, medianAbsoluteDeviation } from './mad.ts';
import { momentsOf } from './moments.ts';
import { median, quantile } from './quantile.ts';

const samples = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 });
const q = fc.double({ min: 0, max: 1, noNaN: true });

describe('quantile', () => {
  test.each([
    // R: quantile(c(1, 2, 3, 4, 10), c(0, .25, .5, .9, 1), type = 7)
    [0, 1],
    [0.25, 2],
    [0.5, 3],
    [0.9, 7.6],
    [1, 10],
  ])('R-7 at %d', (at, expected) => {
    expect(quantile([10, 2, 1, 4, 3], at)).toBeCloseTo(expected, 12);
  });

  test('lies between the extremes, grows with q, and does not care about order', () => {
    fc.assert(
      fc.property(samples, q, q, (values, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(quantile(values, low)).toBeLessThanOrEqual(quantile(values, high));
        expect(quantile(values, a)).toBeGreaterThanOrEqual(Math.min(...values));
        expect(quantile(values, a)).toBeLessThanOrEqual(Math.max(...values));
        expect(quantile([...values].reverse(), a)).toBe(quantile(values, a));
      }),
    );
  });

  test('leaves its input as it was', () => {
    const values = Float64Array.of(3, 1, 2);
    median(values);
    expect([...values]).toEqual([3, 1, 2]);
  });

  test('refuses no samples and a q out of range', () => {
    expect(() => median([])).toThrow(RangeError);
    expect(() => quantile([1], 1.5)).toThrow(/between 0 and 1/);
    expect(() => quantile([1], Number.NaN)).toThrow(RangeError);
  });
});

describe('medianAbsoluteDeviation', () => {
  test('of a known set', () => {
    expect(medianAbsoluteDeviation([1, 1, 2, 2, 4, 6, 9])).toBe(1);
    expect(MAD_TO_SIGMA * 0.6744897501960817).toBeCloseTo(1, 12);
  });

  test('is 0 for equal samples, not negative, and does not see a shift', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }), fc.integer(), (values, shift) => {
        const mad = medianAbsoluteDeviation(values);
        expect(mad).toBeGreaterThanOrEqual(0);
        expect(medianAbsoluteDeviation(values.map((v) => v + shift))).toBeCloseTo(mad, 6);
      }),
    );
  });
});

describe('momentsOf', () => {
  test('of a known set', () => {
    expect(momentsOf([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({
      mean: 5,
      stddev: Math.sqrt(32 / 7),
      min: 2,
      max: 9,
      sum: 40,
    });
    expect(momentsOf([3]).stddev).toBe(0);
    expect(() => momentsOf([])).toThrow(RangeError);
  });

  test('keeps its digits far from zero', () => {
    expect(momentsOf([1e9 + 1, 1e9 + 2, 1e9 + 3]).stddev).toBeCloseTo(1, 9);
  });
});
