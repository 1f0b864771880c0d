import type { EventRow as EventReply, QueryParameters } from '@benchwire/shared/contracts/query.ts';
import type { Database } from '../adapters/clickhouse.ts';
import { clock } from './clock.ts';
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

/** Newest first; `before` pages on. */
export function findEvents(database: Database, parameters: QueryParameters<'events'>): Promise<EventReply[]> {
  const { run_id, task_id, entity, worker_id, pool, since, before, limit = 100 } = parameters;
  const conditions = [
    ...(run_id === undefined ? [] : ['run_id = {run_id:UUID}']),
    ...(task_id === undefined ? [] : ['task_id = {task_id:String}']),
    ...(entity === undefined ? [] : ['entity = {entity:String}']),
    ...(worker_id === undefined ? [] : ['worker_id = {worker_id:String}']),
    ...(pool === undefined ? [] : ['pool = {pool:String}']),
    ...(since === undefined ? [] : ['at >= {since:DateTime64(3)}']),
    ...(before === undefined
      ? []
      : ['(at < {before_at:DateTime64(3)} OR (at = {before_at:DateTime64(3)} AND event_id > {before_id:String}))']),
  ];
  const given = { run_id, task_id, entity, worker_id, pool, since: since && clock(since) };
  return database.query(
    `SELECT event_id, at, entity, kind, run_id, task_id, attempt, worker_id, pool, message, data FROM events FINAL
     ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}
     ORDER BY at DESC, event_id LIMIT {limit:UInt32}`,
    {
      limit,
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      ...(before === undefined ? {} : { before_at: clock(before.at), before_id: before.event_id }),
    },
  );
}
