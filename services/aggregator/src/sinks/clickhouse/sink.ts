import { EVENTS, FINDINGS, METRICS, OUTCOMES, REJECTED } from '@benchwire/shared/contracts/streams.ts';
import type { Sink } from '../sink.ts';
import { Deletions } from './deletions.ts';
import { eventsToTables } from './events.ts';
import { findingsToTables } from './findings.ts';
import { metricsToTables } from './metrics.ts';
import { outcomesToTables } from './outcomes.ts';
import { rejectedToTables } from './rejected.ts';
import {
  CLICKHOUSE_DURABLE,
  type ClickHouseSinkOptions,
  type StreamToTables,
  writeStream,
} from './stream-to-tables.ts';

/** Every stream but RUNS, into the tables. */
export function clickHouseSink({ measured, ...options }: ClickHouseSinkOptions): Sink {
  const deletions = new Deletions(options.database, measured);
  const to =
    <Entry>(source: StreamToTables<Entry>): Sink['consumers'][string] =>
    (context) =>
      writeStream({ ...context, ...options, deletions }, source);
  return {
    name: 'clickhouse',
    durable: CLICKHOUSE_DURABLE,
    consumers: {
      [OUTCOMES.name]: to(outcomesToTables(measured)),
      [EVENTS.name]: to(eventsToTables),
      [METRICS.name]: to(metricsToTables),
      [FINDINGS.name]: to(findingsToTables),
      [REJECTED.name]: to(rejectedToTables),
    },
  };
}
