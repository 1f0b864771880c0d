import type { Database } from '../adapters/database.ts';
import { EncodedRow } from '../adapters/encoded-row.ts';

/** How long rows are kept, in days. */
export interface Retention {
  samples: number;
  events: number;
  attempts: number;
  results: number;
  findings: number;
  rejected: number;
}

/** One table: what it is made of, and how a row becomes a list of values. */
export interface Table<Column extends string> {
  name: string;
  /** Column -> type with codec, in the order of the rows. */
  columns: Readonly<Record<Column, string>>;
  /** Without the Replicated prefix: `ReplacingMergeTree(version)`. */
  engine: string;
  order_by: string;
  partition_by?: string;
  indices?: readonly string[];
  ttl?: { column: string; kept: keyof Retention };
  settings?: readonly string[];
}

/** Column names in order. */
export function columnsOf<Column extends string>(table: Table<Column>): Column[] {
  return Object.keys(table.columns) as Column[];
}

type Row<Column extends string> = Readonly<Record<Column, unknown>>;

/** A row of a table in the form in which it is sent. */
export function encodeRow<Column extends string>(table: Table<Column>, row: Row<Column>): EncodedRow {
  return new EncodedRow(valuesOf(table, row));
}

/** Writes rows whose fields are named like the columns; a column that a row leaves out gets its default. */
export async function insertRows<Column extends string>(
  database: Database,
  table: Table<Column>,
  rows: ReadonlyArray<Row<Column> | EncodedRow>,
): Promise<void> {
  await database.insert(
    table.name,
    columnsOf(table),
    rows.map((row) => (row instanceof EncodedRow ? row : valuesOf(table, row))),
  );
}

function valuesOf<Column extends string>(table: Table<Column>, row: Row<Column>): unknown[] {
  const values: unknown[] = [];
  for (const column in table.columns) values.push(row[column]);
  return values;
}

/** `CREATE TABLE IF NOT EXISTS`, replicated where there is a cluster. */
export function createTable(database: Database, table: Table<string>, retention: Retention): string {
  const columns = Object.entries(table.columns).map(([name, type]) => `  \`${name}\` ${type}`);
  const settings = [...(table.settings ?? []), ...database.table_settings];
  const parts = [
    `CREATE TABLE IF NOT EXISTS ${table.name}${onCluster(database)} (`,
    [...columns, ...(table.indices ?? []).map((index) => `  INDEX ${index}`)].join(',\n'),
    `) ENGINE = ${database.cluster === undefined ? '' : 'Replicated'}${table.engine}`,
    ...(table.partition_by === undefined ? [] : [`PARTITION BY ${table.partition_by}`]),
    `ORDER BY ${table.order_by}`,
    ...(table.ttl === undefined ? [] : [`TTL ${ttlOf(table.ttl, retention)}`]),
    ...(settings.length === 0 ? [] : [`SETTINGS ${settings.join(', ')}`]),
  ];
  return parts.join('\n');
}

/** The TTL as ClickHouse itself writes it in `system.tables`. */
export function ttlOf(ttl: { column: string; kept: keyof Retention }, retention: Retention): string {
  return `toDateTime(${ttl.column}) + toIntervalDay(${retention[ttl.kept]})`;
}

export function onCluster(database: Database): string {
  return database.cluster === undefined ? '' : ` ON CLUSTER ${database.cluster}`;
}
