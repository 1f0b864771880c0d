import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { ClickHouseClient } from '@clickhouse/client';
import type { AggregatorConfig } from '../config.ts';
import { isBadRows } from '../errors.ts';
import type { Database, Engine, OnInsert, Parameters, Queries, Role, Row } from './database.ts';
import { embeddedEngine } from './embedded.ts';
import { serverEngine } from './server.ts';
import { SessionPool } from './session-pool.ts';
import { COMMON_SETTINGS, type Settings } from './settings.ts';

/** Rows of one statement; more are sent in several. */
const ROWS_PER_INSERT = 20_000;

/** An insert is acked after it, so it must be durable when it returns: never left to the server's buffers. */
const WRITER: Settings = { ...COMMON_SETTINGS, async_insert: 0, wait_for_async_insert: 1 };

/** A question of a caller that takes longer is given up: the next one waits for it. */
const ANSWERER: Settings = {
  ...COMMON_SETTINGS,
  max_execution_time: 20,
  timeout_overflow_mode: 'throw',
  max_memory_usage: 2_000_000_000,
};

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
  readonly is_shared: boolean;
  write_failure: string | undefined;
  readonly #engine: Engine;
  readonly #inserted: OnInsert;
  readonly #writers: SessionPool<ClickHouseClient>;
  readonly #readers: SessionPool<ClickHouseClient>;
  readonly #answerers: SessionPool<ClickHouseClient>;
  readonly for_callers: Queries;

  constructor(engine: Engine, config: AggregatorConfig, inserted: OnInsert) {
    this.#inserted = inserted;
    this.name = config.CLICKHOUSE_DATABASE;
    this.cluster = config.CLICKHOUSE_CLUSTER;
    this.table_settings = engine.table_settings;
    this.is_shared = engine.is_shared;
    this.#engine = engine;
    const pool = (role: Role, settings: Settings): SessionPool<ClickHouseClient> =>
      new SessionPool({ open: () => engine.open(role, settings), size: engine.sessions[role] });
    this.#writers = pool('writer', WRITER);
    this.#readers = pool('reader', COMMON_SETTINGS);
    this.#answerers = pool('answerer', ANSWERER);
    this.for_callers = { query: (sql, parameters) => read(this.#answerers, sql, parameters) };
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
    return await read(this.#readers, sql, parameters);
  }

  async close(): Promise<void> {
    await Promise.all([this.#answerers.close(), this.#readers.close(), this.#writers.close()]);
    await this.#engine.close();
  }
}

async function read<T>(
  sessions: SessionPool<ClickHouseClient>,
  sql: string,
  parameters: Parameters = {},
): Promise<T[]> {
  return await sessions.use(async (session) => {
    const result = await session.query({ query: sql, format: 'JSONEachRow', query_params: { ...parameters } });
    return await result.json<T>();
  });
}
