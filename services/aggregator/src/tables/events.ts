import type { Table } from './table.ts';

/** What happened, as it was said. Of several events with one id the first in the stream counts. */
export const events = {
  name: 'events',
  columns: {
    run_id: 'Nullable(UUID)',
    event_id: 'String',
    at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD)",
    entity: 'LowCardinality(String)',
    kind: 'LowCardinality(String)',
    task_id: 'String',
    attempt: 'Nullable(UInt32)',
    worker_id: 'LowCardinality(String)',
    pool: 'LowCardinality(String)',
    message: 'String CODEC(ZSTD)',
    data: 'String CODEC(ZSTD)',
    version: 'UInt64',
  },
  engine: 'ReplacingMergeTree(version)',
  order_by: '(run_id, event_id)',
  ttl: { column: 'at', kept: 'events' },
  settings: ['allow_nullable_key = 1'],
} as const satisfies Table<string>;

export type EventRow = Readonly<Record<keyof typeof events.columns, unknown>>;
