import type { ConsumeCounters } from '@benchwire/shared/runtime/consume.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { Database } from '../adapters/clickhouse.ts';

/** What every consumer is built from. */
export interface ConsumerContext {
  database: Database;
  manager: JetStreamManager;
  jetstream: JetStreamClient;
  log: Log;
  /** Aborts when the service stops: writes that wait for ClickHouse give up. */
  signal: AbortSignal;
  counters: (stream: string) => ConsumeCounters;
}
