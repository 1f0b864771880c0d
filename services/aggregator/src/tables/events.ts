import type { AskedQuery } from '@benchwire/shared/contracts/query.ts';
import type { EventRow as EventReply } from '@benchwire/shared/contracts/rows.ts';
import type { Queries } from '../adapters/database.ts';
import { type Condition, equals, filterBy, since, timeParameter, until } from './filter.ts';
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

/** A field of an event's data is what was asked for. */
const ofData = (field: 'subject' | 'method', value: string | undefined): Condition | undefined =>
  value === undefined
    ? undefined
    : [`JSONExtractString(data, '${field}') = {access_${field}:String}`, { [`access_${field}`]: value }];

/** That a service is as it was half a minute ago is no news. */
const NO_REPEATS: Condition = [
  "NOT (entity = 'service' AND kind = 'health' AND JSONExtractBool(data, 'is_repeat'))",
  {},
];

/** Newest first, without reports of health that repeat the one before; `before` pages on. */
export function findEvents(database: Queries, parameters: AskedQuery<'events'>): Promise<EventReply[]> {
  const { run_id, task_id, entity, worker_id, pool, access = {}, before, limit } = parameters;
  const at = timeParameter('before_at');
  const { where, parameters: given } = filterBy([
    equals('run_id', 'UUID', run_id),
    equals('task_id', 'String', task_id),
    equals('entity', 'String', entity),
    equals('worker_id', 'String', worker_id),
    equals('pool', 'String', pool),
    ofData('subject', access.subject),
    ofData('method', access.method),
    access.path === undefined
      ? undefined
      : [`position(JSONExtractString(data, 'path'), {access_path:String}) > 0`, { access_path: access.path }],
    since('at', parameters.since),
    until('at', parameters.until),
    NO_REPEATS,
    before && [
      `(at < ${at} OR (at = ${at} AND event_id > {before_id:String}))`,
      { before_at: before.at, before_id: before.event_id },
    ],
  ]);
  return database.query(
    `SELECT event_id, at, entity, kind, run_id, task_id, attempt, worker_id, pool, message, data FROM events FINAL
     ${where} ORDER BY at DESC, event_id LIMIT {limit:UInt32}`,
    { limit, ...given },
  );
}
