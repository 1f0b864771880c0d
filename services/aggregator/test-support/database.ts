import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@benchwire/shared/runtime/config.ts';
import { createLog } from '@benchwire/shared/runtime/log.ts';
import { openDatabase } from '../src/adapters/clickhouse.ts';
import type { Database } from '../src/adapters/database.ts';
import { type AggregatorConfig, aggregatorConfig, retentionOf } from '../src/config.ts';
import { migrate } from '../src/migrations/migrate.ts';

export const silent = createLog('test', { LOG_LEVEL: 'silent', LOG_FORMAT: 'json' });

/**
 * A migrated database: an empty one in the embedded engine, or, where CLICKHOUSE_TEST_URL names a server, one of a new
 * name there. The engine takes one folder per process, so a test file opens one of these.
 */
export async function testDatabase(
  environment: Record<string, string> = {},
): Promise<{ database: Database; config: AggregatorConfig; path: string; stop(): Promise<void> }> {
  const path = mkdtempSync(join(tmpdir(), 'bw-clickhouse-'));
  const url = process.env.CLICKHOUSE_TEST_URL;
  const name = `benchwire_test_${process.pid}_${Date.now()}`;
  const server = url === undefined ? {} : { CLICKHOUSE_URL: url, CLICKHOUSE_DATABASE: name };
  const config = loadConfig(aggregatorConfig, { CLICKHOUSE_PATH: path, ...server, ...environment });
  const database = await openDatabase(config);
  await migrate(database, retentionOf(config), silent);
  return {
    database,
    config,
    path,
    stop: async () => {
      if (url !== undefined) await database.command(`DROP DATABASE IF EXISTS ${name}`);
      await database.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
}
