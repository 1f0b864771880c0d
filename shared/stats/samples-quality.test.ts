import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lag1Autocorrelation } from './autocorrelation.ts';
import { mannKendallZ } from './mann-kendall.ts';
import { countOutliers, tukeyFences } from './outliers.ts';
import { percentileIsEligible, samplesForPercentile } from './percentile-eligibility.ts';
import { createRandom } from './random.ts';
import { checkSteadiness } from './steadiness.ts';
import { theilSenSlope } from './theil-sen.ts';

const noise = (n: number, seed = 1): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: n }, () => 10 + random() + random() - 1);
};

describe('outliers', () => {
  test('are told as mild and severe by distance from the quartiles', () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(tukeyFences(values)).toEqual({ low_severe: -9, low_mild: -3, high_mild: 13, high_severe: 19 });
    expect(countOutliers([-10, -4, 5, 13, 14, 19, 20], tukeyFences(values))).toEqual({ mild: 3, severe: 2 });
  });

  test('are at most all samples, and none where all are equal', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 }), (values) => {
        const { mild, severe } = countOutliers(values);
        expect(mild + severe).toBeLessThanOrEqual(values.length / 2);
        expect(countOutliers(values.map(() => 3))).toEqual({ mild: 0, severe: 0 });
      }),
    );
  });
});

describe('percentile eligibility', () => {
  test.each([
    [0.9, 64],
    [0.95, 130],
    [0.99, 662],
  ])('p%d takes MLPerf’s %d samples', (p, samples) => {
    expect(samplesForPercentile(p)).toBe(samples);
    expect(percentileIsEligible(p, samples)).toBe(true);
    expect(percentileIsEligible(p, samples - 1)).toBe(false);
  });

  test('refuses a percentile that is none', () => {
    expect(() => samplesForPercentile(99)).toThrow(RangeError);
    expect(() => samplesForPercentile(1)).toThrow(RangeError);
  });
});

describe('trend measures', () => {
  test('Theil-Sen finds a line’s slope through wild values', () => {
    expect(theilSenSlope([0, 2, 4, 6, 800, 10, 12])).toBeCloseTo(2, 9);
    expect(theilSenSlope([5])).toBe(0);
  });

  test('Mann-Kendall: a known case, ties, and symmetry', () => {
    // S = 45 of 45 pairs, variance 10 * 9 * 25 / 18 = 125.
    expect(mannKendallZ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toBeCloseTo(44 / Math.sqrt(125), 12);
    expect(mannKendallZ([3, 3, 3, 3])).toBe(0);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 }), (values) => {
        expect(mannKendallZ([...values].reverse())).toBeCloseTo(-mannKendallZ(values), 9);
      }),
    );
  });

  test('autocorrelation lies in [-1, 1]: near 0 for noise, negative for a saw, high for a wave', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true })), (values) => {
        expect(Math.abs(lag1Autocorrelation(values))).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
    expect(Math.abs(lag1Autocorrelation(noise(1000)))).toBeLessThan(0.1);
    expect(lag1Autocorrelation([1, 2, 1, 2, 1, 2, 1, 2])).toBeLessThan(-0.8);
    expect(lag1Autocorrelation(noise(100).map((_, i) => Math.sin(i / 10)))).toBeGreaterThan(0.9);
  });
});

describe('checkSteadiness', () => {
  test('noise around one level is steady', () => {
    const unsteady = Array.from({ length: 200 }, (_, seed) => checkSteadiness(noise(100, seed))).filter(
      (s) => !s.steady,
    );
    expect(unsteady).toEqual([]);
  });

  test.each<[string, (value: number, i: number) => number, RegExp]>([
    ['a slow rise', (v, i) => v + i * 0.01, /drift of \+/],
    ['warming up', (v, i) => v + 10 * Math.exp(-i / 60), /drift of -/],
    ['a step', (v, i) => (i < 170 ? v : v * 1.4), /drift|half/],
    ['a wave', (v, i) => v + 4 * Math.sin(i / 6), /autocorrelation/],
  ])('%s is not, and says why', (_, shape, reason) => {
    const result = checkSteadiness(noise(300).map(shape));
    expect(result.steady).toBe(false);
    expect(result.reason).toMatch(reason);
  });

  test('a tail is not: one sample far out, or many that take time', () => {
    const far = noise(1000).map((v, i) => (i === 500 ? v * 70 : v));
    expect(checkSteadiness(far).reason).toMatch(/^the slowest sample took (6|7)\d times the median$/);
    const many = noise(300).map((v, i) => (i % 50 < 2 ? v * 5 : v));
    expect(checkSteadiness(many).reason).toMatch(/^12 of 300 samples are severe outliers and add 1\d % to the time$/);
  });

  test('two levels are not, whichever is more frequent; a skewed or flat distribution is one level', () => {
    const random = createRandom(3);
    for (const share of [0.15, 0.5, 0.85]) {
      const two = noise(400).map((v) => 10 + (v - 10) / 10 + (random() < share ? 3 : 0));
      expect(checkSteadiness(two).reason, String(share)).toMatch(
        /^two levels: \d+ % of the samples are (29|30|31) % above/,
      );
    }
    const shapes = [
      () => 10 - 0.5 * Math.log(random()),
      () => 10 * Math.exp(0.1 * (random() + random() + random() - 1.5)),
      () => 9 + 2 * random(),
      () => 10 + 0.01 * Math.round(100 * random()),
    ];
    for (const [at, shape] of shapes.entries()) {
      const unsteady = Array.from({ length: 200 }, () => checkSteadiness(Array.from({ length: 200 }, shape))).filter(
        (s) => !s.steady,
      );
      expect(unsteady.length, `shape ${at}`).toBeLessThanOrEqual(2);
    }
  });

  test('a few spikes and a tiny but certain drift do no harm', () => {
    expect(checkSteadiness(noise(300).map((v, i) => (i % 50 < 2 ? v * 2 : v))).steady).toBe(true);
    expect(checkSteadiness(noise(20_000).map((v, i) => v + i * 1e-5)).steady).toBe(true);
  });

  test('equal samples are steady, and few samples say nothing', () => {
    expect(checkSteadiness(new Array<number>(50).fill(3))).toEqual({ steady: true, reason: null });
    expect(checkSteadiness([1, 1, 1])).toEqual({
      steady: false,
      reason: '3 samples are too few to judge; at least 20 are needed',
    });
  });
});
