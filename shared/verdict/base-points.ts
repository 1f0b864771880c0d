import { isSameCommit } from '../contracts/commit.ts';
import type { Source } from '../contracts/request.ts';
import type { HistoryPoint } from './history.ts';
import { type Line, lineOf, type MainBranches, mainLineNamed, TRUNK } from './lines.ts';
import { inLineOrder, type Placed } from './order.ts';

/** The run that is judged. */
export interface Head {
  run_id: string;
  source: Source | null;
  /** Runs that measured it again. */
  repeated_by?: readonly string[];
}

/** What a head is compared with: a main line up to some place. */
export interface BasePoints {
  /** The main line's name. */
  line: string;
  /** In the line's order, none of them of the head. */
  points: HistoryPoint[];
  /** Why the place is another one than was asked for; empty where it is that. */
  note: string;
}

/** A chain of parents is followed so far at most. */
const MAX_PARENTS = 200;

/** The points of the head: of its run, of those that measured it again, and of all runs of its commit. */
export function headPoints(
  points: readonly HistoryPoint[],
  { run_id, source, repeated_by = [] }: Head,
): HistoryPoint[] {
  const runs = new Set([run_id, ...repeated_by]);
  return points.filter((point) => runs.has(point.run_id) || isSameCommit(point.source?.commit, source?.commit));
}

/** The points of a main line in their order. A line that is not the trunk starts with the trunk's points up to where it began. */
export function pointsOfMainLine<P extends Placed>(
  points: readonly P[],
  main_branches: MainBranches,
  name: string,
): P[] {
  const of = (wanted: string): P[] =>
    points.filter(({ source }) => {
      const line = lineOf(source, main_branches);
      return line.is_main && line.name === wanted;
    });
  const own = of(name);
  if (name === TRUNK) return inLineOrder(own);
  const first = own[0];
  const before = first === undefined ? points : points.slice(0, points.indexOf(first));
  const trunk = inLineOrder(of(TRUNK));
  const fork = own.find(({ source }) => source?.base !== undefined)?.source;
  const forked = fork == null ? undefined : upToCommit(trunk, fork.base, fork.base_position);
  const arrived = new Set(before);
  const inherited = forked ?? trunk.filter((point) => arrived.has(point));
  return [...inherited, ...inLineOrder(own)];
}

/** What the head is compared with. */
export function basePoints(points: readonly HistoryPoint[], head: Head, main_branches: MainBranches): BasePoints {
  const line = lineOf(head.source, main_branches);
  const own = new Set(headPoints(points, head));
  if (line.is_main) {
    const ordered = pointsOfMainLine(points, main_branches, line.name);
    const at = ordered.findIndex((point) => own.has(point));
    return { line: line.name, points: at < 0 ? ordered : ordered.slice(0, at), note: '' };
  }
  const base = baseOfBranch(points, head, own, main_branches);
  return { ...base, points: base.points.filter((point) => !own.has(point)) };
}

function baseOfBranch(
  points: readonly HistoryPoint[],
  head: Head,
  own: ReadonlySet<HistoryPoint>,
  main_branches: MainBranches,
): BasePoints {
  const { base, base_position } = head.source ?? {};
  const named = base === undefined ? undefined : mainLineNamed(base, main_branches);
  if (base === undefined || named !== undefined) {
    const parent = base === undefined ? baseByParents(points, head, main_branches) : undefined;
    return parent ?? { line: named ?? TRUNK, points: atTheTime(points, own, main_branches, named ?? TRUNK), note: '' };
  }
  for (const line of mainLinesOf(points, main_branches)) {
    const upTo = upToCommit(pointsOfMainLine(points, main_branches, line), base, base_position);
    if (upTo !== undefined) return { line, points: upTo, note: '' };
  }
  const note = `nothing was measured at its base ${short(base)}, so the level of the time of the run counts`;
  return { line: TRUNK, points: atTheTime(points, own, main_branches, TRUNK), note };
}

/** Points of a main line that were there when the head was measured first. */
function atTheTime(
  points: readonly HistoryPoint[],
  own: ReadonlySet<HistoryPoint>,
  main_branches: MainBranches,
  line: string,
): HistoryPoint[] {
  const first = points.findIndex((point) => own.has(point));
  const before = new Set(first < 0 ? points : points.slice(0, first));
  return pointsOfMainLine(points, main_branches, line).filter((point) => before.has(point));
}

/** The nearest ancestor that was measured on a main line. */
function baseByParents(
  points: readonly HistoryPoint[],
  { source }: Head,
  main_branches: MainBranches,
): BasePoints | undefined {
  const waiting = [...(source?.parents ?? [])];
  const seen = new Set<string>();
  for (let steps = 0; waiting.length > 0 && steps < MAX_PARENTS; steps++) {
    const commit = waiting.shift() as string;
    if (seen.has(commit)) continue;
    seen.add(commit);
    for (const line of mainLinesOf(points, main_branches)) {
      const upTo = upToCommit(pointsOfMainLine(points, main_branches, line), commit, undefined);
      if (upTo !== undefined) return { line, points: upTo, note: '' };
    }
    const known = points.find((point) => isSameCommit(point.source?.commit, commit));
    waiting.push(...(known?.source?.parents ?? []));
  }
  return undefined;
}

/** The points up to a commit and with it; by its position where it was not measured itself. Undefined where neither is known. */
function upToCommit<P extends Placed>(
  ordered: readonly P[],
  commit: string | undefined,
  position: number | undefined,
): P[] | undefined {
  const last = ordered.findLastIndex((point) => isSameCommit(point.source?.commit, commit));
  if (last >= 0) return ordered.slice(0, last + 1);
  if (position === undefined) return undefined;
  const before = ordered.findLastIndex(({ source }) => source?.position !== undefined && source.position <= position);
  return before < 0 ? undefined : ordered.slice(0, before + 1);
}

function mainLinesOf(points: readonly HistoryPoint[], main_branches: MainBranches): string[] {
  const lines = points.map(({ source }): Line => lineOf(source, main_branches));
  return [...new Set([TRUNK, ...lines.filter(({ is_main }) => is_main).map(({ name }) => name)])];
}

/** A commit for people; a branch stays. */
export const short = (commit: string): string => (/^[0-9a-f]{16,}$/.test(commit) ? commit.slice(0, 12) : commit);
