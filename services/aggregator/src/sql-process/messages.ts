import type { QueryReply } from '@benchwire/shared/contracts/query.ts';
import type { AggregatorConfig } from '../config.ts';

/** What the process of SQL statements has to know of the configuration. It has no other environment. */
export const SQL_CONFIG = [
  'CLICKHOUSE_URL',
  'CLICKHOUSE_USER',
  'CLICKHOUSE_PASSWORD',
  'CLICKHOUSE_READER_USER',
  'CLICKHOUSE_READER_PASSWORD',
  'CLICKHOUSE_DATABASE',
  'CLICKHOUSE_PATH',
  'SQL_MAX_ROWS',
  'SQL_MAX_SECONDS',
  'SQL_MAX_MEMORY_MB',
  'SQL_MAX_THREADS',
] as const satisfies ReadonlyArray<keyof AggregatorConfig>;
export type SqlConfig = Pick<AggregatorConfig, (typeof SQL_CONFIG)[number]>;

/** A table of the embedded engine, as its owner has it. */
export interface OwnedTable {
  name: string;
  uuid: string;
  create_table_query: string;
}

/** The first message to the process. */
export interface StartMessage {
  kind: 'start';
  config: SqlConfig;
  /** A folder of its own, which its parent removes. */
  folder: string;
  /** Of the embedded engine; none where there is a server. */
  tables: OwnedTable[];
}

/** One statement; the next one is sent when this one is answered. */
interface RunMessage {
  kind: 'run';
  sql: string;
  /** On a server, what its statements are found by there. */
  query_id: string;
  /** What the reply may have. */
  max_bytes: number;
}

export type ToSqlProcess = StartMessage | RunMessage;

/** `ready` follows the start; `failed` is a failure that is not a statement's. */
export type FromSqlProcess =
  | { kind: 'ready' }
  | { kind: 'answer'; reply: QueryReply }
  | { kind: 'failed'; message: string };
