import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import type { ReactNode } from 'react';
import { RangeLink } from '../../parts/commit-link.tsx';
import { readZoom } from './history-view.ts';

/** The first and the last of the points that a zoom by runs shows. */
function pointsShown<T>(points: readonly T[], zoom: string): T[] {
  const { start, end } = readZoom(zoom);
  // The axis goes from 0 to the number of points, and the first point is at 1.
  const [from, to] = [(start / 100) * points.length, (end / 100) * points.length];
  return points.filter((_, at) => at + 1 >= from && at + 1 <= to);
}

/** The commits between the first and the last point shown, which lead to the repository. */
export function CommitsShown({ points, zoom }: { points: readonly ResultRow[]; zoom: string }): ReactNode {
  const with_commit = pointsShown(points, zoom).filter(({ commit }) => commit !== '');
  const [first, last] = [with_commit[0], with_commit.at(-1)];
  if (first === undefined || last === undefined) return null;
  return (
    <p className="bw-note">
      Commits shown: <RangeLink from={first.source} to={last.source} />
    </p>
  );
}
