import type { PairedValues, Side } from '@benchwire/shared/contracts/base.ts';
import { type Outcome, type OutcomeResults, outcomeWith } from '@benchwire/shared/contracts/outcome.ts';
import { decidesNothing, measuredFiles } from '@benchwire/shared/contracts/provenance.ts';
import { pointsOf, type SeriesPoint } from '@benchwire/shared/contracts/series.ts';
import { MAX_VALUE_NOTES, valueNotesOf } from '@benchwire/shared/contracts/value-note.ts';
import type { ExecutorReport } from '../../executors/executor.ts';

/** What of a side's report is needed once all are there. */
export type SideReport = Pick<ExecutorReport, 'results' | 'environment'>;

/** One pair: both sides, measured right after each other. */
export interface Pair extends Record<Side, SideReport> {
  first: Side;
}

type About = Pick<Outcome, 'executor' | 'benchmark'>;

/** Both sides' values of each series, in its unit. Only series that both sides reported in every pair: half a pair decides nothing. */
export function valuesOfPairs(pairs: readonly Pair[], about: About): PairedValues[] {
  return seriesOfPairs(pairs, about).map(({ point: { key }, head, base }) => {
    const { metric, batch_size } = key;
    return { metric, batch_size, head, base };
  });
}

/** The same with a point of each series, which says what it is. */
export function seriesOfPairs(
  pairs: readonly Pair[],
  about: About,
): Array<{ point: SeriesPoint; head: number[]; base: number[] }> {
  const [first] = pairs;
  if (first === undefined) return [];
  const sides = pairs.map((pair) => ({ head: valuesOf(pair.head, about), base: valuesOf(pair.base, about) }));
  return pointsOf(pseudoOutcome(first.head, about)).flatMap((point) => {
    const name = nameOf(point);
    const head = sides.flatMap((side) => side.head.get(name) ?? []);
    const base = sides.flatMap((side) => side.base.get(name) ?? []);
    return head.length === pairs.length && base.length === pairs.length ? [{ point, head, base }] : [];
  });
}

/** Why the sides cannot be compared although both were measured; undefined where they can. */
export function incomparable(pairs: readonly Pair[], base_commit: string): string | undefined {
  for (const pair of pairs) {
    const note = valueNotesOf(pair.base.results).find((each) => decidesNothing([each]));
    if (note !== undefined) return `the base side did not measure commit ${base_commit}: ${note.text}`;
  }
  for (const side of ['head', 'base'] as const) {
    const files = new Set(pairs.map((pair) => measuredFiles(pair[side].environment)));
    if (files.size > 1) return `the files of the ${side} side changed between the pairs`;
  }
  return undefined;
}

/** Whether both sides are known to have run the very same files. */
export function areSameFiles({ head, base }: Pair): boolean {
  const files = measuredFiles(head.environment);
  return files !== null && files === measuredFiles(base.environment);
}

/**
 * The head's results over all pairs: of each batch size and each metric, the whole result whose value is in the middle. So all
 * that belongs to one measurement stays together, and what was noted of any is kept.
 */
export function headResults(reports: readonly SideReport[]): OutcomeResults {
  const all = reports.map(({ results }) => results);
  const last = all.at(-1) ?? {};
  const batches = Object.keys(last.batch_sizes ?? {}).flatMap((size) => {
    const of = all.flatMap(({ batch_sizes }) => batch_sizes?.[size] ?? []);
    const middle = middleOf(of, ({ latency_ms }) => latency_ms);
    return middle === undefined ? [] : [[size, middle] as const];
  });
  const metrics = Object.keys(last.metrics ?? {}).flatMap((name) => {
    const of = all.flatMap((results) => results.metrics?.[name] ?? []);
    const middle = middleOf(of, ({ value }) => value);
    return middle === undefined ? [] : [[name, middle] as const];
  });
  const value_notes = distinct(all.flatMap((results) => results.value_notes ?? [])).slice(0, MAX_VALUE_NOTES);
  const notes = distinct(all.flatMap((results) => results.notes ?? []));
  return {
    ...last,
    ...(last.batch_sizes === undefined ? {} : { batch_sizes: Object.fromEntries(batches) }),
    ...(last.metrics === undefined ? {} : { metrics: Object.fromEntries(metrics) }),
    ...(value_notes.length === 0 ? {} : { value_notes }),
    ...(notes.length === 0 ? {} : { notes }),
  };
}

/** Of two in the middle the one that was measured later: which of them that is says nothing about their order. */
function middleOf<T>(items: readonly T[], measureOf: (item: T) => number): T | undefined {
  const ascending = items.toSorted((a, b) => measureOf(a) - measureOf(b));
  const [low, high] = [ascending[(items.length - 1) >> 1], ascending[items.length >> 1]];
  if (low === undefined || high === undefined) return undefined;
  return items.indexOf(low) > items.indexOf(high) ? low : high;
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

function valuesOf(report: SideReport, about: About): Map<string, number> {
  return new Map(pointsOf(pseudoOutcome(report, about)).map((point) => [nameOf(point), point.value]));
}

const nameOf = ({ key: { metric, batch_size, unit_family } }: SeriesPoint): string =>
  JSON.stringify([metric, batch_size, unit_family ?? '']);

/** An outcome as far as its points need it, and never published. */
function pseudoOutcome({ results }: SideReport, about: About): Outcome {
  const at = '1970-01-01T00:00:00.000Z';
  const ids = { run_id: '', task_id: '', attempt: 1, max_attempts: 1 };
  return outcomeWith({
    ...{ ...ids, ...about, status: 'completed', error: null, request_name: null, queued_at: at, finished_at: at },
    ...{ fingerprint: '', results },
  });
}
