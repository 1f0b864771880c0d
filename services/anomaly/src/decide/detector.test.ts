import { normal } from '@benchwire/shared/stats/normal.ts';
import { distancesFromLevels, type Measured } from '@benchwire/shared/verdict/known-level.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DetectorOptions, judge as judgeAround } from './detector.ts';

const options: DetectorOptions = { threshold: 5, min_runs: 5, window: 50 };
const point = (value: number, rest: Partial<Measured> = {}): Measured => ({
  value,
  ci_low: null,
  ci_high: null,
  steady: null,
  ...rest,
});

/** In a series of one level. */
const judge = (before: readonly number[], value: Measured, limits: DetectorOptions) =>
  judgeAround(before, value, limits, () => distancesFromLevels(before, [0]));

/** mulberry32, so that the shares below are the same in every run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The sides of each value of a series, judged one after the other. */
function sidesOf(values: readonly number[]): number[] {
  return values.map((value, i) => judge(values.slice(Math.max(0, i - 50), i), point(value), options)?.side ?? 0);
}

describe('judge', () => {
  it('says nothing before there are enough runs', () => {
    expect(judge([1, 1, 1, 1], point(100), options)).toBeUndefined();
    expect(judge([1, 1, 1, 1, 1], point(100), options)?.side).toBe(1);
  });

  it.each([
    ['a noise-free series and the same again', [100, 100, 100, 100, 100], 100, 0],
    ['a noise-free series and a few percent', [100, 100, 100, 100, 100], 104, 0],
    ['a long noise-free series and a little', Array(30).fill(100), 102, 0],
    ['a long noise-free series and a step', Array(30).fill(100), 103, 1],
    ['a noise-free series and a step', [100, 100, 100, 100, 100], 110, 1],
    ['a noise-free series and a step down', [100, 100, 100, 100, 100], 90, -1],
    ['values that agree by chance', [100, 100, 100, 103, 97], 108, 0],
    ['a noisy series and a value in its noise', [100, 110, 90, 105, 95], 120, 0],
    ['a noisy series and twice as much', [100, 110, 90, 105, 95], 200, 1],
    ['an outlier in the baseline', [100, 101, 99, 100, 102, 98, 100, 500, 101, 99], 160, 0],
    ['all 0 and 0', [0, 0, 0, 0, 0], 0, 0],
    ['all 0 and then not', [0, 0, 0, 0, 0], 1, 1],
    ['negative values', [-100, -100, -100, -100, -100], -120, -1],
  ])('%s', (_, before, value, side) => {
    expect(judge(before, point(value), options)?.side).toBe(side);
  });

  it('asks more of a measurement that was not steady, or that does not know its value', () => {
    const before = [100, 101, 99, 100, 101, 99, 100, 101, 99, 100];
    expect(judge(before, point(112), options)?.side).toBe(1);
    expect(judge(before, point(112, { steady: false }), options)?.side).toBe(0);
    expect(judge(before, point(112, { ci_low: 106, ci_high: 118 }), options)?.side).toBe(0);
    expect(judge(before, point(150, { steady: false }), options)?.side).toBe(1);
  });

  it('gives finite numbers or none, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true }), { maxLength: 30 }),
        fc.double({ noNaN: true }),
        (before, value) => {
          const verdict = judge(before, point(value), options);
          if (verdict === undefined) return;
          for (const number of [verdict.median, verdict.mad, verdict.scale, verdict.z_score]) {
            expect(Number.isFinite(number)).toBe(true);
          }
        },
      ),
    );
  });

  it('does not depend on the unit: a thousand times all values is the same verdict', () => {
    const values = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 5, maxLength: 40 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 10_000 }), (before, value) => {
        const small = judge(before, point(value), options);
        const large = judge(
          before.map((v) => v * 1024),
          point(value * 1024),
          options,
        );
        expect(large?.z_score).toBeCloseTo(small?.z_score ?? Number.NaN, 6);
      }),
    );
  });
});

describe('false alarms and power', () => {
  const share = (
    make: (random: () => number) => number[],
    series: number,
    count: (sides: number[]) => number,
  ): number => {
    let sum = 0;
    for (let seed = 1; seed <= series; seed++) sum += count(sidesOf(make(randomOf(seed))));
    return sum / series;
  };

  it('normally distributed noise of 1.4 %: hardly any false alarm', () => {
    const alarms = share(
      (random) => Array.from({ length: 100 }, () => 100 * (1 + 0.014 * normal(random))),
      500,
      (sides) => sides.filter((side) => side !== 0).length,
    );
    // Measured 0.0002 to 0.0003 a point.
    expect(alarms / 95).toBeLessThan(0.0006);
  });

  it('2 % of outliers five times as far away do not make more of the others', () => {
    const alarms = share(
      (random) => Array.from({ length: 100 }, () => 100 * (1 + 0.014 * normal(random) * (random() < 0.02 ? 5 : 1))),
      300,
      (sides) => sides.filter((side) => side !== 0).length,
    );
    expect(alarms / 95).toBeLessThan(0.01);
  });

  it.each([
    [20, 0.014, 0.99],
    [10, 0.014, 0.9],
    [5, 0.005, 0.95],
    [0.5, 0.0005, 0.95],
  ])('finds a step of %d %% in noise of %d after 20 runs', (percent, noise, least) => {
    const found = share(
      (random) =>
        Array.from({ length: 21 }, (_, i) => 100 * (1 + noise * normal(random)) * (i === 20 ? 1 + percent / 100 : 1)),
      300,
      (sides) => (sides[20] === 1 ? 1 : 0),
    );
    expect(found).toBeGreaterThanOrEqual(least);
  });
});
