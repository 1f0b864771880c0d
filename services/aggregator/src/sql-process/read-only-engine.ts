import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { loadChdb, openSession } from '../adapters/chdb.ts';
import type { Settings } from '../adapters/settings.ts';
import type { OwnedTable, StartMessage } from './messages.ts';
import type { StatementContext } from './run-statement.ts';

/**
 * An embedded engine of this process' own that reads the tables of the aggregator's. It attaches them over a read-only
 * disk, which is the aggregator's folder: it cannot write there, and takes no lock. Parts are
 * immutable, and stay for a while after they were merged (`old_parts_lifetime`, adapters/embedded.ts), so what was
 * attached for a statement can be read to its end.
 */
export async function openReadOnly(
  { folder, tables, config }: StartMessage,
  settings: Settings,
): Promise<StatementContext> {
  const { createChdbConnection, Session } = await loadChdb();
  const name = config.CLICKHOUSE_DATABASE;
  const data = resolve(config.CLICKHOUSE_PATH);
  const file = join(folder, 'config.xml');
  const base = `<custom_local_disks_base_directory>${escapeXml(data)}/</custom_local_disks_base_directory>`;
  writeFileSync(file, `<clickhouse>${base}</clickhouse>\n`);
  const path = join(folder, 'engine');
  // The first connection starts the engine with these arguments, and the others share it.
  new Session(path, { connectionArgs: [`--config-file=${file}`] });
  const owner = await openSession(() => createChdbConnection({ path }), { database: 'default' });
  await makeSureItIsReadOnly(owner, data);
  await owner.command({ query: `CREATE DATABASE IF NOT EXISTS ${name}` });
  const stored = tables.filter((table) => isStored(table));
  for (const table of stored) await owner.command({ query: attachment(table, name, data) });
  let fresh = true;
  return {
    name,
    definitions: new Map(stored.map((table) => [table.name, table.create_table_query])),
    open: async (): Promise<ClickHouseClient> => {
      // What was written since the last statement is seen by attaching again.
      for (const table of fresh ? [] : stored) {
        await owner.command({ query: `DETACH TABLE IF EXISTS ${name}.${table.name}` });
        await owner.command({ query: `ATTACH TABLE ${name}.${table.name}` });
      }
      fresh = false;
      return await openSession(() => createChdbConnection({ path }), { ...settings, database: name });
    },
  };
}

/** Views and what they read from have no rows of their own. */
function isStored(table: OwnedTable): boolean {
  return / ENGINE = \w*MergeTree\b/.test(table.create_table_query);
}

function attachment({ name, uuid, create_table_query }: OwnedTable, database: string, data: string): string {
  const definition = create_table_query.replace(/^CREATE TABLE \S+/, `ATTACH TABLE ${database}.${name} UUID '${uuid}'`);
  const settings = `disk = ${readOnlyDisk(data)}, ${MERGED_PARTS_MAY_GO}`;
  return / SETTINGS /.test(definition) ? `${definition}, ${settings}` : `${definition} SETTINGS ${settings}`;
}

/**
 * While a table is attached, its owner removes parts that were merged long ago: their folders are there, empty, or gone. However
 * many these are, what replaced them is there and is read.
 */
const MERGED_PARTS_MAY_GO =
  'max_suspicious_broken_parts = 1000000000, max_suspicious_broken_parts_bytes = 1000000000000';

/**
 * The engine takes `readonly` from no disk of type `local`: it would clean up in the folder as if it were its own. Files by
 * their plain names, as in an object storage, are never changed.
 */
function readOnlyDisk(data: string): string {
  return `disk(type = 'local_blob_storage', metadata_type = 'plain', path = '${escapeText(data)}/', read_only = 1, readonly = 1)`;
}

/** A disk is made when a table first names it: an engine that would write there is found out before it sees a table of the aggregator's. */
async function makeSureItIsReadOnly(session: ClickHouseClient, data: string): Promise<void> {
  const probe = `CREATE TABLE probe (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS disk = ${readOnlyDisk(data)}`;
  await session.command({ query: probe }).catch(() => undefined);
  const query = `SELECT toUInt8(count() > 0 AND min(is_read_only) = 1) AS sure FROM system.disks WHERE name != 'default'`;
  const [row] = await (await session.query({ query, format: 'JSONEachRow' })).json<{ sure: number }>();
  if (row?.sure !== 1) throw new Error('this ClickHouse has no read-only disks: bw sql is not possible with it');
}

function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
