import type { AskedQuery } from '@benchwire/shared/contracts/query.ts';
import type { RejectedRow as RejectedReply } from '@benchwire/shared/contracts/rows.ts';
import type { Queries } from '../adapters/database.ts';
import { filterBy, timeParameter } from './filter.ts';
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

/** Newest first; `before` pages on. */
export function findRejected(
  database: Queries,
  { at, before, limit }: AskedQuery<'rejected'>,
): Promise<RejectedReply[]> {
  const place = (name: string): string => `(${timeParameter(`${name}_at`)}, {${name}_sequence:UInt64})`;
  const { where, parameters } = filterBy([
    at && [`(stored_at, sequence) = ${place('one')}`, { one_at: at.stored_at, one_sequence: at.sequence }],
    before && [
      `(stored_at, sequence) < ${place('before')}`,
      { before_at: before.stored_at, before_sequence: before.sequence },
    ],
  ]);
  return database.query(
    `SELECT rejected_at, where, subject, issues, raw_base64, stored_at, toUInt32(sequence) AS sequence
     FROM rejected FINAL ${where} ORDER BY rejected.stored_at DESC, rejected.sequence DESC LIMIT {limit:UInt32}`,
    { ...parameters, limit },
  );
}
