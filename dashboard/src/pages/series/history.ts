import type { SeriesAnalysis } from '@benchwire/shared/contracts/anomaly.ts';
import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import type { Stretch } from './levels.ts';

/** `commit` is a run a step, too, called by its commit. */
export type Axis = 'time' | 'run' | 'commit';

/** Something that happened to a series, for the chart and the table below it. */
export interface Mark {
  at: string;
  kind: 'note' | 'environment_changed' | 'finding';
  text: string;
  by: string;
  link: string | null;
}

/** Where things stand along the chart's axis. */
export interface Scale {
  /** Of a point, counted from the oldest. */
  ofPoint: (index: number) => number;
  /** Of a time between, before or after the points. */
  ofTime: (iso: string) => number;
}

/** By time, or one run a step (`run` and `commit`), where a time lies between the runs before and after it. */
export function scaleOf(points: readonly Pick<ResultRow, 'measured_at'>[], axis: Axis): Scale {
  const times = points.map(({ measured_at }) => Date.parse(measured_at));
  const last = times.length - 1;
  if (axis !== 'time') {
    return {
      ofPoint: (index) => index + 1,
      ofTime: (iso) => times.filter((time) => time < Date.parse(iso)).length + 0.5,
    };
  }
  const step = medianStep(times);
  return {
    ofPoint: (index) => times[index] ?? (times[last] ?? 0) + (index - last) * step,
    ofTime: (iso) => Date.parse(iso),
  };
}

function medianStep(times: readonly number[]): number {
  const steps = times.slice(1).map((time, at) => time - (times[at] ?? time));
  return steps.sort((a, b) => a - b)[steps.length >> 1] ?? 60_000;
}

/** Two ends of the newest level's trend; null where it has none. */
export function trendOf(
  analysis: SeriesAnalysis | undefined,
  stretches: readonly Stretch[],
): { from: number; to: number; begin: number; end: number } | null {
  const last = stretches.at(-1);
  if (analysis?.trend?.is_significant !== true || last === undefined) return null;
  const half = ((last.to - last.from) / 2) * analysis.trend.slope_per_point;
  return { from: last.from, to: last.to, begin: last.level - half, end: last.level + half };
}
