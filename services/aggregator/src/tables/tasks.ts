import type { TaskSort } from '@benchwire/shared/contracts/list-sort.ts';
import type { AskedQuery } from '@benchwire/shared/contracts/query.ts';
import type { RunRow, TaskRow as TaskReply, TaskState } from '@benchwire/shared/contracts/rows.ts';
import type { Queries } from '../adapters/database.ts';
import { afterRow, contains, equals, filterBy, numberKey, type SortKey, textKey } from './filter.ts';
import type { Table } from './table.ts';

/**
 * One row per task: its latest state. `version` orders states by (attempt, kind, stream), see decide/versions.ts, so
 * every order of arrival ends in the same row. A task that others took the place of is deleted by `is_deleted`.
 */
export const tasks = {
  name: 'tasks',
  columns: {
    run_id: 'UUID',
    task_id: 'String',
    state: 'LowCardinality(String)',
    attempt: 'UInt32',
    executor: 'LowCardinality(String)',
    benchmark: 'LowCardinality(String)',
    model: 'LowCardinality(String)',
    pool: 'LowCardinality(String)',
    worker_id: 'LowCardinality(String)',
    started_at: "Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD)",
    finished_at: "Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD)",
    execution_time_seconds: 'Nullable(Float64)',
    error_class: 'LowCardinality(String)',
    error_code: 'LowCardinality(String)',
    error_message: 'String CODEC(ZSTD)',
    /** When the row was made, for the TTL alone. */
    changed_at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD)",
    version: 'UInt64 CODEC(ZSTD)',
    is_deleted: 'UInt8',
    /** What there is to know of how it ended: batch sizes that were left out, why it was skipped, the executor's notes. */
    note: 'String CODEC(ZSTD)',
  },
  engine: 'ReplacingMergeTree(version, is_deleted)',
  order_by: '(run_id, task_id)',
  ttl: { column: 'changed_at', kept: 'attempts' },
} as const satisfies Table<string>;

export type TaskRow = Readonly<Record<keyof typeof tasks.columns, unknown>>;

const SHOWN =
  'run_id, task_id, state, attempt, executor, benchmark, model, pool, worker_id, started_at, finished_at, execution_time_seconds, error_class, error_code, error_message, note';

/** A task that has not begun is after all others that have, one without a duration before all others. */
const SORTED_BY: Record<TaskSort, SortKey> = {
  task_id: textKey('task_id'),
  state: textKey('toString(state)'),
  started_at: numberKey('ifNull(toFloat64(toUnixTimestamp64Milli(started_at)), 1e15)'),
  execution_time_seconds: numberKey('ifNull(execution_time_seconds, -1)'),
  model: textKey('toString(model)'),
  worker_id: textKey('toString(worker_id)'),
  reason: textKey("if(error_class = '', note, concat(error_class, ': ', error_message))"),
};

/** A page of a run's tasks, sorted; among equals by task id. */
export function findTasks(
  database: Queries,
  { run_id, state, task_id, search, after_task_id, sort, descending, after, limit }: AskedQuery<'tasks'>,
): Promise<TaskReply[]> {
  const key = SORTED_BY[sort];
  const { where, parameters } = filterBy([
    equals('run_id', 'UUID', run_id),
    ['task_id > {after_task_id:String}', { after_task_id }],
    equals('state', 'String', state),
    equals('task_id', 'String', task_id),
    contains(['task_id', 'model', 'worker_id', 'pool'], search),
    afterRow(
      key,
      descending,
      { column: 'task_id', type: 'String' },
      after && { value: after.value, id: after.task_id },
    ),
  ]);
  return database.query(
    `SELECT ${SHOWN}, ${key.column} AS sort_value FROM tasks FINAL ${where}
     ORDER BY sort_value ${descending ? 'DESC' : 'ASC'}, task_id LIMIT {limit:UInt32}`,
    { ...parameters, limit },
  );
}

/** How many tasks of each run are in which state. */
export function countTasks(
  database: Queries,
  runs: readonly RunRow['run_id'][],
): Promise<Array<{ run_id: string; state: TaskState; count: number }>> {
  return database.query(
    `SELECT run_id, state, count() AS count FROM tasks FINAL
     WHERE run_id IN ({runs:Array(UUID)}) GROUP BY run_id, state`,
    { runs: [...runs] },
  );
}

/** What a task is, as far as any of its rows says. */
export interface TaskDetails {
  run_id: string;
  task_id: string;
  executor: string;
  benchmark: string;
  model: string;
}

/** Details of tasks that are known, whatever their state, those of replaced ones too. */
export function findDetails(
  database: Queries,
  keys: ReadonlyArray<{ run_id: string; task_id: string }>,
): Promise<TaskDetails[]> {
  return database.query(
    `SELECT run_id, task_id, max(executor) AS executor, max(benchmark) AS benchmark, max(model) AS model FROM tasks
     WHERE (run_id, task_id) IN (
       SELECT key.1, key.2 FROM (SELECT arrayJoin(arrayZip({runs:Array(UUID)}, {tasks:Array(String)})) AS key))
     GROUP BY run_id, task_id`,
    { runs: keys.map((key) => key.run_id), tasks: keys.map((key) => key.task_id) },
  );
}
