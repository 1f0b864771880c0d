import type { SeriesAnalysis } from '@benchwire/shared/contracts/anomaly.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { outliersOf, stretchesOf } from './levels.ts';

const timeOf = (at: number): string => new Date(1_700_000_000_000 + at * 60_000).toISOString();
const pointsOf = (values: readonly number[], first = 0) =>
  values.map((value, at) => ({ value, measured_at: timeOf(first + at) }));
const analysisOf = (...levels: ReadonlyArray<readonly [from: number, to: number, median: number]>): SeriesAnalysis =>
  ({
    points: Math.max(...levels.map(([, to]) => to)),
    segments: levels.map(([from, to, median]) => ({
      ...{ from, to, from_at: timeOf(from), n: to - from, median, scale: 0.5 },
    })),
  }) as unknown as SeriesAnalysis;
const placesOf = (...given: Parameters<typeof stretchesOf>) =>
  stretchesOf(...given).map(({ from, to, level }) => [from, to, level]);

const VALUES = [10, 10, 10, 10, 10, 12, 12, 12, 12, 12];
const LEVELS = analysisOf([0, 5, 10], [5, 10, 12]);

it('places levels by when they began, whatever part of the series is shown', () => {
  const points = pointsOf(VALUES);
  expect(placesOf(LEVELS, points)).toEqual([
    [0, 4, 10],
    [5, 9, 12],
  ]);
  expect(placesOf(LEVELS, points.slice(3))).toEqual([
    [0, 1, 10],
    [2, 6, 12],
  ]);
  expect(placesOf(LEVELS, points.slice(7))).toEqual([[0, 2, 12]]);
  expect(placesOf(LEVELS, points.slice(0, 4))).toEqual([[0, 3, 10]]);
  expect(placesOf(undefined, points)).toEqual([]);
});

it('draws no level over points that came after the analysis', () => {
  expect(placesOf(LEVELS, pointsOf([...VALUES, 12, 12]))).toEqual([
    [0, 4, 10],
    [5, 9, 12],
  ]);
});

it('draws no level where the points say otherwise', () => {
  const values = [10, 10, 10, 20, 20, 20, 20, 10, 10, 10];
  expect(placesOf(analysisOf([0, 10, 10]), pointsOf(values))).toEqual([
    [0, 2, 10],
    [7, 9, 10],
  ]);
});

it('no four points in a row on one side of the band are inside a level that is drawn', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 5, max: 15 }), { minLength: 1, maxLength: 60 }), (values) => {
      for (const { from, to, low, high } of stretchesOf(analysisOf([0, values.length, 10]), pointsOf(values))) {
        const sides = values.slice(from, to + 1).map((value) => (value > high ? '+' : value < low ? '-' : '0'));
        expect(sides.join('')).not.toMatch(/\+{4}|-{4}/);
        expect(sides).toContain('0');
      }
    }),
  );
});

it('outliers are beyond twice the band', () => {
  const points = pointsOf([10, 10.9, 13, 10, 7]);
  expect(outliersOf(stretchesOf(analysisOf([0, 5, 10]), points), points)).toEqual([2, 4]);
});
