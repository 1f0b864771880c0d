import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { Database } from '../adapters/database.ts';
import { onCluster, type Retention, type Table, ttlOf } from '../tables/table.ts';
import { MIGRATIONS, TABLES } from './migrations.ts';
import { joinModelPaths } from './series-names.ts';

/** The migrations that were applied. */
const HISTORY: Pick<Table<string>, 'name' | 'ttl'> = { name: 'schema_migrations' };

/**
 * Brings the database to this version's tables, and their TTLs to the configuration's.
 * @throws BenchwireError SCHEMA_TOO_NEW where a newer version has been at work.
 */
export async function migrate(database: Database, retention: Retention, log: Log): Promise<void> {
  const engine = `${database.cluster === undefined ? '' : 'Replicated'}ReplacingMergeTree`;
  await database.command(
    `CREATE TABLE IF NOT EXISTS ${HISTORY.name}${onCluster(database)}
     (id UInt32, name String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = ${engine} ORDER BY id`,
  );
  const applied = await database.query<{ id: number }>(`SELECT id FROM ${HISTORY.name} FINAL ORDER BY id`);
  const done = new Set(applied.map((row) => row.id));
  const newest = MIGRATIONS.at(-1)?.id ?? 0;
  const unknown = applied.find((row) => row.id > newest);
  if (unknown !== undefined) {
    throw new BenchwireError(
      'SCHEMA_TOO_NEW',
      `the database "${database.name}" has migration ${unknown.id}, this version knows up to ${newest}: run the newer version, or use another CLICKHOUSE_DATABASE`,
    );
  }
  for (const migration of MIGRATIONS) {
    if (done.has(migration.id)) continue;
    for (const statement of migration.statements(database, retention)) await database.command(statement);
    await migration.compute?.(database, log);
    await database.insert(HISTORY.name, ['id', 'name'], [[migration.id, migration.name]]);
    log.info({ migration: migration.id, name: migration.name }, 'applied a migration');
  }
  await adjustTables(database, retention, log);
  await joinModelPaths(database, log);
}

/**
 * A TTL that was configured differently before is changed; old rows follow at their next merge. Tables get the settings of this
 * version.
 */
export async function adjustTables(database: Database, retention: Retention, log: Log): Promise<void> {
  const stored = await database.query<{ name: string; engine_full: string }>(
    'SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()',
  );
  const definitions = new Map(stored.map((row) => [row.name, row.engine_full]));
  for (const { name, ttl } of [HISTORY, ...TABLES]) {
    const missing = database.table_settings.filter((setting) => definitions.get(name)?.includes(setting) !== true);
    if (missing.length > 0)
      await database.command(`ALTER TABLE ${name}${onCluster(database)} MODIFY SETTING ${missing.join(', ')}`);
    if (ttl === undefined || definitions.get(name)?.includes(`TTL ${ttlOf(ttl, retention)}`) === true) continue;
    await database.command(
      `ALTER TABLE ${name}${onCluster(database)} MODIFY TTL ${ttlOf(ttl, retention)} SETTINGS materialize_ttl_after_modify = 0`,
    );
    log.info({ table: name, days: retention[ttl.kept] }, 'changed how long rows are kept');
  }
}
