import type { Better } from '@benchwire/shared/contracts/direction.ts';
import { TRUNK } from '@benchwire/shared/verdict/lines.ts';
import { placeOf } from '@benchwire/shared/verdict/order.ts';
import type { PointRef } from './point-ref.ts';

/** What is kept of one main line of a series: its newest values in the line's order, each with the attempt that it is from. */
export interface Series {
  readonly series_id: string;
  unit: string | null;
  /** Which way is better, as the last point that said so has it. */
  better: Better | null;
  /** Of the test on every point. */
  readonly slot: number;
  values: number[];
  refs: PointRef[];
  /** Points that were dropped at the front: an index plus this is the point's number in the series. */
  dropped: number;
  /** Numbers of the points that findings are about, as far as they were asked for. */
  numbers: Map<string, number>;
  /** Numbers of the points at which it returned to a level that it jumps to and fro; no findings. */
  jumps: Array<{ at: number; direction: 1 | -1 }>;
}

/** The name that a series of a main line is kept under: the trunk has the series' own. */
export function seriesOfLine(series_id: string, line: string): string {
  return line === TRUNK ? series_id : `${series_id}@${line}`;
}

export function newSeries(series_id: string, slot: number): Series {
  return { series_id, unit: null, better: null, slot, values: [], refs: [], dropped: 0, numbers: new Map(), jumps: [] };
}

/**
 * Adds a point at its place in the line: at the end, or before the points of commits that come after its own.
 * @returns whether it is the newest
 */
export function placePoint(series: Series, value: number, ref: PointRef, window: number): boolean {
  const at = placeOf(series.refs, ref.source);
  if (at === series.refs.length) {
    addPoint(series, value, ref, window);
    return true;
  }
  series.values.splice(at, 0, value);
  series.refs.splice(at, 0, ref);
  series.numbers.clear();
  series.jumps = series.jumps.map((jump) => (jump.at < at + series.dropped ? jump : { ...jump, at: jump.at + 1 }));
  dropOldest(series, window);
  return false;
}

/** Adds a point at the end; beyond `window` a quarter more is kept before the oldest go, so that dropping costs little. */
export function addPoint(series: Series, value: number, ref: PointRef, window: number): void {
  series.values.push(value);
  series.refs.push(ref);
  dropOldest(series, window);
}

function dropOldest(series: Series, window: number): void {
  if (series.values.length <= window * 1.25) return;
  const tooMany = series.values.length - window;
  series.values.splice(0, tooMany);
  series.refs.splice(0, tooMany);
  series.dropped += tooMany;
  series.jumps = series.jumps.filter(({ at }) => at >= series.dropped);
}

/**
 * Number of the point that an attempt measured, or undefined when it is not kept. Findings ask for the same few with every
 * point, and a number never changes: one that was found is not looked for again. One that was not may still come, when
 * outcomes are judged again after a crash.
 */
export function numberOf(series: Series, attempt_id: string): number | undefined {
  const known = series.numbers.get(attempt_id);
  if (known !== undefined) return known < series.dropped ? undefined : known;
  const index = series.refs.findLastIndex((ref) => ref.attempt_id === attempt_id);
  if (index < 0) return undefined;
  series.numbers.set(attempt_id, index + series.dropped);
  return index + series.dropped;
}

/**
 * Takes points out of a series, as if they had never been measured.
 * @returns whether there were any
 */
export function removePoints(series: Series, isGone: (ref: PointRef) => boolean): boolean {
  const kept = series.refs.map((ref) => !isGone(ref));
  if (kept.every(Boolean)) return false;
  // Where each point is afterwards; a point that goes has no place.
  let next = 0;
  const places = kept.map((stays) => (stays ? next++ : -1));
  series.jumps = series.jumps.flatMap((jump) => {
    const place = places[jump.at - series.dropped] ?? -1;
    return place < 0 ? [] : [{ ...jump, at: place + series.dropped }];
  });
  series.values = series.values.filter((_, i) => kept[i]);
  series.refs = series.refs.filter((_, i) => kept[i]);
  series.numbers.clear();
  return true;
}
