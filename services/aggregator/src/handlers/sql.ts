import { text } from 'node:stream/consumers';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Database } from '../adapters/clickhouse.ts';
import { isAboutTables, judge, notAQuery } from '../decide/sql-guard.ts';
import { refusalOf } from '../errors.ts';

export type SqlAnswer =
  | { ok: true; columns: string[]; rows: Array<Record<string, unknown>>; truncated: boolean }
  | { ok: false; issues: Issue[] };

interface Result {
  meta: Array<{ name: string; type: string }>;
  data: unknown[][];
}

/**
 * Runs one read-only statement that somebody wrote, in a session that can write nothing, change no setting and has
 * limits on rows, time, memory and result bytes (adapters/clickhouse.ts). Before that, ClickHouse's own parser has to
 * find exactly one query in it, and the query's syntax tree has to pass decide/sql-guard.ts.
 */
export async function runSql(database: Database, sql: string, max_rows: number): Promise<SqlAnswer> {
  try {
    return await database.sandbox(async (session): Promise<SqlAnswer> => {
      // Parsing is done by functions whose argument the statement is: nothing of it can take effect here.
      const canonical = String(await scalar(session, 'SELECT formatQuerySingleLine({sql:String})', sql));
      if (!isAboutTables(canonical, database.name)) {
        const wrapped = await scalar(
          session,
          'SELECT formatQuerySingleLineOrNull({sql:String})',
          `SELECT * FROM (${canonical})`,
        );
        if (typeof wrapped !== 'string') return { ok: false, issues: [notAQuery(canonical)] };
        const issue = judge(await syntaxTree(session, wrapped), database.name);
        if (issue !== undefined) return { ok: false, issues: [issue] };
      }
      return answerOf(await read(session, canonical), max_rows);
    });
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    return { ok: false, issues: [{ path: 'sql', code: refusal.code, message: forPeople(refusal.message) }] };
  }
}

async function read(
  session: ClickHouseClient,
  query: string,
  query_params: Record<string, unknown> = {},
): Promise<Result> {
  const result = await session.query({ query, format: 'JSONCompact', query_params });
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

/** `SELECT 1, 1` has two columns called 1; in a row each needs its own name. */
function distinctNames(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.map((name) => {
    let distinct = name;
    for (let number = 2; seen.has(distinct); number++) distinct = `${name}_${number}`;
    seen.add(distinct);
    return distinct;
  });
}

/** Takes the question that the check asked out of ClickHouse's answer. */
function forPeople(message: string): string {
  return message.replace(/:? ?In scope SELECT formatQuery[\s\S]*$/, '').trim();
}
