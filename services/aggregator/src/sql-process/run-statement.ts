import { text } from 'node:stream/consumers';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { ClickHouseClient } from '@clickhouse/client';
import { distinctNames } from '../decide/distinct-names.ts';
import { costIssue } from '../decide/sql-cost.ts';
import { aboutTable, judge, notAQuery } from '../decide/sql-guard.ts';
import { syntaxTreeOf } from '../decide/syntax-tree.ts';
import { refusalOf } from '../errors.ts';

export type SqlAnswer =
  | { ok: true; columns: string[]; rows: Array<Record<string, unknown>>; truncated: boolean }
  | { ok: false; issues: Issue[] };

/** Where statements run. */
export interface StatementContext {
  /** The database's name. */
  name: string;
  /** What `SHOW CREATE TABLE` says, where this is not the engine that the tables are of. */
  definitions: ReadonlyMap<string, string>;
  /** A session for one statement: it can write nothing, change no setting, and has limits (sandbox-settings.ts). */
  open(): Promise<ClickHouseClient>;
}

interface Statement {
  sql: string;
  query_id: string;
  max_rows: number;
}

interface Result {
  meta: Array<{ name: string; type: string }>;
  data: unknown[][];
}

/** Columns of an answer. */
const MAX_COLUMNS = 1000;

/** The engine's codes for a file that was there a moment ago. */
const MOVED: ReadonlySet<string> = new Set(['no_file', 'file_doesnt_exist', 'cannot_open_file', 'no_such_data_part']);

/**
 * Runs one read-only statement that somebody wrote. Before that, ClickHouse's own parser has to find exactly one query in it,
 * and the query's syntax tree has to pass decide/sql-guard.ts and decide/sql-cost.ts.
 */
export async function runStatement(context: StatementContext, statement: Statement): Promise<SqlAnswer> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await tryStatement(context, statement);
      if (answer.ok || attempt === 3 || !MOVED.has(answer.issues[0]?.code ?? '')) return answer;
    } catch (error) {
      if (attempt === 3 || !MOVED.has(refusalOf(error)?.code ?? '')) throw error;
    }
  }
}

async function tryStatement(context: StatementContext, { sql, query_id, max_rows }: Statement): Promise<SqlAnswer> {
  const session = await context.open();
  try {
    // Parsing is done by functions whose argument the statement is: nothing of it can take effect here.
    const canonical = String(await scalar(session, 'SELECT formatQuerySingleLine({sql:String})', sql));
    const about = aboutTable(canonical, context.name);
    if (about === undefined) {
      const wrapped = await scalar(
        session,
        'SELECT formatQuerySingleLineOrNull({sql:String})',
        `SELECT * FROM (${canonical})`,
      );
      if (typeof wrapped !== 'string') return { ok: false, issues: [notAQuery(canonical)] };
      const nodes = await syntaxTree(session, wrapped);
      const issue = judge(nodes, context.name) ?? costIssue(syntaxTreeOf(nodes));
      if (issue !== undefined) return { ok: false, issues: [issue] };
    }
    const definition = about?.shown === undefined ? undefined : context.definitions.get(about.shown);
    if (definition !== undefined)
      return { ok: true, columns: ['statement'], rows: [{ statement: definition }], truncated: false };
    return answerOf(await read(session, canonical, {}, query_id), max_rows);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    return { ok: false, issues: [{ path: 'sql', code: refusal.code, message: forPeople(refusal.message) }] };
  } finally {
    await session.close();
  }
}

async function read(
  session: ClickHouseClient,
  query: string,
  query_params: Record<string, unknown> = {},
  query_id?: string,
): Promise<Result> {
  const id = query_id === undefined ? {} : { query_id };
  const result = await session.query({ query, format: 'JSONCompact', query_params, ...id });
  return JSON.parse(await result.text()) as Result;
}

async function scalar(session: ClickHouseClient, query: string, sql: string): Promise<unknown> {
  return (await read(session, query, { sql })).data[0]?.[0];
}

/** `EXPLAIN` takes no FORMAT clause of its own, since that would belong to the statement it explains. */
async function syntaxTree(session: ClickHouseClient, wrapped: string): Promise<string[]> {
  const { stream } = await session.exec({
    query: `EXPLAIN AST ${wrapped}`,
    clickhouse_settings: { default_format: 'JSONCompactEachRow' },
  });
  const lines = (await text(stream)).split('\n').filter((line) => line !== '');
  return lines.map((line) => String((JSON.parse(line) as unknown[])[0]));
}

function answerOf({ meta, data }: Result, max_rows: number): SqlAnswer {
  if (meta.length > MAX_COLUMNS) {
    const message = `the answer has ${meta.length} columns, at most ${MAX_COLUMNS} are possible: name the ones you need`;
    return { ok: false, issues: [{ path: 'sql', code: 'too_many_columns', message }] };
  }
  const columns = distinctNames(meta.map((column) => column.name));
  const wide = meta.map((column) => /Int64/.test(column.type) && !/String|UUID|Date|Enum|IPv/.test(column.type));
  const rows = data.slice(0, max_rows).map((values) => {
    const row: Record<string, unknown> = {};
    for (const [index, name] of columns.entries()) row[name] = wide[index] ? narrow(values[index]) : values[index];
    return row;
  });
  return { ok: true, columns, rows, truncated: data.length > max_rows };
}

/** 64-bit integers come quoted: those that a number holds exactly become one, the others stay text. */
function narrow(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(narrow);
  if (typeof value !== 'string') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Takes the question that the check asked, and where files are, out of ClickHouse's answer. */
function forPeople(message: string): string {
  return message
    .replace(/:? ?In scope SELECT formatQuery[\s\S]*$/, '')
    .replaceAll(/\/[^\s'"(),:]*\/store\/[^\s'"(),:]*/g, '(a file)')
    .trim();
}
