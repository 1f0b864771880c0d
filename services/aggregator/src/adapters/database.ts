import type { ClickHouseClient } from '@clickhouse/client';
import type { EncodedRow } from './encoded-row.ts';
import type { Settings } from './settings.ts';

/** Values in the order of the columns, or already written as JSON. */
export type Row = readonly unknown[] | EncodedRow;
export type Parameters = Readonly<Record<string, unknown>>;

/** What sessions are for. Callers' questions have sessions of their own: whatever they cost, the writers go on. */
export type Role = 'writer' | 'reader' | 'answerer';

/** Where ClickHouse runs: a server, or this process. */
export interface Engine {
  /** Opens a session with these settings. */
  open(role: Role, settings: Settings): Promise<ClickHouseClient>;
  /** MergeTree settings for new tables. */
  table_settings: readonly string[];
  /** Whether other processes write to it, too. */
  is_shared: boolean;
  /** How many at once. */
  sessions: Readonly<Record<Role, number>>;
  /** After the last session is closed. */
  close(): Promise<void>;
}

/** Reads. */
export type Queries = Pick<Database, 'query'>;

/** The database as the rest of the service knows it. */
export interface Database {
  readonly name: string;
  readonly cluster: string | undefined;
  /** MergeTree settings for new tables. */
  readonly table_settings: readonly string[];
  /** Whether other processes write to it, too. */
  readonly is_shared: boolean;
  /** Runs one statement that gives no rows. */
  command(sql: string): Promise<void>;
  /** Durable once it resolves. Rows are lists of values in the order of `columns`. */
  insert(table: string, columns: readonly string[], rows: readonly Row[]): Promise<void>;
  /** Why the last insert failed, unless that was for what is in its rows. */
  readonly write_failure: string | undefined;
  /** Timestamps come as ISO 8601, 64-bit integers as numbers. */
  query<T>(sql: string, parameters?: Parameters): Promise<T[]>;
  /** The same database for callers' questions: their sessions are few, their time is limited, and no writer waits for them. */
  readonly for_callers: Queries;
  close(): Promise<void>;
}

/** Is told of each insert that succeeded. */
export type OnInsert = (table: string, rows: number, seconds: number) => void;
