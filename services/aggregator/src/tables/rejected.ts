import type { RejectedRow as RejectedReply } from '@benchwire/shared/contracts/rows.ts';
import type { Database } from '../adapters/clickhouse.ts';
import type { Table } from './table.ts';

/** Messages that could not be read, byte for byte. The stream's sequence names them; a new stream starts at 1 again, at another time. */
export const rejected = {
  name: 'rejected',
  columns: {
    stored_at: "DateTime64(3, 'UTC')",
    sequence: 'UInt64',
    rejected_at: "DateTime64(3, 'UTC')",
    where: 'LowCardinality(String)',
    subject: 'String',
    issues: 'String CODEC(ZSTD)',
    raw_base64: 'String CODEC(ZSTD)',
  },
  engine: 'ReplacingMergeTree',
  order_by: '(stored_at, sequence)',
  ttl: { column: 'stored_at', kept: 'rejected' },
} as const satisfies Table<string>;

export type RejectedRow = Readonly<Record<keyof typeof rejected.columns, unknown>>;

/** Newest first. */
export function findRejected(database: Database, limit: number): Promise<RejectedReply[]> {
  return database.query(
    `SELECT rejected_at, where, subject, issues, raw_base64 FROM rejected FINAL
     ORDER BY stored_at DESC, sequence DESC LIMIT {limit:UInt32}`,
    { limit },
  );
}
