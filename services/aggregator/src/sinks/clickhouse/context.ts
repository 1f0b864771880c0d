import type { ConsumeCounters } from '@benchwire/shared/runtime/consume.ts';
import type { Database } from '../../adapters/clickhouse.ts';
import type { SinkContext } from '../sink.ts';

/** What the consumers that write ClickHouse are built from. */
export interface ClickHouseContext extends SinkContext {
  database: Database;
  counters: (stream: string) => ConsumeCounters;
}
