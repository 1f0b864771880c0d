import { median } from '@benchwire/shared/stats/quantile.ts';

/** Marks of each annotator: where a new level begins. */
export type Annotations = Record<string, number[]>;

/** Two marks this near are the same change. */
export const MARGIN = 5;

/**
 * F1 as the Turing change point benchmark has it (van den Burg and Williams 2020): the start of the series counts as a
 * mark of everybody; precision is held against the marks of all annotators together, recall is the mean over annotators.
 */
export function f1Score(annotations: Annotations, found: readonly number[]): number {
  const marks = Object.values(annotations).map((each) => [...new Set([0, ...each])]);
  const all = [...new Set(marks.flat())].sort((a, b) => a - b);
  const ours = [...new Set([0, ...found])];
  const precision = hits(all, ours) / ours.length;
  const recall = mean(
    marks.map(
      (each) =>
        hits(
          each.sort((a, b) => a - b),
          ours,
        ) / each.length,
    ),
  );
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

/** How well the stretches of ours cover those of each annotator (Jaccard, weighted by length), mean over annotators. */
export function coverScore(annotations: Annotations, found: readonly number[], n: number): number {
  const ours = stretches(found, n);
  return mean(Object.values(annotations).map((each) => coverOf(stretches(each, n), ours, n)));
}

/** Changes that at least half of the annotators marked, within `MARGIN` of each other; each at the median mark. */
export function consensusOf(annotations: Annotations): number[] {
  const annotators = Object.values(annotations);
  const marks = annotators.flatMap((each, who) => each.map((at) => ({ at, who }))).sort((a, b) => a.at - b.at);
  const events: number[] = [];
  for (let i = 0; i < marks.length; ) {
    const first = marks[i] as { at: number; who: number };
    const near = marks.slice(i).filter((mark) => mark.at - first.at <= MARGIN);
    if (new Set(near.map((mark) => mark.who)).size * 2 >= annotators.length) {
      events.push(Math.floor(median(near.map((mark) => mark.at))));
      i += near.length;
    } else i++;
  }
  return events;
}

/** How many of `truth` have a change of `found` within the margin, each of which counts once. */
export function hits(truth: readonly number[], found: readonly number[]): number {
  const left = new Set(found);
  let count = 0;
  for (const mark of truth) {
    let nearest: number | undefined;
    for (const each of left) {
      const distance = Math.abs(each - mark);
      if (distance <= MARGIN && (nearest === undefined || distance < Math.abs(nearest - mark))) nearest = each;
    }
    if (nearest === undefined) continue;
    left.delete(nearest);
    count++;
  }
  return count;
}

type Stretch = readonly [from: number, to: number];

function stretches(changes: readonly number[], n: number): Stretch[] {
  const edges = [0, ...new Set([...changes].filter((at) => at > 0 && at < n).sort((a, b) => a - b)), n];
  return edges.slice(1).map((to, i) => [edges[i] as number, to]);
}

function coverOf(truth: readonly Stretch[], ours: readonly Stretch[], n: number): number {
  let covered = 0;
  for (const [from, to] of truth) {
    let best = 0;
    for (const [start, end] of ours) {
      const common = Math.min(to, end) - Math.max(from, start);
      if (common > 0) best = Math.max(best, common / (Math.max(to, end) - Math.min(from, start)));
    }
    covered += (to - from) * best;
  }
  return covered / n;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
