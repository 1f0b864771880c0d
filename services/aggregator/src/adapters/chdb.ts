import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { JSON_HANDLING } from './encoded-row.ts';
import type { Settings, SettingValue } from './settings.ts';

type Chdb = typeof import('chdb/connection') & Pick<typeof import('chdb'), 'Session'>;

/** Imported here and nowhere else, and an optional dependency: an image for a server has no engine (540 MB). */
export async function loadChdb(): Promise<Chdb> {
  try {
    const [{ createChdbConnection, ...connection }, { Session }] = await Promise.all([
      import('chdb/connection'),
      import('chdb'),
    ]);
    return { ...connection, createChdbConnection, Session };
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new BenchwireError(
      'CLICKHOUSE_MISSING',
      'CLICKHOUSE_URL is not set, and the embedded ClickHouse (the npm package chdb) is not installed here: set CLICKHOUSE_URL to a server, `http://host:8123`; in a clone, `npm install` brings the package',
      { cause: error },
    );
  }
}

/** A session of the embedded engine with these settings, fixed for its whole life where `readonly` is among them. */
export async function openSession(
  connect: () => ReturnType<Chdb['createChdbConnection']>,
  settings: Settings & { database: SettingValue },
): Promise<ClickHouseClient> {
  // chdb is declared against its own copy of the client's interfaces.
  const connection = connect() as unknown as NonNullable<Parameters<typeof createClient>[0]>['connection'];
  const client = createClient({ json: JSON_HANDLING, ...(connection === undefined ? {} : { connection }) });
  try {
    const { readonly, database, ...rest } = settings;
    await client.command({ query: `USE ${database}` });
    const pairs = Object.entries(rest).map(([name, value]) => `${name} = ${literal(value)}`);
    if (pairs.length > 0) await client.command({ query: `SET ${pairs.join(', ')}` });
    if (readonly !== undefined) await client.command({ query: `SET readonly = ${literal(readonly)}` });
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

function literal(value: SettingValue): string {
  return typeof value === 'number' ? String(value) : `'${value}'`;
}
