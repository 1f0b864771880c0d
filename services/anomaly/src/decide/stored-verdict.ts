import { isSameCommit } from '@benchwire/shared/contracts/commit.ts';
import type { EventData } from '@benchwire/shared/contracts/event.ts';
import type { RunOfSeriesRow } from '@benchwire/shared/contracts/rows.ts';
import type { RunVerdict, StoredVerdict } from '@benchwire/shared/contracts/verdict.ts';

/** What lists have to be told of a verdict; undefined where they have it, where the run goes on, or where it measured nothing. Pure. */
export function judgedData(verdict: RunVerdict, stored: StoredVerdict | null): EventData<'run.judged'> | undefined {
  const { is_final, outcome, summary, counts, metrics, not_decided } = verdict;
  if (!is_final || metrics.length + not_decided.length === 0) return undefined;
  const is_same =
    stored?.outcome === outcome &&
    stored.summary === summary &&
    Object.entries(counts).every(([kind, n]) => (stored.counts[kind as keyof typeof counts] ?? 0) === n);
  return is_same ? undefined : { outcome, summary, counts };
}

/**
 * The runs whose verdict may be another one once a run has ended: those of its commit, whose points are pooled, and those
 * of commits after it where it is late. Pure.
 * @param others - runs with points in the same series
 */
export function affectedBy(ended: RunOfSeriesRow, others: readonly RunOfSeriesRow[]): string[] {
  const { commit, position } = ended.source ?? {};
  if (commit === undefined) return [];
  const isAfter = ({ source }: RunOfSeriesRow): boolean =>
    (position !== undefined && (source?.position ?? source?.base_position ?? -1) >= position) ||
    isSameCommit(source?.base, commit) ||
    (source?.parents ?? []).some((parent) => isSameCommit(parent, commit));
  return others
    .filter((other) => other.run_id !== ended.run_id)
    .filter((other) => isSameCommit(other.source?.commit, commit) || isAfter(other))
    .map(({ run_id }) => run_id);
}
