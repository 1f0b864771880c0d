import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { Database } from '../adapters/database.ts';
import { annotations } from '../tables/annotations.ts';
import { attempts } from '../tables/attempts.ts';
import { events } from '../tables/events.ts';
import { findings } from '../tables/findings.ts';
import { modelCoverage } from '../tables/model-coverage.ts';
import { rejected } from '../tables/rejected.ts';
import { requests } from '../tables/requests.ts';
import { results } from '../tables/results.ts';
import { runMarks } from '../tables/run-marks.ts';
import { runs } from '../tables/runs.ts';
import { createSamples, samples } from '../tables/samples.ts';
import { createTable, onCluster, type Retention, type Table } from '../tables/table.ts';
import { tasks } from '../tables/tasks.ts';
import { testCases } from '../tables/test-cases.ts';
import { verdicts } from '../tables/verdicts.ts';
import { workers } from '../tables/workers.ts';
import { joinWrittenDefaults } from './series-names.ts';
import { convertStoredUnits } from './series-units.ts';

export interface Migration {
  id: number;
  name: string;
  /** Each statement can be run again: replicas may start together, and a start may be cut short. */
  statements(database: Database, retention: Retention): string[];
  /** What has to be computed from what is stored; can be run again, too. */
  compute?(database: Database, log: Log): Promise<void>;
}

/** Every table that stores something. */
export const TABLES: ReadonlyArray<Table<string>> = [
  runs,
  tasks,
  attempts,
  results,
  samples,
  workers,
  events,
  findings,
  rejected,
  annotations,
  requests,
  testCases,
  verdicts,
  modelCoverage,
  runMarks,
];

/**
 * In order, never changed once released: a table's module describes its newest form, and a migration brings older
 * databases there (`ALTER TABLE … ADD COLUMN IF NOT EXISTS …`, which does nothing to a new one).
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    id: 1,
    name: 'tables',
    statements: (database, retention) => [
      ...TABLES.filter((table) => table.name !== samples.name).map((table) => createTable(database, table, retention)),
      ...createSamples(database, retention),
    ],
  },
  {
    id: 2,
    name: 'what workers and tasks have to say',
    statements: (database) =>
      [
        [workers.name, 'reason', workers.columns.reason],
        [tasks.name, 'note', tasks.columns.note],
      ].map(
        ([table, column, type]) =>
          `ALTER TABLE ${table}${onCluster(database)} ADD COLUMN IF NOT EXISTS ${column} ${type}`,
      ),
  },
  {
    id: 3,
    name: 'states of findings, annotations of series, requests',
    statements: (database, retention) => [
      ...(['state', 'state_reason', 'changed_at', 'revision', 'incident_id', 'effect_size', 'record'] as const).map(
        (column) =>
          `ALTER TABLE ${findings.name}${onCluster(database)} ADD COLUMN IF NOT EXISTS ${column} ${findings.columns[column]}`,
      ),
      createTable(database, annotations, retention),
      createTable(database, requests, retention),
    ],
  },
  {
    id: 4,
    name: 'what a value was printed as, which way is better, what limits its meaning',
    statements: (database) => [
      ...(['better', 'printed_value', 'printed_unit', 'note_codes', 'notes'] as const).map(
        (column) =>
          `ALTER TABLE ${results.name}${onCluster(database)} ADD COLUMN IF NOT EXISTS ${column} ${results.columns[column]}`,
      ),
      ...addNewer(database),
    ],
    compute: convertStoredUnits,
  },
  {
    id: 5,
    name: 'how far the clock of a worker was off',
    statements: (database) => [
      `ALTER TABLE ${attempts.name}${onCluster(database)} ADD COLUMN IF NOT EXISTS clock ${attempts.columns.clock}`,
    ],
  },
  {
    id: 6,
    name: 'defaults of catalogue models that were written out are no setting',
    statements: addNewer,
    compute: joinWrittenDefaults,
  },
  { id: 7, name: 'test cases', statements: (database, retention) => [createTable(database, testCases, retention)] },
  { id: 8, name: 'verdicts', statements: (database, retention) => [createTable(database, verdicts, retention)] },
  {
    id: 9,
    name: 'pairs of a head and a base side',
    statements: addNewer,
  },
  {
    id: 10,
    name: 'kinds of series',
    statements: (database) => [
      ...addNewer(database),
      `ALTER TABLE ${findings.name}${onCluster(database)} ADD COLUMN IF NOT EXISTS series_kind ${findings.columns.series_kind}`,
    ],
  },
  {
    id: 11,
    name: 'coverage of model types',
    statements: (database, retention) => [createTable(database, modelCoverage, retention)],
  },
  {
    id: 12,
    name: 'archived and deleted runs',
    statements: (database, retention) => [createTable(database, runMarks, retention)],
  },
];

/** Newer columns of results. Also before the migrations that read its rows: they read every column that the table has by now. */
function addNewer(database: Database): string[] {
  return (['pairs', 'series_kind'] as const).map(
    (column) =>
      `ALTER TABLE ${results.name}${onCluster(database)} ADD COLUMN IF NOT EXISTS ${column} ${results.columns[column]}`,
  );
}
