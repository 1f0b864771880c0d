import type { ArchivedChoice } from '@benchwire/shared/contracts/archived-choice.ts';
import type { AskedQuery, QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { Queries } from '../adapters/database.ts';
import { type Condition, filterBy, since } from './filter.ts';
import type { Table } from './table.ts';

/**
 * What people decided about a run: archived, active again, or deleted. The last decision counts, but a deletion is final
 * (decide/versions.ts). A row of a deleted run is its tombstone and stays for good: nothing more of that run is written.
 */
export const runMarks = {
  name: 'run_marks',
  columns: {
    run_id: 'UUID',
    state: "Enum8('active' = 1, 'archived' = 2, 'deleted' = 3)",
    at: "DateTime64(3, 'UTC')",
    by: 'String',
    reason: 'String CODEC(ZSTD)',
    version: 'UInt64',
  },
  engine: 'ReplacingMergeTree(version)',
  order_by: 'run_id',
} as const satisfies Table<string>;

export type RunMarkRow = Readonly<Record<keyof typeof runMarks.columns, unknown>>;

const ARCHIVED = "(SELECT run_id FROM run_marks FINAL WHERE state = 'archived')";

/** Leaves out what belongs to archived runs: for lists that know no choice. */
export const NOT_ARCHIVED = `run_id NOT IN ${ARCHIVED}`;

/** What a list does with rows of archived runs. */
export function archivedRuns(choice: ArchivedChoice): Condition | undefined {
  if (choice === 'include') return undefined;
  return [choice === 'hide' ? NOT_ARCHIVED : `run_id IN ${ARCHIVED}`, {}];
}

/** When each of these runs was archived, for those that are. */
export async function findArchived(
  database: Queries,
  run_ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (run_ids.length === 0) return new Map();
  const rows = await database.query<{ run_id: string; at: string }>(
    "SELECT run_id, at FROM run_marks FINAL WHERE run_id IN ({run_ids:Array(UUID)}) AND state = 'archived'",
    { run_ids: [...run_ids] },
  );
  return new Map(rows.map(({ run_id, at }) => [run_id, at]));
}

/** Deleted runs, the newest deletion first. */
export function findDeleted(
  database: Queries,
  { run_ids, since: from, limit }: AskedQuery<'deleted_runs'>,
): Promise<Array<QueryRow<'deleted_runs'>>> {
  const { where, parameters } = filterBy([
    ["state = 'deleted'", {}],
    run_ids && ['run_id IN ({run_ids:Array(UUID)})', { run_ids }],
    since('at', from),
  ]);
  return database.query(
    `SELECT run_id, at AS deleted_at, by, reason FROM run_marks FINAL ${where}
     ORDER BY at DESC, run_id LIMIT {limit:UInt32}`,
    { limit, ...parameters },
  );
}
