import type { StoredVerdict } from '@benchwire/shared/contracts/verdict.ts';
import type { Queries } from '../adapters/database.ts';
import type { Table } from './table.ts';

/** What each run's verdict was when it was worked out last: for lists, which could not work it out for every row. */
export const verdicts = {
  name: 'verdicts',
  columns: {
    run_id: 'UUID',
    outcome: 'LowCardinality(String)',
    summary: 'String',
    counts: 'Map(LowCardinality(String), UInt32)',
    judged_at: "DateTime64(3, 'UTC')",
    version: 'UInt64',
  },
  engine: 'ReplacingMergeTree(version)',
  order_by: 'run_id',
} as const satisfies Table<string>;

export type VerdictRow = Readonly<Record<keyof typeof verdicts.columns, unknown>>;

/** Those of these runs that have one. */
export async function findVerdicts(
  database: Queries,
  run_ids: readonly string[],
): Promise<ReadonlyMap<string, StoredVerdict>> {
  if (run_ids.length === 0) return new Map();
  const rows = await database.query<StoredVerdict & { run_id: string }>(
    'SELECT run_id, outcome, summary, counts, judged_at FROM verdicts FINAL WHERE run_id IN ({run_ids:Array(UUID)})',
    { run_ids: [...run_ids] },
  );
  return new Map(rows.map(({ run_id, ...verdict }) => [run_id, verdict]));
}
