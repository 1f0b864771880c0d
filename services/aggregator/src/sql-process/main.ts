import { rmSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { sandboxSession } from '../adapters/server.ts';
import { fitReply } from '../decide/fit-reply.ts';
import type { FromSqlProcess, StartMessage, ToSqlProcess } from './messages.ts';
import { openReadOnly } from './read-only-engine.ts';
import { runStatement, type StatementContext } from './run-statement.ts';
import { sandboxSettings } from './sandbox-settings.ts';

/**
 * A process that runs SQL statements which others wrote, one at a time. It can be killed at any moment: it owns nothing.
 * Of the embedded engine's tables it reads the files; the aggregator, whose they are, goes on beside it.
 */
let started: StartMessage | undefined;
let context: Promise<StatementContext> | undefined;

/** Writers and everybody else's queries go first, and when memory runs out this process is the one to go. */
function yieldToOthers(): void {
  try {
    setPriority(Math.min(19, getPriority() + 5));
    if (process.platform === 'linux') writeFileSync('/proc/self/oom_score_adj', '800');
  } catch {
    // A system that does not let it: then it runs like any other.
  }
}

async function open(start: StartMessage): Promise<StatementContext> {
  const { config } = start;
  const settings = sandboxSettings(config);
  const name = config.CLICKHOUSE_DATABASE;
  if (config.CLICKHOUSE_URL === undefined) return await openReadOnly(start, settings);
  const url = config.CLICKHOUSE_URL;
  return { name, definitions: new Map(), open: async () => sandboxSession(url, config, settings) };
}

async function answer({ sql, max_bytes, query_id }: Extract<ToSqlProcess, { kind: 'run' }>): Promise<FromSqlProcess> {
  try {
    if (context === undefined || started === undefined) throw new Error('a statement before the start');
    const said = await runStatement(await context, { sql, query_id, max_rows: started.config.SQL_MAX_ROWS });
    return { kind: 'answer', reply: said.ok ? fitReply(said, max_bytes) : said };
  } catch (error) {
    return { kind: 'failed', message: messageOf(error) };
  }
}

function tell(said: FromSqlProcess): void {
  process.send?.(said);
}

process.on('message', (message: ToSqlProcess) => {
  if (message.kind === 'start') {
    started = message;
    context = open(message);
    context.then(
      () => tell({ kind: 'ready' }),
      (error: unknown) => tell({ kind: 'failed', message: messageOf(error) }),
    );
    return;
  }
  void answer(message).then(tell);
});

// The parent is gone. An ordinary exit would wait for the statement that runs.
process.on('disconnect', () => {
  if (started !== undefined) rmSync(started.folder, { recursive: true, force: true });
  process.kill(process.pid, 'SIGKILL');
});

yieldToOthers();
