import type { Better } from '@benchwire/shared/contracts/direction.ts';
import type { PointRef } from './point-ref.ts';

/** What is kept of a series: its newest values, each with the attempt that it is from. */
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

export function newSeries(series_id: string, slot: number): Series {
  return { series_id, unit: null, better: null, slot, values: [], refs: [], dropped: 0, numbers: new Map(), jumps: [] };
}

/** Adds a point; beyond `window` a quarter more is kept before the oldest go, so that dropping costs little. */
export function addPoint(series: Series, value: number, ref: PointRef, window: number): void {
  series.values.push(value);
  series.refs.push(ref);
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
