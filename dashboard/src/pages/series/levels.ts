import type { SeriesAnalysis } from '@benchwire/shared/contracts/anomaly.ts';
import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';

/** A level over some of the points shown, with the band that holds 95 % of normal noise. */
export interface Stretch {
  from: number;
  /** The last one of them. */
  to: number;
  level: number;
  low: number;
  high: number;
}

type Point = Pick<ResultRow, 'measured_at' | 'value'>;

/** So many points in a row on one side of a band are no noise. */
const AWAY = 4;

/**
 * The levels of a series over the points shown, which may be a part of it, or newer than the analysis. They are placed by
 * when each began, and left out where the points say otherwise: where four or more in a row lie on one side of the band, as those
 * of another branch or of a change that is not decided yet.
 */
export function stretchesOf(analysis: SeriesAnalysis | undefined, points: readonly Point[]): Stretch[] {
  const segments = analysis?.segments ?? [];
  const starts = segments.map(({ from_at }) => startOf(points, from_at));
  return segments.flatMap(({ from, to, median, scale }, at) => {
    const start = starts[at];
    const next = starts[at + 1];
    const length = to - from;
    // Beyond the counted points the last level is unknown, but where it begins before those shown they can't be counted.
    const end = next?.index ?? (start?.is_exact === true ? start.index + length : points.length);
    if (start === undefined) return [];
    const whole = {
      ...{ from: start.index, to: Math.min(end, points.length) - 1 },
      ...{ level: median, low: median - 2 * scale, high: median + 2 * scale },
    };
    return supported(whole, points);
  });
}

/** The first point at or after a time; undefined where all are before it. */
function startOf(points: readonly Point[], at: string): { index: number; is_exact: boolean } | undefined {
  const exact = points.findIndex(({ measured_at }) => measured_at === at);
  if (exact >= 0) return { index: exact, is_exact: true };
  const index = points.findIndex(({ measured_at }) => measured_at > at);
  return index < 0 ? undefined : { index, is_exact: false };
}

/** The parts of a stretch that its points support. */
function supported(stretch: Stretch, points: readonly Point[]): Stretch[] {
  const slack = 1e-9 * Math.abs(stretch.level);
  const side = (at: number): number => {
    const { value } = points[at] ?? { value: stretch.level };
    if (value > stretch.high + slack) return 1;
    return value < stretch.low - slack ? -1 : 0;
  };
  const parts: Stretch[] = [];
  let begin = stretch.from;
  const close = (end: number): void => {
    const inside = Array.from({ length: end - begin }, (_, at) => side(begin + at)).includes(0);
    if (end > begin && inside) parts.push({ ...stretch, from: begin, to: end - 1 });
  };
  for (let at = stretch.from; at <= stretch.to; ) {
    let end = at + 1;
    while (end <= stretch.to && side(end) === side(at)) end += 1;
    if (side(at) !== 0 && end - at >= AWAY) {
      close(at);
      begin = end;
    }
    at = end;
  }
  close(stretch.to + 1);
  return parts;
}

/** Points further from their level than noise explains: beyond twice the band, by their places. */
export function outliersOf(stretches: readonly Stretch[], points: readonly Point[]): number[] {
  return stretches.flatMap(({ from, to, level, low, high }) =>
    Array.from({ length: to - from + 1 }, (_, at) => from + at).filter((at) => {
      const off = (points[at]?.value ?? level) - level;
      return high > low && (off > 2 * (high - level) || off < 2 * (low - level));
    }),
  );
}
