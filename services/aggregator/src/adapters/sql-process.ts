import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { QueryReply } from '@benchwire/shared/contracts/query.ts';
import { untilAborted } from '@benchwire/shared/runtime/lifecycle.ts';
import type { AggregatorConfig } from '../config.ts';
import {
  type FromSqlProcess,
  type OwnedTable,
  SQL_CONFIG,
  type SqlConfig,
  type ToSqlProcess,
} from '../sql-process/messages.ts';
import type { Database } from './database.ts';

const SCRIPT = fileURLToPath(new URL('../sql-process/main.ts', import.meta.url));
/** Beyond its own limit, which gives the better message. */
const GRACE_MS = 400;
/** A process that nobody needs holds some 300 MB. */
const IDLE_MS = 30_000;
/** A start takes 0.3 s on a machine with nothing else to do. */
const START_MS = 30_000;

interface RunningChild {
  process: ChildProcess;
  /** Removed after it. */
  folder: string;
  closed: Promise<void>;
}

/** Why a statement has no answer of its own. */
export type NoAnswer = { no_answer: 'time' | 'given_up' | 'ended'; message?: string };

/**
 * A process that runs one SQL statement at a time and is killed when one takes too long or is waited for no longer. It is started
 * when it is needed, and again after it was killed.
 */
export class SqlProcess {
  readonly #database: Database;
  readonly #config: AggregatorConfig;
  #child: Promise<RunningChild> | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(database: Database, config: AggregatorConfig) {
    this.#database = database;
    this.#config = config;
  }

  /** @param max_bytes - of the reply */
  async run(sql: string, max_bytes: number, signal: AbortSignal): Promise<QueryReply | NoAnswer> {
    clearTimeout(this.#idle);
    const running = await Promise.race([this.#running(), untilAborted(signal)]);
    if (running === undefined) {
      this.#stopWhenIdle();
      return { no_answer: 'given_up' };
    }
    const { process } = running;
    const limit = AbortSignal.timeout(this.#config.SQL_MAX_SECONDS * 1000 + GRACE_MS);
    const query_id = randomUUID();
    let end = (): void => undefined;
    const said = await new Promise<FromSqlProcess | 'stopped' | 'closed'>((resolve) => {
      const stop = (): void => resolve('stopped');
      const closed = (): void => resolve('closed');
      end = () => {
        process.off('message', resolve);
        process.off('close', closed);
        for (const each of [limit, signal]) each.removeEventListener('abort', stop);
      };
      process.once('message', resolve);
      process.once('close', closed);
      for (const each of [limit, signal]) each.addEventListener('abort', stop, { once: true });
      if (signal.aborted || limit.aborted) stop();
      else if (process.exitCode !== null || process.signalCode !== null) closed();
      else tell(process, { kind: 'run', sql, query_id, max_bytes });
    });
    end();
    if (said !== 'stopped' && said !== 'closed') {
      this.#stopWhenIdle();
      if (said.kind === 'answer') return said.reply;
      await this.stop();
      return { no_answer: 'ended', ...(said.kind === 'failed' ? { message: said.message } : {}) };
    }
    await this.stop();
    if (said === 'closed') return { no_answer: 'ended' };
    await this.#endOnServer(query_id);
    if (signal.aborted) return { no_answer: 'given_up' };
    // So that the next statement does not pay for this one with the time that a start takes.
    void this.#running().catch(() => undefined);
    this.#stopWhenIdle();
    return { no_answer: 'time' };
  }

  /** Kills the process, whatever it does. Another one starts when it is needed. */
  async stop(): Promise<void> {
    clearTimeout(this.#idle);
    const child = this.#child;
    this.#child = undefined;
    const running = await child?.catch(() => undefined);
    if (running === undefined) return;
    running.process.kill('SIGKILL');
    await running.closed;
    rmSync(running.folder, { recursive: true, force: true });
  }

  #running(): Promise<RunningChild> {
    this.#child ??= this.#start().catch((error: unknown) => {
      this.#child = undefined;
      throw error;
    });
    return this.#child;
  }

  #stopWhenIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.stop(), IDLE_MS).unref();
  }

  async #start(): Promise<RunningChild> {
    const tables = this.#config.CLICKHOUSE_URL === undefined ? await this.#tables() : [];
    const folder = mkdtempSync(join(tmpdir(), `bw-sql-${globalThis.process.pid}-`));
    const { PATH = '', TZ } = globalThis.process.env;
    const process = fork(SCRIPT, [], {
      execArgv: [],
      // None of the service's secrets: what it needs comes in its first message.
      env: { PATH, ...(TZ === undefined ? {} : { TZ }) },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const closed = new Promise<void>((resolve) => {
      process.once('close', () => resolve());
      process.once('error', () => process.pid ?? resolve());
    });
    tell(process, { kind: 'start', config: sqlConfig(this.#config), folder, tables });
    const late = setTimeout(() => process.kill('SIGKILL'), START_MS);
    try {
      const said = await Promise.race([
        new Promise<FromSqlProcess>((resolve) => process.once('message', resolve)),
        closed.then(
          (): FromSqlProcess => ({ kind: 'failed', message: 'the process for SQL statements did not start' }),
        ),
      ]);
      if (said.kind === 'failed') throw new Error(said.message);
    } catch (error) {
      process.kill('SIGKILL');
      await closed;
      rmSync(folder, { recursive: true, force: true });
      throw error;
    } finally {
      clearTimeout(late);
    }
    return { process, folder, closed };
  }

  #tables(): Promise<OwnedTable[]> {
    return this.#database.query<OwnedTable>(
      'SELECT name, toString(uuid) AS uuid, create_table_query FROM system.tables WHERE database = currentDatabase()',
    );
  }

  /** The server ends a statement with its connection, at the end of a block; this also ends one that waits for its turn. */
  async #endOnServer(query_id: string): Promise<void> {
    if (this.#config.CLICKHOUSE_URL === undefined) return;
    await this.#database.command(`KILL QUERY WHERE query_id = '${query_id}' ASYNC`).catch(() => undefined);
  }
}

function sqlConfig(config: AggregatorConfig): SqlConfig {
  return Object.fromEntries(SQL_CONFIG.map((name) => [name, config[name]])) as SqlConfig;
}

/** A process that is gone shows as closed; there is nothing to add to that. */
function tell(process: ChildProcess, message: ToSqlProcess): void {
  process.send(message, () => undefined);
}
