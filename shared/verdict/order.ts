import { isSameCommit } from '../contracts/commit.ts';
import type { Source } from '../contracts/request.ts';

/** A point, as far as its place in a line goes. */
export interface Placed {
  source: Source | null;
}

/**
 * Where a new point belongs among the points of its line, which are in order already: beside the points of its commit, before
 * commits that come after it as `position` or `parents` say, else at the end, in the order of the runs. Clocks decide nothing.
 *
 * @returns the index that the point gets
 */
export function placeOf(points: readonly Placed[], source: Source | null): number {
  const commit = source?.commit;
  if (source === null || commit === undefined) return points.length;
  if (isSameCommit(points.at(-1)?.source?.commit, commit)) return points.length;
  const same = points.findLastIndex((point) => isSameCommit(point.source?.commit, commit));
  if (same >= 0) return same + 1;
  return beforeLater(points, source) ?? beforeChildren(points, commit) ?? points.length;
}

/** Sorts points of one line that came in any order of their commits. */
export function inLineOrder<P extends Placed>(points: readonly P[]): P[] {
  const ordered: P[] = [];
  for (const point of points) ordered.splice(placeOf(ordered, point.source), 0, point);
  return ordered;
}

function beforeLater(points: readonly Placed[], { position }: Source): number | undefined {
  if (position === undefined) return undefined;
  let first: number | undefined;
  for (const [at, { source }] of points.entries()) {
    // Another commit is at that place: history was written anew, and this commit is of the new one.
    if (source?.position === position) return points.length;
    if (first === undefined && source?.position !== undefined && source.position > position) first = at;
  }
  return first;
}

function beforeChildren(points: readonly Placed[], commit: string): number | undefined {
  const at = points.findIndex(({ source }) => source?.parents?.some((parent) => isSameCommit(parent, commit)) === true);
  return at < 0 ? undefined : at;
}
