import { CLICKHOUSE_ADDRESS, readServerUrl } from '@benchwire/shared/runtime/server-url.ts';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { SqlConfig } from '../sql-process/messages.ts';
import type { Engine } from './database.ts';
import { JSON_HANDLING } from './encoded-row.ts';
import type { Settings } from './settings.ts';

/** A ClickHouse server or cluster behind one URL. Settings travel with each request. */
export function serverEngine(url: string, config: SqlConfig): Engine {
  return {
    close: async () => undefined,
    table_settings: [],
    is_shared: true,
    sessions: { writer: 4, reader: 2, answerer: 4 },
    open: async (role, settings) =>
      client(url, config, settings, {
        username: config.CLICKHOUSE_USER,
        password: config.CLICKHOUSE_PASSWORD,
        compressed: role === 'writer',
      }),
  };
}

/** A session for statements that others wrote, as the user that may read only, where there is one. */
export function sandboxSession(url: string, config: SqlConfig, settings: Settings): ClickHouseClient {
  const reader = config.CLICKHOUSE_READER_USER !== undefined;
  return client(url, config, settings, {
    username: reader ? config.CLICKHOUSE_READER_USER : config.CLICKHOUSE_USER,
    password: reader ? config.CLICKHOUSE_READER_PASSWORD : config.CLICKHOUSE_PASSWORD,
    compressed: false,
  });
}

interface Login {
  username: string | undefined;
  password: string | undefined;
  /** What is sent. */
  compressed: boolean;
}

function client(url: string, config: SqlConfig, settings: Settings, login: Login): ClickHouseClient {
  const { database = config.CLICKHOUSE_DATABASE, ...rest } = settings;
  // The client would put a login of the address into its errors, and before the one that is configured.
  const of_url = readServerUrl('CLICKHOUSE_URL', url, CLICKHOUSE_ADDRESS);
  const { username = of_url.user, password = of_url.password, compressed } = login;
  return createClient({
    url: of_url.address,
    database: String(database),
    application: 'benchwire-aggregator',
    json: JSON_HANDLING,
    request_timeout: 60_000 + config.SQL_MAX_SECONDS * 1000,
    // It would write to stderr in a format of its own what is thrown as well.
    log: { level: ClickHouseLogLevel.OFF },
    compression: { request: compressed, response: false },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    clickhouse_settings: rest,
  });
}
