import { accessSync, constants, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BenchwireError, messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { AggregatorConfig } from '../config.ts';
import { loadChdb, openSession } from './chdb.ts';
import type { Engine } from './database.ts';

/**
 * ClickHouse inside this process (chdb). Each session is a connection of its own with its own settings; one session
 * runs one statement at a time, on a thread of libuv's pool (which has four), so the event loop goes on meanwhile.
 *
 * The engine itself locks the data folder for as long as the process lives, so a killed process leaves nothing behind.
 * @throws BenchwireError CLICKHOUSE_MISSING, CLICKHOUSE_PATH, CLICKHOUSE_IN_USE
 */
export async function embeddedEngine(config: AggregatorConfig): Promise<Engine> {
  const { createChdbConnection } = await loadChdb();
  const path = resolve(config.CLICKHOUSE_PATH);
  makeWritable(path);
  const connect = (): ReturnType<typeof createChdbConnection> => {
    try {
      return createChdbConnection({ path });
    } catch (error) {
      throw new BenchwireError(
        'CLICKHOUSE_IN_USE',
        `the embedded ClickHouse does not open ${path}: ${holder(path)} uses it. One process owns the folder: stop the other one, set CLICKHOUSE_PATH to another folder, or run a ClickHouse server and set CLICKHOUSE_URL`,
        { cause: error },
      );
    }
  };
  // The lock holds while any connection is open, so this one stays open until the end.
  const owner = connect();
  const note = join(path, 'benchwire.pid');
  writeFileSync(note, `${process.pid}\n`);
  return {
    close: async () => {
      rmSync(note, { force: true });
      await owner.close();
    },
    table_settings: TABLE_SETTINGS,
    is_shared: false,
    sessions: { writer: 2, reader: 1, answerer: 1 },
    open: (_role, settings) => openSession(connect, { database: config.CLICKHOUSE_DATABASE, ...settings }),
  };
}

/** What was merged stays this long. */
const OLD_PARTS_SECONDS = 60;

/**
 * For many small inserts on a machine that has other things to do: less is written for each column of a small part
 * (a third of an insert), and parts are merged later (half of all the work, without).
 */
const TABLE_SETTINGS = [
  'write_marks_for_substreams_in_compact_parts = 0',
  'merge_selector_base = 10',
  // For the processes that read the files beside this one (sql-process/): longer than a statement takes.
  `old_parts_lifetime = ${OLD_PARTS_SECONDS}`,
];

function makeWritable(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new BenchwireError(
      'CLICKHOUSE_PATH',
      `CLICKHOUSE_PATH=${path} is not a folder that can be written to: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function holder(path: string): string {
  try {
    return `another process (probably pid ${readFileSync(join(path, 'benchwire.pid'), 'utf8').trim()})`;
  } catch {
    return 'another process';
  }
}
