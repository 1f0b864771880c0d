import { expect, test } from 'vitest';
import type { Database } from '../adapters/database.ts';
import { MIGRATIONS, TABLES } from './migrations.ts';

/** How many columns each table had when it was made. Never changes: a later column is added by a migration. */
const COLUMNS_AT_FIRST: Readonly<Record<string, number>> = {
  annotations: 9,
  attempts: 37,
  events: 12,
  findings: 33,
  model_coverage: 13,
  rejected: 7,
  requests: 4,
  results: 28,
  run_marks: 6,
  runs: 13,
  samples: 11,
  tasks: 18,
  test_cases: 20,
  verdicts: 6,
  workers: 7,
};

const retention = { samples: 1, events: 1, attempts: 1, results: 1, findings: 1, rejected: 1 };
// Statements are made from the name of the cluster alone.
const database = { name: 'test', cluster: undefined, table_settings: [] } as unknown as Database;

test('a column that a table did not have at first is added by a migration, so that older databases get it', () => {
  const statements = MIGRATIONS.flatMap((migration) => migration.statements(database, retention));
  const added = new Map<string, Set<string>>();
  for (const statement of statements) {
    const [, table = '', column] = /^ALTER TABLE (\S+) ADD COLUMN IF NOT EXISTS (\S+) /.exec(statement) ?? [];
    if (column !== undefined) added.set(table, (added.get(table) ?? new Set()).add(column));
  }
  const at_first = TABLES.map(({ name, columns }) => [
    name,
    Object.keys(columns).filter((column) => added.get(name)?.has(column) !== true).length,
  ]);
  expect(Object.fromEntries(at_first)).toEqual(COLUMNS_AT_FIRST);
});

test('migrations are numbered in order, and every table is made by one', () => {
  expect(MIGRATIONS.map(({ id }) => id)).toEqual(MIGRATIONS.map((_, at) => at + 1));
  const statements = MIGRATIONS.flatMap((migration) => migration.statements(database, retention)).join('\n');
  for (const { name } of TABLES) expect(statements).toContain(`CREATE TABLE IF NOT EXISTS ${name}`);
});
