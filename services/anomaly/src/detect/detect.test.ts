import { segmentSeries } from '@benchwire/shared/detect/levels.ts';
import { segment } from '@benchwire/shared/detect/segment.ts';
import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import { normal } from '@benchwire/shared/stats/normal.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import { rankTest } from '@benchwire/shared/stats/rank-test.ts';
import { minimumDetectableChange } from '@benchwire/shared/verdict/sensitivity.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driftOf } from './drift.ts';
import { follow } from './follow.ts';
import { OnlineSeries } from './online.ts';
import { SeriesReplay } from './replay.ts';
import { review } from './review.ts';
import { seasonalityOf } from './seasonality.ts';
import { forecast, trendOf } from './trend.ts';

/** Normal noise of unit size around a level that each point names. */
function series(n: number, level: (i: number) => number, seed = 1): Float64Array {
  const random = createRandom(seed);
  return Float64Array.from({ length: n }, (_, i) => level(i) + normal(random));
}

function replay(values: Float64Array): SeriesReplay {
  const replayed = new SeriesReplay(new OnlineSeries(), values, DEFAULT_SETTINGS);
  for (let i = 0; i < values.length; i++) replayed.append(i);
  return replayed;
}

describe('segment', () => {
  it('finds what an exhaustive search finds', () => {
    const small = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 11 });
    fc.assert(
      fc.property(small, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 3 }), (list, penalty, least) => {
        const values = Float64Array.from(list);
        const found = segment(values, penalty, least);
        const best = Math.min(...splits(values.length, least).map((cuts) => costOf(values, cuts, penalty)));
        expect(costOf(values, found, penalty)).toBeCloseTo(best, 6);
      }),
    );
  });
});

/** Every way to cut n values into stretches of at least `least`, the uncut one included. */
function splits(n: number, least: number): number[][] {
  const all: number[][] = [[]];
  for (let cut = least; cut <= n - least; cut++) {
    for (const rest of splits(n - cut, least)) all.push([cut, ...rest.map((each) => each + cut)]);
  }
  return all;
}

function costOf(values: Float64Array, cuts: readonly number[], penalty: number): number {
  const edges = [0, ...cuts, values.length];
  let cost = penalty * cuts.length;
  for (let i = 1; i < edges.length; i++) {
    const part = values.subarray(edges[i - 1], edges[i]);
    const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
    cost += part.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  }
  return cost;
}

it('rankTest agrees with a count of all pairs, ties as halves', () => {
  const some = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(some, some, (before, after) => {
      let u = 0;
      for (const a of after) for (const b of before) u += a > b ? 1 : a === b ? 0.5 : 0;
      const { z, separation } = rankTest(before, after);
      const half = (before.length * after.length) / 2;
      expect(Math.sign(z)).toBe(u === half ? 0 : Math.sign(u - half));
      expect(separation).toBeCloseTo(Math.abs(u / half - 1), 9);
    }),
  );
});

describe('review', () => {
  it('does not depend on unit and offset, and sees a step down as it sees one up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 40, max: 80 }), (seed, at) => {
        const values = series(120, (i) => (i < at ? 50 : 56), seed);
        const indexes = (list: Float64Array): number[] =>
          review(list, DEFAULT_SETTINGS).changes.map(({ index }) => index);
        const plain = indexes(values);
        expect(indexes(values.map((value) => value * 1024))).toEqual(plain);
        expect(indexes(values.map((value) => value + 4096))).toEqual(plain);
        expect(indexes(values.map((value) => -value))).toEqual(plain);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['a step in the middle', series(200, (i) => (i < 120 ? 100 : 106)), [120], 'confirmed'],
    ['a step that just began', series(104, (i) => (i < 100 ? 100 : 108)), [100], 'suspected'],
    ['one spike', series(120, (i) => (i === 60 ? 130 : 100)), [], ''],
    ['a spike at the end', series(101, (i) => (i === 100 ? 130 : 100)), [], ''],
    ['no change', series(300, () => 100), [], ''],
    ['equal values', new Float64Array(100).fill(7), [], ''],
    ['equal values and a step', Float64Array.from({ length: 170 }, (_, i) => (i < 120 ? 7 : 8)), [120], 'confirmed'],
    ['too few values', Float64Array.of(1, 2, 3), [], ''],
    ['no value', new Float64Array(0), [], ''],
  ])('%s', (_, values, expected, verdict) => {
    const { changes } = review(values, DEFAULT_SETTINGS);
    expect(changes).toHaveLength(expected.length);
    for (const [i, { index }] of changes.entries()) expect(Math.abs(index - (expected[i] ?? 0))).toBeLessThanOrEqual(2);
    for (const change of changes) expect(change.verdict).toBe(verdict);
  });

  it('a return to a level that it has visited before is a mode and no finding', () => {
    const values = series(240, (i) => (Math.floor(i / 20) % 2 === 0 ? 100 : 108), 3);
    const late = review(values, DEFAULT_SETTINGS).changes.filter(({ index }) => index > 80);
    expect(late.length).toBeGreaterThan(4);
    for (const change of late) expect(change.verdict).toBe('mode');
    expect(late[0]?.tests.find(({ name }) => name === 'modes')).toMatchObject({ passed: false });
  });

  it('a level that creeps is a drift, one that stays is none', () => {
    expect(
      review(
        series(200, (i) => 100 + i * 0.02, 2),
        DEFAULT_SETTINGS,
      ).drift,
    ).toMatchObject({
      slope: expect.closeTo(0.02, 2),
    });
    expect(
      review(
        series(200, () => 100, 2),
        DEFAULT_SETTINGS,
      ).drift,
    ).toBeUndefined();
  });

  it('a series that stays where it is for a while is no drift, and a creeping level with such noise is one', () => {
    const wandering = (seed: number, slope: number): Float64Array => {
      const random = createRandom(seed);
      let last = 0;
      return Float64Array.from({ length: 200 }, (_, i) => {
        last = 0.9 * last + normal(random);
        return 100 + last + slope * i;
      });
    };
    const drifts = (slope: number): number =>
      Array.from({ length: 60 }, (_, seed) => driftOf(wandering(seed + 1, slope), 0, 1, 0)).filter(Boolean).length;
    expect(drifts(0)).toBeLessThanOrEqual(1);
    expect(drifts(0.2)).toBeGreaterThan(50);
  });

  it('the smallest change of a metric may be configured', () => {
    const values = series(200, (i) => (i < 120 ? 1000 : 1006));
    expect(review(values, DEFAULT_SETTINGS).changes).toHaveLength(1);
    expect(review(values, { ...DEFAULT_SETTINGS, least_change_percent: 1 }).changes).toEqual([]);
  });
});

describe('a series point by point', () => {
  it('suspects a step within five points, confirms it, and says it once', () => {
    const { findings } = replay(series(200, (i) => (i < 120 ? 100 : 106), 5));
    expect(findings).toHaveLength(1);
    expect(findings[0]?.found_at).toBeLessThan(125);
    expect(findings[0]?.confirmed_at).toBeGreaterThan(125);
  });

  it('takes a suspicion back that the next points do not show', () => {
    const { findings } = replay(series(160, (i) => (i >= 100 && i < 103 ? 106 : 100), 8));
    expect(findings.filter(({ went_away_at, isMode }) => went_away_at === null && !isMode)).toEqual([]);
    expect(findings.length).toBeGreaterThan(0);
  });

  it('does not take one back that the next points do show, though wild values hide it from the levels', () => {
    const wild = new Set([50, 150, 250]);
    const values = series(400, (i) => (wild.has(i) ? 1000 : i < 300 ? 100 : 104));
    expect(review(values, DEFAULT_SETTINGS).changes).toEqual([]);
    const { findings } = replay(values);
    const told = findings.filter(({ index, isMode }) => Math.abs(index - 300) < 5 && !isMode);
    expect(told).toMatchObject([{ direction: 1, went_away_at: null }]);
  });

  it('judging again says nothing new: what is known is known', () => {
    const values = series(200, (i) => (i < 120 ? 100 : 106));
    const seen = review(values, DEFAULT_SETTINGS);
    const known = seen.changes.map(({ index }) => ({ index, direction: 1 as const, isSuspected: false }));
    expect(follow(known, seen, values, DEFAULT_SETTINGS)).toEqual({ found: [], confirmed: [], went_away: [] });
  });
});

it('the minimum detectable change is one that is detected in 19 of 20 series', () => {
  for (const runs of [5, 10]) {
    const level = {
      n: 100,
      noise_n: 50,
      scale: 1,
      tail_scale: 1,
      autocorrelation: 0,
      around: new Float64Array(0),
      is_unsteady: false,
    };
    const effect = minimumDetectableChange(level, runs, { threshold: 5, levels: DEFAULT_SETTINGS });
    let seen = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const values = series(100 + runs, (i) => (i < 100 ? 100 : 100 + effect), seed);
      const atAny = Array.from({ length: runs - 2 }, (_, i) => values.subarray(0, 103 + i));
      if (atAny.some((part) => review(part, DEFAULT_SETTINGS).changes.some(({ index }) => index >= 98))) seen++;
    }
    expect(seen / 200).toBeGreaterThan(0.9);
    expect(seen / 200).toBeLessThan(0.995);
  }
});

describe('trend, seasonality, forecast', () => {
  it('a trend has its slope in the interval, and no trend has 0 there', () => {
    const rising = trendOf(series(100, (i) => i * 0.1, 4));
    expect(rising?.low).toBeLessThan(0.1);
    expect(rising?.high).toBeGreaterThan(0.1);
    const level = trendOf(series(100, () => 5, 4));
    expect((level?.low ?? 1) * (level?.high ?? 1)).toBeLessThan(0);
    expect(trendOf(new Float64Array(3))).toBeUndefined();
  });

  it('finds a period of seven and none in noise', () => {
    expect(seasonalityOf(series(140, (i) => (i % 7 === 0 ? 4 : 0)))?.period).toBe(7);
    expect(seasonalityOf(series(140, () => 0))).toBeUndefined();
  });

  it('holds most of the values that follow', () => {
    let inside = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const values = series(61, () => 100, seed);
      const past = values.subarray(0, 60);
      const [next] = forecast({ median: 100, scale: 1, n: 60 }, trendOf(past), 1);
      if (next !== undefined && (values[60] as number) >= next.low && (values[60] as number) <= next.high) inside++;
    }
    expect(inside).toBeGreaterThan(85);
  });
});

it('levels of a series with outliers are those without them', () => {
  const clean = series(200, (i) => (i < 100 ? 100 : 107), 9);
  const dirty = clean.map((value, i) => (i % 37 === 5 ? value + 40 : value));
  const at = (values: Float64Array): number[] =>
    segmentSeries(values, DEFAULT_SETTINGS).boundaries.map(({ index }) => index);
  expect(at(clean)).toHaveLength(1);
  expect(at(dirty)).toHaveLength(1);
  expect(Math.abs((at(clean)[0] ?? 0) - (at(dirty)[0] ?? 99))).toBeLessThanOrEqual(2);
});
