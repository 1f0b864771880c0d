import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import { expect, it } from 'vitest';
import { scaleOf } from './history.ts';
import { drawnValue, type Overlay, overlaysOnAxis, placesOnScale } from './overlay.ts';
import { timeRangeOf } from './time-range.ts';

const point = (run_id: string, minute: number): ResultRow =>
  ({ run_id, measured_at: `2026-11-25T10:${String(minute).padStart(2, '0')}:00.000Z`, value: minute }) as ResultRow;

it('points of the same run stand at it, others between the runs before and after, and none outside', () => {
  const main = [point('a', 10), point('b', 20), point('c', 30)];
  const others = [point('x', 5), point('a', 11), point('y', 25), point('c', 31), point('z', 40)];
  const places = (by_time: boolean) =>
    placesOnScale(main, scaleOf(main, by_time ? 'time' : 'run'), others, by_time).map(({ x, point: { run_id } }) => [
      run_id,
      x,
    ]);
  expect(places(false)).toEqual([
    ['a', 1],
    ['y', 2.5],
    ['c', 3],
  ]);
  expect(places(true).map(([run_id]) => run_id)).toEqual(['x', 'a', 'y', 'c', 'z']);
});

it('only series of the same unit share an axis, unless each is in percent of its first point', () => {
  const overlays = [{ unit: 'ms' }, { unit: 's' }] as Overlay[];
  expect(overlaysOnAxis(overlays, 'ms', false)).toEqual([{ unit: 'ms' }]);
  expect(overlaysOnAxis(overlays, 'ms', true)).toHaveLength(2);
  expect(drawnValue([{ value: 4 }, { value: 5 }], true)(5)).toBe(125);
  expect(drawnValue([{ value: 0 }], true)(5)).toBeNaN();
  expect(drawnValue([{ value: 4 }], false)(5)).toBe(5);
});

it('reads a range from an address: days back, dates, or nothing', () => {
  const now = Date.parse('2026-11-30T12:34:00.000Z');
  expect(timeRangeOf('7d', '', now)).toEqual({ since: '2026-11-23T12:00:00.000Z', until: undefined });
  expect(timeRangeOf('2026-11-01T00:00:00.000Z', '2026-11-02T00:00:00.000Z', now)).toEqual({
    since: '2026-11-01T00:00:00.000Z',
    until: '2026-11-02T00:00:00.000Z',
  });
  expect(timeRangeOf('nonsense', '', now)).toEqual({ since: undefined, until: undefined });
});
