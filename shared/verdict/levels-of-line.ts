import { isSameCommit } from '../contracts/commit.ts';
import type { Direction } from '../contracts/direction.ts';
import { segmentSeries } from '../detect/levels.ts';
import { changeAtTheEnd } from '../detect/tail.ts';
import { median } from '../stats/quantile.ts';
import type { HistoryPoint, SeriesHistory, VerdictSettings } from './history.ts';

/** A regression of a line that nobody has accepted and that did not go away. */
export interface OpenRegression {
  /** Null where the levels show it and the detector has said nothing yet. */
  finding_id: string | null;
  /** Place of its first point in the line. */
  at: number;
}

/** The levels of a main line. */
export interface LineLevels {
  /** Where each level begins, ascending, from 0. */
  starts: number[];
  /** Number of the level that counts as good: the newest that is no open regression. */
  good: number;
  open: OpenRegression | undefined;
  autocorrelation: number;
  /** Noise of the line around its levels. */
  scale: number;
}

/** A boundary of the levels this near to a finding's or an accepted point is the same. */
const SAME_CHANGE = 3;
/** A change that the levels show alone is news for so many points, as for the detector. */
const NEWS_AFTER = 60;
/** A suspicion makes a level of its own only with so many points: one value that is off moves none. */
const MIN_SUSPECTED = 3;

/** The levels of a line, with what people and the detector have said about them. */
export function levelsOfLine(
  points: readonly HistoryPoint[],
  history: Pick<SeriesHistory, 'findings' | 'accepted' | 'points'>,
  direction: Direction,
  { levels }: Pick<VerdictSettings, 'levels'>,
): LineLevels {
  const values = Float64Array.from(points, ({ value }) => value);
  const segmentation = segmentSeries(values, levels);
  const tail = changeAtTheEnd(values, segmentation, levels);
  const seen = [...segmentation.boundaries, ...(tail === undefined ? [] : [tail])].map(({ index }) => index);
  const found = findingsOnLine(points, history.findings);
  const accepted = acceptedOnLine(points, history);
  const told = [
    ...accepted,
    ...found
      .filter(({ state, at }) => isOpenState(state) && (state !== 'suspected' || points.length - at >= MIN_SUSPECTED))
      .map(({ at }) => at),
  ];
  const apart = seen.filter((index) => !told.some((at) => Math.abs(at - index) <= SAME_CHANGE));
  const starts = [...new Set([0, ...told, ...apart])].sort((a, b) => a - b);
  const known = { found, accepted, n: points.length };
  return {
    starts,
    autocorrelation: segmentation.autocorrelation,
    scale: segmentation.scale,
    ...goodLevel(values, starts, direction, segmentation.scale, known),
  };
}

interface Told {
  found: ReadonlyArray<{ finding_id: string; kind: string; state: string; at: number }>;
  accepted: readonly number[];
  n: number;
}

function goodLevel(
  values: Float64Array,
  starts: readonly number[],
  direction: Direction,
  scale: number,
  { found, accepted, n }: Told,
): { good: number; open: OpenRegression | undefined } {
  const middle = starts.map((from, i) => (from >= n ? Number.NaN : median(values.subarray(from, starts[i + 1] ?? n))));
  let good = 0;
  let open: OpenRegression | undefined;
  for (let i = 1; i < starts.length; i++) {
    const at = starts[i] as number;
    const step = worseBy(direction, (middle[i] as number) - (middle[good] as number));
    const near = found.filter((each) => Math.abs(each.at - at) <= SAME_CHANGE && each.kind === 'regression');
    const finding = near.find(({ state }) => isOpenState(state));
    const isNews = finding !== undefined || (near.length === 0 && n - at <= NEWS_AFTER);
    const isAccepted = accepted.some((index) => index >= at - SAME_CHANGE);
    if (step > scale && !isAccepted && (isNews || open !== undefined)) {
      open ??= { finding_id: finding?.finding_id ?? null, at };
    } else {
      good = i;
      open = undefined;
    }
  }
  if (open !== undefined) return { good, open };
  // A regression whose points make no level of their own yet.
  const from = starts[good] ?? 0;
  const young = found.find(
    ({ at, state, kind }) =>
      kind === 'regression' && isOpenState(state) && at > from && !accepted.some((index) => index >= at - SAME_CHANGE),
  );
  return { good, open: young === undefined ? undefined : { finding_id: young.finding_id, at: young.at } };
}

/** How much worse a difference is, in its unit; below 0 where it is better or nobody knows. */
export function worseBy(direction: Direction, difference: number): number {
  if (direction === 'lower_is_better') return difference;
  if (direction === 'higher_is_better') return -difference;
  return Number.NEGATIVE_INFINITY;
}

const isOpenState = (state: string): boolean =>
  state === 'suspected' || state === 'confirmed' || state === 'acknowledged';

function findingsOnLine(
  points: readonly HistoryPoint[],
  findings: SeriesHistory['findings'],
): Array<{ finding_id: string; kind: string; state: string; at: number }> {
  return findings
    .filter(({ kind }) => kind === 'regression' || kind === 'improvement' || kind === 'change')
    .map(({ finding_id, kind, state, run_id, task_id }) => ({
      ...{ finding_id, kind, state },
      at: points.findIndex((point) => point.run_id === run_id && point.task_id === task_id),
    }))
    .filter(({ at }) => at > 0);
}

/** Places of the points that were accepted: those themselves, or where their commit came onto the line. */
function acceptedOnLine(
  points: readonly HistoryPoint[],
  history: Pick<SeriesHistory, 'accepted' | 'points'>,
): number[] {
  return history.accepted.flatMap(({ about_at }) => {
    const time = Date.parse(about_at);
    const about = history.points.find(({ measured_at }) => Date.parse(measured_at) === time);
    const at = points.findIndex(
      (point) => point === about || isSameCommit(point.source?.commit, about?.source?.commit),
    );
    return at < 0 ? [] : [at];
  });
}
