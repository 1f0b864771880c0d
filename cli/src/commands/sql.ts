import { toCsv } from '@benchwire/shared/format/csv.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { EXIT } from '../errors.ts';
import { count } from '../terminal/numbers.ts';
import { type Column, renderTable } from '../terminal/table.ts';

export const sql = defineCommand({
  name: 'sql',
  summary: 'run a read-only SQL query over all stored data',
  positionals: ['STATEMENT'],
  options: { format: { kind: 'choice', choices: ['table', 'json', 'csv'], help: 'table is the default' } },
  details: `
The database is ClickHouse; docs/clickhouse.md describes its tables.

  bw sql "select model, batch_size, value from results where metric = 'latency_ms' order by value limit 5"`,
  async run(context, values, [statement = '']) {
    const { columns, rows, truncated } = await withStack(context, (client) => client.query('sql', { sql: statement }));
    const { out, err, style } = context;
    const { format = context.json ? 'json' : 'table' } = values;
    if (format === 'json') out.line(JSON.stringify(rows));
    else if (format === 'csv') out.lines(toCsv(columns, rows));
    else
      out.lines(
        renderTable(
          rows,
          columns.map((name) => column(name, rows)),
          { style, width: out.columns },
        ),
      );
    if (format === 'table') err.line(style.dim(count(rows.length, 'row')));
    if (truncated) err.line('the answer was cut at the limit of rows: add a `limit` or a `where`.');
    return EXIT.ok;
  },
});

function column(name: string, rows: ReadonlyArray<Record<string, unknown>>): Column<Record<string, unknown>> {
  // ClickHouse writes 64-bit integers as strings, since JavaScript's numbers can't hold them all.
  const isNumber = rows.every(
    (row) => row[name] === null || typeof row[name] === 'number' || /^-?\d+$/.test(String(row[name])),
  );
  return {
    title: name,
    cell: (row) => text(row[name]),
    align: isNumber && rows.length > 0 ? 'right' : 'left',
    shrink_to: 12,
  };
}

function text(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
