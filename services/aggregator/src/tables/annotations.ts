import type { AskedQuery, QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { AnnotationRow as AnnotationReply } from '@benchwire/shared/contracts/rows.ts';
import type { Queries } from '../adapters/database.ts';
import type { Table } from './table.ts';

/** What people noted on a series, and what changed below it: one row for each series that an event names. */
export const annotations = {
  name: 'annotations',
  columns: {
    series_id: 'String',
    event_id: 'String',
    about_at: "DateTime64(3, 'UTC')",
    made_at: "DateTime64(3, 'UTC')",
    kind: 'LowCardinality(String)',
    text: 'String CODEC(ZSTD)',
    by: 'LowCardinality(String)',
    link: 'Nullable(String)',
    version: 'UInt64',
  },
  engine: 'ReplacingMergeTree(version)',
  order_by: '(series_id, event_id)',
} as const satisfies Table<string>;

export type AnnotationRow = Readonly<Record<keyof typeof annotations.columns, unknown>>;

/** Of one series, oldest first. */
export function findAnnotations(
  database: Queries,
  { series_id, limit }: AskedQuery<'annotations'>,
): Promise<AnnotationReply[]> {
  return database.query(
    `SELECT series_id, event_id, about_at, made_at, kind, text, by, link FROM annotations FINAL
     WHERE series_id = {series_id:String} ORDER BY about_at, event_id LIMIT {limit:UInt32}`,
    { series_id, limit },
  );
}

/** What was accepted on some series, oldest first. */
export function findAccepted(
  database: Queries,
  { series_ids }: AskedQuery<'accepted'>,
): Promise<Array<QueryRow<'accepted'>>> {
  return database.query(
    `SELECT series_id, about_at, text, by FROM annotations FINAL
     WHERE series_id IN ({series_ids:Array(String)}) AND kind = 'accepted' ORDER BY made_at, event_id`,
    { series_ids: [...series_ids] },
  );
}
