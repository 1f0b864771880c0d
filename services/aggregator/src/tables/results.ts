import type { AttemptKey } from '@benchwire/shared/contracts/ids.ts';
import type { SeriesSort } from '@benchwire/shared/contracts/list-sort.ts';
import { DECIDING_NOTHING } from '@benchwire/shared/contracts/provenance.ts';
import type { AskedQuery, QueryRow } from '@benchwire/shared/contracts/query.ts';
import type {
  AggregateRow,
  LinePointRow,
  ResultRow as ResultReply,
  RunOfSeriesRow,
  SeriesRow,
} from '@benchwire/shared/contracts/rows.ts';
import type { Queries } from '../adapters/database.ts';
import {
  afterRow,
  contains,
  equals,
  filterBy,
  fits,
  numberKey,
  type SortKey,
  since,
  textKey,
  until,
} from './filter.ts';
import { SERIES_COLUMNS, SERIES_FIELDS } from './series-columns.ts';
import { columnsOf, type Table } from './table.ts';

/** One row per series point. By series first, because that is how history is read. */
export const results = {
  name: 'results',
  columns: {
    series_id: 'String',
    run_id: 'UUID',
    task_id: 'String',
    attempt: 'UInt32',
    measured_at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD)",
    ...SERIES_COLUMNS,
    pool: 'LowCardinality(String)',
    worker_id: 'LowCardinality(String)',
    unit: 'LowCardinality(String)',
    value: 'Float64',
    ci_low: 'Nullable(Float64)',
    ci_high: 'Nullable(Float64)',
    samples: 'UInt64',
    steady: 'Nullable(Bool)',
    commit: 'LowCardinality(String)',
    branch: 'LowCardinality(String)',
    source: 'String CODEC(ZSTD)',
    version: 'UInt64 CODEC(Delta, ZSTD)',
    is_deleted: 'UInt8',
    /** Which way is better, where the program or the task said it. */
    better: 'LowCardinality(String)',
    /** As it was printed, where the series is kept in another unit. */
    printed_value: 'Nullable(Float64)',
    printed_unit: 'LowCardinality(String)',
    /** What limits the meaning of the value: a code and a text at the same place. */
    note_codes: 'Array(LowCardinality(String))',
    notes: 'Array(String) CODEC(ZSTD)',
    /** JSON: the pairs of a head and a base side that the value is from (contracts/base.ts); empty for none. */
    pairs: 'String CODEC(ZSTD)',
  },
  engine: 'ReplacingMergeTree(version, is_deleted)',
  order_by: '(series_id, run_id, task_id, attempt)',
  indices: ['by_run run_id TYPE bloom_filter GRANULARITY 1'],
  ttl: { column: 'measured_at', kept: 'results' },
} as const satisfies Table<string>;

export type ResultRow = Readonly<Record<keyof typeof results.columns, unknown>>;

/**
 * What is newest is told by the stream and not by `measured_at`, which began as a worker's word: a row's `version` falls along
 * the stream (decide/versions.ts), so the newest point has the lowest.
 */
const SHOWN = columnsOf(results)
  // Pairs are for verdicts, and long.
  .filter((column) => column !== 'version' && column !== 'is_deleted' && column !== 'pairs')
  .join(', ');

/** What was to be measured, and the memory that it took meanwhile: what tables of results show. */
export const RESULTS_ONLY = "(series_kind = 'result' OR (series_kind = 'memory' AND batch_size IS NOT NULL))";

/** Points of a run, by task; whole tasks only when `after_task_id` pages on. */
export function findResults(
  database: Queries,
  { run_id, after_task_id, with_all_kinds, limit }: AskedQuery<'results'>,
): Promise<ResultReply[]> {
  return database.query(
    `SELECT ${SHOWN} FROM results FINAL WHERE run_id = {run_id:UUID} AND task_id > {after_task_id:String}
       ${with_all_kinds ? '' : `AND ${RESULTS_ONLY}`}
     ORDER BY task_id, attempt, metric, batch_size, series_id LIMIT {limit:UInt32}`,
    { run_id, after_task_id, limit },
  );
}

/** The last points of one series, or of a part of its time, oldest first. */
export function findPoints(
  database: Queries,
  { series_id, since: from, until: to, limit }: AskedQuery<'points'>,
): Promise<ResultReply[]> {
  const { where, parameters } = filterBy([
    equals('series_id', 'String', series_id),
    since('measured_at', from),
    until('measured_at', to),
  ]);
  return database.query(
    `SELECT ${SHOWN} FROM (
       SELECT ${SHOWN}, version FROM results FINAL ${where}
       ORDER BY version, run_id DESC, task_id DESC, attempt DESC LIMIT {limit:UInt32})
     ORDER BY version DESC, run_id, task_id, attempt`,
    { ...parameters, limit },
  );
}

/** The last points of a page of series, by series id and then oldest first; without those that decide nothing. */
export function findHistory(
  database: Queries,
  { after_series_id, series_limit, points_per_series }: AskedQuery<'history'>,
): Promise<ResultReply[]> {
  return database.query(
    `SELECT ${SHOWN} FROM (
       SELECT ${SHOWN}, version FROM results FINAL
       WHERE series_id IN (
         SELECT DISTINCT series_id FROM results WHERE series_id > {after_series_id:String}
         ORDER BY series_id LIMIT {series_limit:UInt32})
         AND NOT hasAny(note_codes, [${DECIDING_NOTHING.map((code) => `'${code}'`).join(', ')}])
       ORDER BY series_id, version, run_id DESC, task_id DESC, attempt DESC
       LIMIT {points_per_series:UInt32} BY series_id)
     ORDER BY series_id, version DESC, run_id, task_id, attempt`,
    { after_series_id, series_limit, points_per_series },
  );
}

const LINE_POINT = [
  'series_id',
  'run_id',
  'task_id',
  'measured_at',
  'value',
  'ci_low',
  'ci_high',
  'steady',
  'source',
  'pairs',
].join(', ');

/** The last points of some series, by series id and then oldest first. */
export function findLinePoints(
  database: Queries,
  { series_ids, points_per_series }: AskedQuery<'line_points'>,
): Promise<LinePointRow[]> {
  return database.query(
    `SELECT ${LINE_POINT} FROM (
       SELECT ${LINE_POINT}, version, attempt FROM results FINAL
       WHERE series_id IN ({series_ids:Array(String)})
         AND NOT hasAny(note_codes, [${DECIDING_NOTHING.map((code) => `'${code}'`).join(', ')}])
       ORDER BY series_id, version, run_id DESC, task_id DESC, attempt DESC
       LIMIT {points_per_series:UInt32} BY series_id)
     ORDER BY series_id, version DESC, run_id, task_id, attempt`,
    { series_ids: [...series_ids], points_per_series },
  );
}

/** Runs with points in some series, newest first. */
export function findRunsOfSeries(
  database: Queries,
  { series_ids, limit }: AskedQuery<'runs_of_series'>,
): Promise<RunOfSeriesRow[]> {
  return database.query(
    `SELECT run_id, any(source) AS source FROM results FINAL
     WHERE series_id IN ({series_ids:Array(String)}) GROUP BY run_id ORDER BY min(version) LIMIT {limit:UInt32}`,
    { series_ids: [...series_ids], limit },
  );
}

/** Points of a series that are looked at for one of the model file. */
const LOOKED_AT = 100;

/** The newest point of each series whose attempt had a certain model file. */
export function findFresh(
  database: Queries,
  { series_ids, model_sha256, max_age_seconds }: AskedQuery<'fresh'>,
): Promise<ResultReply[]> {
  const recent =
    max_age_seconds === undefined ? '' : 'AND measured_at >= now64(3) - toIntervalMillisecond({age_ms:UInt64})';
  const candidates = `SELECT ${SHOWN}, version FROM results FINAL WHERE series_id IN ({series_ids:Array(String)}) ${recent}
     ORDER BY series_id, version LIMIT ${LOOKED_AT} BY series_id`;
  return database.query(
    `SELECT ${SHOWN} FROM (${candidates})
     WHERE (run_id, task_id, attempt) IN (
       SELECT run_id, task_id, attempt FROM attempts FINAL
       WHERE run_id IN (SELECT run_id FROM (${candidates}))
         AND JSONExtractString(environment, 'model_sha256') = {model_sha256:String})
     ORDER BY series_id, version LIMIT 1 BY series_id`,
    {
      series_ids: [...series_ids],
      model_sha256,
      ...(max_age_seconds === undefined ? {} : { age_ms: Math.round(max_age_seconds * 1000) }),
    },
  );
}

/** Every series with its last point, the one that changed last first; those of one run by name. */
export function findSeries(
  database: Queries,
  { search, series_id, series_kind, model, benchmark, metric, sort, descending, after, limit }: AskedQuery<'series'>,
): Promise<SeriesRow[]> {
  const key = SERIES_SORTED_BY[sort];
  const direction = descending ? 'DESC' : 'ASC';
  const last = after && { value: after.value, id: after.series_id };
  const page = filterBy([
    afterRow({ ...key, column: 'sort_value' }, descending, { column: 'series_id', type: 'String' }, last),
  ]);
  const { where, parameters } = filterBy([
    equals('series_id', 'String', series_id),
    equals('series_kind', 'String', series_kind),
    equals('model', 'String', model),
    fits('benchmark', 'benchmark', benchmark),
    equals('metric', 'String', metric),
    contains(['benchmark', 'model', 'metric'], search),
  ]);
  // What a series is stands in each of its points, so it is read from the newest alone: of a million points that takes a
  // fifth of the time.
  return database.query(
    `SELECT series_id, ${SHOWN_OF_SERIES.map((column) => `r.${column} AS ${column}`).join(', ')}, r.value AS last_value, points, first_at, last_at,
       sort_value
     FROM results AS r FINAL
     INNER JOIN (
       SELECT series_id, count() AS points, argMax(measured_at, version) AS first_at, argMin(measured_at, version) AS last_at,
         min(version) AS newest, ${key.column} AS sort_value
       FROM results FINAL ${where} GROUP BY series_id ${page.where.replace('WHERE', 'HAVING')}
       ORDER BY sort_value ${direction}, series_id LIMIT {limit:UInt32}) AS s USING series_id
     WHERE r.version = s.newest
     ORDER BY sort_value ${direction}, benchmark, model, metric, batch_size, series_id, r.run_id DESC LIMIT 1 BY series_id`,
    { ...parameters, ...page.parameters, limit },
  );
}

/** A series' fields are the same in each of its points. The newest point has the lowest version. */
const SERIES_SORTED_BY: Record<SeriesSort, SortKey> = {
  last_at: numberKey('-toFloat64(min(version))'),
  points: numberKey('toFloat64(count())'),
  last_value: numberKey('argMin(value, version)'),
  batch_size: numberKey('ifNull(toFloat64(any(batch_size)), -1)'),
  model: textKey("any(if(model = '', benchmark, model))"),
  metric: textKey('any(metric)'),
  series_kind: textKey('toString(any(series_kind))'),
  benchmark: textKey('any(benchmark)'),
  precision: textKey('any(precision)'),
  executor: textKey('any(executor)'),
  pool: textKey('argMin(pool, version)'),
};

/** What a series is, and where it was measured last. */
const SHOWN_OF_SERIES = [...SERIES_FIELDS, 'pool', 'unit'];

/** The fields of the tuple `newest`, by their names. */
const columnsOfNewest = (columns: readonly string[]): string =>
  columns.map((column, at) => `newest.${at + 1} AS ${column}`).join(', ');

/** The series that an attempt has points in. */
export function seriesOfAttempt(database: Queries, key: AttemptKey): Promise<Array<{ series_id: string }>> {
  return database.query(
    `SELECT DISTINCT series_id FROM results
     WHERE run_id = {run_id:UUID} AND task_id = {task_id:String} AND attempt = {attempt:UInt32}`,
    { run_id: key.run_id, task_id: key.task_id, attempt: key.attempt },
  );
}

/** The newest value of each series of a metric; simulated ones are left out. */
export function findMatrix(
  database: Queries,
  { metric, model, hardware, limit }: AskedQuery<'matrix'>,
): Promise<Array<QueryRow<'matrix'>>> {
  return database.query(
    `SELECT series_id, ${columnsOfNewest(MATRIX_COLUMNS)}
     FROM (
       SELECT series_id, argMin(tuple(${MATRIX_COLUMNS.join(', ')}), version) AS newest
       FROM results FINAL
       WHERE metric = {metric:String} AND NOT is_simulated
         ${model === '' ? '' : 'AND model = {model:String}'}
         ${hardware === '' ? '' : "AND (pool = {hardware:String} OR startsWith(pool, concat({hardware:String}, '-')))"}
       GROUP BY series_id)
     ORDER BY measured_at DESC, series_id LIMIT {limit:UInt32}`,
    { metric, limit, ...(model === '' ? {} : { model }), ...(hardware === '' ? {} : { hardware }) },
  );
}

/** The newest points of each series of a metric, oldest first; simulated ones are left out. */
export function findMatrixHistory(
  database: Queries,
  { metric, points, limit }: AskedQuery<'matrix_history'>,
): Promise<Array<QueryRow<'matrix_history'>>> {
  const column = (at: number): string => `arrayMap(each -> each.${at}, points)`;
  return database.query(
    `SELECT series_id, ${column(2)} AS run_ids, ${column(3)} AS measured_at, ${column(4)} AS values
     FROM (
       SELECT series_id, arrayReverse(arraySlice(arraySort(groupArray((version, run_id, measured_at, value))), 1, {points:UInt32})) AS points
       FROM results FINAL WHERE metric = {metric:String} AND NOT is_simulated GROUP BY series_id)
     ORDER BY series_id LIMIT {limit:UInt32}`,
    { metric, points, limit },
  );
}

/** Each of these series with its newest values, oldest first. */
export function findAggregates(
  database: Queries,
  { series_ids, points }: { series_ids: readonly string[]; points: number },
): Promise<AggregateRow[]> {
  return database.query(
    `SELECT series_id, count, values, ${columnsOfNewest(AGGREGATE_COLUMNS)}
     FROM (
       SELECT series_id, count() AS count,
         arrayReverse(arrayMap(each -> each.2, arraySlice(arraySort(groupArray((version, value))), 1, {points:UInt32}))) AS values,
         argMin(tuple(${AGGREGATE_COLUMNS.join(', ')}), (version, run_id)) AS newest
       FROM results FINAL WHERE series_id IN ({series_ids:Array(String)}) GROUP BY series_id)
     ORDER BY series_id`,
    { series_ids: [...series_ids], points },
  );
}

const AGGREGATE_COLUMNS = [...SERIES_FIELDS, 'pool', 'unit', 'better', 'value', 'measured_at', 'run_id'];

/** Every model that has real results, by name. */
export function findModels(database: Queries, { limit }: AskedQuery<'models'>): Promise<Array<QueryRow<'models'>>> {
  return database.query(
    `SELECT model, max(measured_at) AS last_measured_at, arraySort(groupUniqArray(executor)) AS executors,
       arraySort(groupUniqArray(pool)) AS pools
     FROM results FINAL WHERE model != '' AND NOT is_simulated GROUP BY model ORDER BY model LIMIT {limit:UInt32}`,
    { limit },
  );
}

/** Every metric that has real results, that of the most series first. */
export function findMetrics(
  database: Queries,
  { model, limit }: AskedQuery<'metrics'>,
): Promise<Array<QueryRow<'metrics'>>> {
  return database.query(
    `SELECT metric, argMin(unit, version) AS unit, argMin(better, version) AS better, uniqExact(series_id) AS series,
       max(measured_at) AS last_measured_at
     FROM results FINAL WHERE NOT is_simulated ${model === '' ? '' : 'AND model = {model:String}'}
     GROUP BY metric ORDER BY series DESC, metric LIMIT {limit:UInt32}`,
    { limit, ...(model === '' ? {} : { model }) },
  );
}

const MATRIX_COLUMNS = [
  ...['benchmark', 'model', 'pool', 'precision', 'batch_size', 'metric', 'unit', 'value', 'ci_low', 'ci_high'],
  ...['samples', 'measured_at', 'run_id', 'better', 'note_codes', 'notes'],
  ...['executor', 'scenario', 'variant', 'fingerprint', 'task_id'],
];
