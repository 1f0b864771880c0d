import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import type { Scale } from './history.ts';

/** Another series that is drawn over the one of the page. */
export interface Overlay {
  series_id: string;
  name: string;
  unit: string;
  points: readonly ResultRow[];
}

/** More lines than there are colours can not be told apart. */
export const MAX_OVERLAYS = 6;

/** What is drawn of a value: itself, or percent of its series' first point; null where that is zero. */
export function drawnValue(points: readonly Pick<ResultRow, 'value'>[], indexed: boolean): (value: number) => number {
  const first = points[0]?.value ?? 0;
  if (!indexed) return (value) => value;
  return first === 0 ? () => Number.NaN : (value) => (100 * value) / first;
}

/** Overlays that share the axis: those of its unit, or all where each is shown in percent of its first point. */
export function overlaysOnAxis(overlays: readonly Overlay[], unit: string, indexed: boolean): Overlay[] {
  return overlays.filter((overlay) => indexed || overlay.unit === unit);
}

/**
 * Where the points of another series stand: by time, or at the run that measured both; points of other runs stand between the
 * runs before and after them, and those before the first or after the last run are left out.
 */
export function placesOnScale(
  main: readonly Pick<ResultRow, 'run_id' | 'measured_at'>[],
  scale: Scale,
  points: readonly ResultRow[],
  by_time: boolean,
): Array<{ x: number; point: ResultRow }> {
  if (by_time) return points.map((point) => ({ x: Date.parse(point.measured_at), point }));
  const run_places = new Map(main.map(({ run_id }, at) => [run_id, scale.ofPoint(at)]));
  return points.flatMap((point) => {
    const x = run_places.get(point.run_id) ?? scale.ofTime(point.measured_at);
    return x < 1 || x > main.length ? [] : [{ x, point }];
  });
}
