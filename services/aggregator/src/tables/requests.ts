import type { AskedQuery, QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { Queries } from '../adapters/database.ts';
import type { Table } from './table.ts';

/** What was asked for, to run it again: the request of each run as JSON. */
export const requests = {
  name: 'requests',
  columns: {
    run_id: 'UUID',
    request: 'String CODEC(ZSTD(3))',
    /** Why the request is not here. */
    reason: 'String',
    version: 'UInt64',
  },
  engine: 'ReplacingMergeTree(version)',
  order_by: 'run_id',
} as const satisfies Table<string>;

export type RequestRow = Readonly<Record<keyof typeof requests.columns, unknown>>;

/** The request of a run, or nothing. */
export function findRequest(database: Queries, { run_id }: AskedQuery<'request'>): Promise<Array<QueryRow<'request'>>> {
  return database.query('SELECT run_id, request, reason FROM requests FINAL WHERE run_id = {run_id:UUID}', { run_id });
}
