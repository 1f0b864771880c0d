import type { WorkerRow as WorkerReply } from '@benchwire/shared/contracts/rows.ts';
import type { Queries } from '../adapters/database.ts';
import type { Table } from './table.ts';

/** One row per worker: the last that was said of it. */
export const workers = {
  name: 'workers',
  columns: {
    worker_id: 'String',
    hostname: 'String',
    state: 'LowCardinality(String)',
    changed_at: "DateTime64(3, 'UTC')",
    pools: 'Array(String)',
    capabilities: 'String CODEC(ZSTD)',
    version: 'UInt64',
    /** Why it takes no tasks, where it is there and does not. */
    reason: 'String CODEC(ZSTD)',
  },
  engine: 'ReplacingMergeTree(version)',
  order_by: 'worker_id',
} as const satisfies Table<string>;

export type WorkerRow = Readonly<Record<keyof typeof workers.columns, unknown>>;

/** Those that changed last first. */
export function findWorkers(database: Queries, limit: number): Promise<WorkerReply[]> {
  return database.query(
    `SELECT worker_id, hostname, state, changed_at, pools, capabilities, reason FROM workers FINAL
     ORDER BY changed_at DESC, worker_id LIMIT {limit:UInt32}`,
    { limit },
  );
}

/** What is stored of these workers. */
export function findOffers(
  database: Queries,
  ids: readonly string[],
): Promise<Array<{ worker_id: string; hostname: string; pools: string[]; capabilities: string }>> {
  return database.query(
    'SELECT worker_id, hostname, pools, capabilities FROM workers FINAL WHERE worker_id IN ({ids:Array(String)})',
    { ids: [...ids] },
  );
}
