import type { SeriesAnalysis } from '@benchwire/shared/contracts/anomaly.ts';
import { expect, it } from 'vitest';
import { scaleOf, trendOf } from './history.ts';

const points = ['10:00', '11:00', '12:00'].map((time) => ({ measured_at: `2026-11-25T${time}:00.000Z` }));
const analysis = (change: Partial<SeriesAnalysis>): SeriesAnalysis =>
  ({ points: 3, segments: [], forecast: [], trend: null, ...change }) as unknown as SeriesAnalysis;

it('a time lies between the runs before and after it', () => {
  const runs = scaleOf(points, 'run');
  expect(runs.ofPoint(0)).toBe(1);
  expect(runs.ofTime('2026-11-25T11:30:00.000Z')).toBe(2.5);
  const times = scaleOf(points, 'time');
  expect(times.ofPoint(3) - times.ofPoint(2)).toBe(3_600_000);
});

it('only a trend that is more than noise is drawn, over the newest level', () => {
  const stretches = [{ from: 0, to: 10, level: 100, low: 0, high: 0 }];
  const trend = { slope_per_point: 2, slope: { low: 1, high: 3 }, percent_per_100_points: null, is_significant: true };
  expect(trendOf(analysis({ trend }), stretches)).toEqual({ from: 0, to: 10, begin: 90, end: 110 });
  expect(trendOf(analysis({ trend: { ...trend, is_significant: false } }), stretches)).toBeNull();
});
