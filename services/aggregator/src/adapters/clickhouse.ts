import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { ClickHouseClient } from '@clickhouse/client';
import type { AggregatorConfig } from '../config.ts';
import { isBadRows } from '../errors.ts';
import { embeddedEngine } from './embedded.ts';
import { serverEngine } from './server.ts';
import { SessionPool } from './session-pool.ts';

type Row = readonly unknown[];
type Parameters = Readonly<Record<string, unknown>>;
export type SettingValue = string | number;
type Settings = Readonly<Record<string, SettingValue>>;

/** What sessions are for: the roles differ in their settings and, on a server, in their user. */
type Role = 'writer' | 'reader' | 'sandbox';

/** Where ClickHouse runs: a server, or this process. */
export interface Engine {
  /** Opens a session with these settings, fixed for its whole life where `readonly` is among them. */
  open(role: Role, settings: Settings): Promise<ClickHouseClient>;
  /** MergeTree settings for new tables. */
  table_settings: readonly string[];
  /** How many at once. */
  sessions: Readonly<Record<Role, number>>;
  /** After the last session is closed. */
  close(): Promise<void>;
}

/** The database as the rest of the service knows it. */
export interface Database {
  readonly name: string;
  readonly cluster: string | undefined;
  /** MergeTree settings for new tables. */
  readonly table_settings: readonly string[];
  /** Runs one statement that gives no rows. */
  command(sql: string): Promise<void>;
  /** Durable once it resolves. Rows are lists of values in the order of `columns`. */
  insert(table: string, columns: readonly string[], rows: readonly Row[]): Promise<void>;
  /** Why the last insert failed, unless that was for what is in its rows. */
  readonly write_failure: string | undefined;
  /** Timestamps come as ISO 8601, 64-bit integers as numbers. */
  query<T>(sql: string, parameters?: Parameters): Promise<T[]>;
  /** A read-only session with hard limits, for statements that others wrote. */
  sandbox<T>(work: (session: ClickHouseClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Is told of each insert that succeeded. */
export type OnInsert = (table: string, rows: number, seconds: number) => void;

/** Rows of one statement; more are sent in several. */
const ROWS_PER_INSERT = 20_000;

const COMMON: Settings = {
  date_time_input_format: 'best_effort',
  date_time_output_format: 'iso',
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_denormals: 0,
  // Half a surrogate pair in a message is kept as it is written; it must not cost the row.
  input_format_json_throw_on_bad_escape_sequence: 0,
};

/** An insert is acked after it, so it must be durable when it returns: never left to the server's buffers. */
const WRITER: Settings = { ...COMMON, async_insert: 0, wait_for_async_insert: 1 };

/** Opens the database that the configuration names: a server, or the embedded engine. Creates the database. */
export async function openDatabase(config: AggregatorConfig, inserted: OnInsert = () => undefined): Promise<Database> {
  const url = config.CLICKHOUSE_URL;
  const engine = url === undefined ? await embeddedEngine(config) : serverEngine(url, config);
  const database = new PooledDatabase(engine, config, inserted);
  try {
    await database.create();
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

class PooledDatabase implements Database {
  readonly name: string;
  readonly cluster: string | undefined;
  readonly table_settings: readonly string[];
  write_failure: string | undefined;
  readonly #engine: Engine;
  readonly #inserted: OnInsert;
  readonly #writers: SessionPool<ClickHouseClient>;
  readonly #readers: SessionPool<ClickHouseClient>;
  readonly #sandboxes: SessionPool<ClickHouseClient>;

  constructor(engine: Engine, config: AggregatorConfig, inserted: OnInsert) {
    this.#inserted = inserted;
    this.name = config.CLICKHOUSE_DATABASE;
    this.cluster = config.CLICKHOUSE_CLUSTER;
    this.table_settings = engine.table_settings;
    this.#engine = engine;
    const pool = (role: Role, settings: Settings, reuse: boolean): SessionPool<ClickHouseClient> =>
      new SessionPool({ open: () => engine.open(role, settings), size: engine.sessions[role], reuse });
    this.#writers = pool('writer', WRITER, true);
    this.#readers = pool('reader', COMMON, true);
    this.#sandboxes = pool('sandbox', { ...COMMON, ...sandboxSettings(config) }, false);
  }

  async create(): Promise<void> {
    const on = this.cluster === undefined ? '' : ` ON CLUSTER ${this.cluster}`;
    const session = await this.#engine.open('writer', { database: 'default' });
    try {
      await session.command({ query: `CREATE DATABASE IF NOT EXISTS ${this.name}${on}` });
    } finally {
      await session.close();
    }
  }

  async command(sql: string): Promise<void> {
    await this.#writers.use((session) => session.command({ query: sql }));
  }

  async insert(table: string, columns: readonly string[], rows: readonly Row[]): Promise<void> {
    const [first, ...rest] = columns;
    if (first === undefined) return;
    for (let at = 0; at < rows.length; at += ROWS_PER_INSERT) {
      const values = at === 0 && rows.length <= ROWS_PER_INSERT ? rows : rows.slice(at, at + ROWS_PER_INSERT);
      const started = performance.now();
      try {
        await this.#writers.use((session) =>
          session.insert({ table, columns: [first, ...rest], values, format: 'JSONCompactEachRow' }),
        );
        this.write_failure = undefined;
      } catch (error) {
        this.write_failure = isBadRows(error) ? undefined : messageOf(error);
        throw error;
      }
      this.#inserted(table, values.length, (performance.now() - started) / 1000);
    }
  }

  async query<T>(sql: string, parameters: Parameters = {}): Promise<T[]> {
    return await this.#readers.use(async (session) => {
      const result = await session.query({ query: sql, format: 'JSONEachRow', query_params: { ...parameters } });
      return await result.json<T>();
    });
  }

  async sandbox<T>(work: (session: ClickHouseClient) => Promise<T>): Promise<T> {
    return await this.#sandboxes.use(work);
  }

  async close(): Promise<void> {
    await Promise.all([this.#sandboxes.close(), this.#readers.close(), this.#writers.close()]);
    await this.#engine.close();
  }
}

/**
 * The engine's own limits. `readonly` comes last: from then on the session can change no setting, so a SETTINGS clause
 * lifts nothing. `final` makes every table show each row once, whatever was redelivered.
 */
function sandboxSettings(config: AggregatorConfig): Settings {
  return {
    final: 1,
    // One more than is shown, to know whether there was more.
    limit: config.SQL_MAX_ROWS + 1,
    max_execution_time: config.SQL_MAX_SECONDS,
    timeout_overflow_mode: 'throw',
    max_memory_usage: config.SQL_MAX_MEMORY_MB * 1_000_000,
    max_result_bytes: 64_000_000,
    result_overflow_mode: 'throw',
    max_threads: config.SQL_MAX_THREADS,
    allow_ddl: 0,
    allow_introspection_functions: 0,
    // Quoted, so that none loses digits on the way; handlers/sql.ts makes numbers of those that fit.
    output_format_json_quote_64bit_integers: 1,
    readonly: 1,
  };
}
