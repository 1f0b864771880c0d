import { CLICKHOUSE_ADDRESS, readServerUrl } from '@benchwire/shared/runtime/server-url.ts';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { AggregatorConfig } from '../config.ts';
import type { Engine } from './clickhouse.ts';

/** A ClickHouse server or cluster behind one URL. Settings travel with each request. */
export function serverEngine(url: string, config: AggregatorConfig): Engine {
  // The client would put a login of the address into its errors, and before the one that is configured.
  const { address, user, password: url_password } = readServerUrl('CLICKHOUSE_URL', url, CLICKHOUSE_ADDRESS);
  return {
    close: async () => undefined,
    table_settings: [],
    sessions: { writer: 4, reader: 4, sandbox: 4 },
    open: async (role, settings) => {
      const { database = config.CLICKHOUSE_DATABASE, ...rest } = settings;
      const reader = role === 'sandbox' && config.CLICKHOUSE_READER_USER !== undefined;
      const username = reader ? config.CLICKHOUSE_READER_USER : (config.CLICKHOUSE_USER ?? user);
      const password = reader ? config.CLICKHOUSE_READER_PASSWORD : (config.CLICKHOUSE_PASSWORD ?? url_password);
      return createClient({
        url: address,
        database: String(database),
        application: 'benchwire-aggregator',
        request_timeout: 60_000 + config.SQL_MAX_SECONDS * 1000,
        // It would write to stderr in a format of its own what is thrown as well.
        log: { level: ClickHouseLogLevel.OFF },
        compression: { request: role === 'writer', response: false },
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password }),
        clickhouse_settings: rest,
      });
    },
  };
}
