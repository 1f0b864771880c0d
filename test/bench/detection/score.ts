import { median } from '@benchwire/shared/stats/quantile.ts';
import { round } from '../report.ts';
import type { Annotations, LabelledSeries } from './labelled-series.ts';

/** Two marks this near are the same change. */
export const MARGIN = 5;

/**
 * F1 as the Turing change point benchmark has it (van den Burg and Williams 2020): the start of the series counts as a
 * mark of everybody; precision is held against the marks of all annotators together, recall is the mean over annotators.
 */
function f1Score(annotations: Annotations, found: readonly number[]): number {
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

/**
 * All scores of what was found in labelled series, averaged over them; the consensus scores count over all events together.
 * @param found - of each series, in their order
 */
export function scoresOf(
  all: readonly LabelledSeries[],
  found: ReadonlyArray<readonly number[]>,
): Record<'f1' | 'cover' | 'consensus_f1', number> & Record<string, number> {
  const each = all.map(({ values, annotations, events }, i) => {
    const changes = found[i] as readonly number[];
    return {
      f1: f1Score(annotations, changes),
      cover: coverScore(annotations, changes, values.length),
      events: events.length,
      changes: changes.length,
      hits: hits(events, changes),
    };
  });
  const sum = (field: 'events' | 'changes' | 'hits'): number => each.reduce((total, one) => total + one[field], 0);
  const precision = sum('changes') === 0 ? 0 : sum('hits') / sum('changes');
  const recall = sum('events') === 0 ? 0 : sum('hits') / sum('events');
  return {
    f1: round(mean(each.map((one) => one.f1))),
    cover: round(mean(each.map((one) => one.cover))),
    consensus_precision: round(precision),
    consensus_recall: round(recall),
    consensus_f1: round(precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall)),
    consensus_events: sum('events'),
    change_points: sum('changes'),
  };
}

/** How well the stretches of ours cover those of each annotator (Jaccard, weighted by length), mean over annotators. */
function coverScore(annotations: Annotations, found: readonly number[], n: number): number {
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
function hits(truth: readonly number[], found: readonly number[]): number {
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

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
