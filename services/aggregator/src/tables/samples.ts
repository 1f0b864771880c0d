import type { AskedQuery, QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { Database, Queries } from '../adapters/database.ts';
import { createTable, onCluster, type Retention, type Table } from './table.ts';

/**
 * Raw metric points. A point's key is its place: `sequence` of the batch in the attempt and `position` in the batch, so
 * that two points of one metric at the same time stay two, and a redelivered batch changes nothing.
 */
export const samples = {
  name: 'samples',
  columns: {
    run_id: 'UUID CODEC(ZSTD)',
    task_id: 'String CODEC(ZSTD)',
    attempt: 'UInt32 CODEC(Delta, ZSTD)',
    metric: 'LowCardinality(String)',
    sequence: 'UInt32 CODEC(Delta, ZSTD)',
    position: 'UInt32 CODEC(DoubleDelta, ZSTD)',
    time: "DateTime64(6, 'UTC') CODEC(DoubleDelta, ZSTD)",
    value: 'Float64 CODEC(Gorilla, ZSTD)',
    unit: 'LowCardinality(String)',
    batch_size: 'Nullable(UInt32) CODEC(ZSTD)',
    worker_id: 'LowCardinality(String)',
  },
  engine: 'ReplacingMergeTree',
  order_by: '(run_id, task_id, attempt, metric, sequence, position)',
  partition_by: 'toMonday(time)',
  ttl: { column: 'time', kept: 'samples' },
  settings: ['ttl_only_drop_parts = 1'],
} as const satisfies Table<string>;

/** What is inserted: one row per column of a metric batch. Stores nothing; the view below makes it samples. */
const samplesIn = {
  name: 'samples_in',
  columns: {
    run_id: 'UUID',
    task_id: 'String',
    attempt: 'UInt32',
    metric: 'LowCardinality(String)',
    sequence: 'UInt32',
    first_position: 'UInt32',
    times_ms: 'String',
    values: 'String',
    unit: 'LowCardinality(String)',
    batch_size: 'Nullable(UInt32)',
    worker_id: 'LowCardinality(String)',
  },
} as const;

export type SamplesInRow = Readonly<Record<keyof typeof samplesIn.columns, unknown>>;

/**
 * The tables behind `samples`. Numbers come in as base64 of little-endian float64: writing them as text and reading
 * them back costs more than all the rest of an insert.
 */
export function createSamples(database: Database, retention: Retention): string[] {
  const on = onCluster(database);
  const columns = Object.entries(samplesIn.columns).map(([name, type]) => `  \`${name}\` ${type}`);
  return [
    createTable(database, samples, retention),
    `CREATE TABLE IF NOT EXISTS samples_in${on} (\n${columns.join(',\n')}\n) ENGINE = Null`,
    `CREATE MATERIALIZED VIEW IF NOT EXISTS samples_view${on} TO samples AS
     SELECT run_id, task_id, attempt, metric, sequence, toUInt32(first_position + place - 1) AS position,
       fromUnixTimestamp64Micro(toInt64(round(time_ms * 1000)), 'UTC') AS time, point AS value, unit, batch_size, worker_id
     FROM samples_in
     ARRAY JOIN reinterpret(base64Decode(times_ms), 'Array(Float64)') AS time_ms,
       reinterpret(base64Decode(values), 'Array(Float64)') AS point,
       arrayEnumerate(reinterpret(base64Decode(times_ms), 'Array(Float64)')) AS place`,
  ];
}

/** Writes rows of metric columns as points. */
export async function insertSamples(database: Database, rows: readonly SamplesInRow[]): Promise<void> {
  const columns = Object.keys(samplesIn.columns) as Array<keyof SamplesInRow>;
  await database.insert(
    samplesIn.name,
    columns,
    rows.map((row) => columns.map((column) => row[column])),
  );
}

interface Choice {
  run_id: string;
  task_id?: string | undefined;
  metric?: string | undefined;
}

/** The points of each task's last attempt. */
function chosen({ run_id, task_id, metric }: Choice): { from: string; parameters: Record<string, unknown> } {
  const where = [
    'run_id = {run_id:UUID}',
    ...(task_id === undefined ? [] : ['task_id = {task_id:String}']),
    ...(metric === undefined ? [] : ['metric = {metric:String}']),
  ].join(' AND ');
  return {
    from: `FROM samples FINAL WHERE ${where}
       AND (task_id, attempt) IN (SELECT task_id, max(attempt) FROM samples WHERE ${where} GROUP BY task_id)`,
    parameters: {
      run_id,
      ...(task_id === undefined ? {} : { task_id }),
      ...(metric === undefined ? {} : { metric }),
    },
  };
}

/** Raw points, columnar: as they are, or where there are too many the mean of each of `max_points` equal groups. */
export function findSamples(
  database: Queries,
  { max_points, limit, ...choice }: AskedQuery<'samples'>,
): Promise<Array<QueryRow<'samples'>>> {
  const { from, parameters } = chosen(choice);
  return database.query(
    `SELECT task_id, metric, any(unit) AS unit, batch_size,
       groupArray(time_ms) AS times_ms, groupArray(point) AS values
     FROM (
       SELECT task_id, metric, any(unit) AS unit, batch_size, intDiv(place * {max_points:UInt32}, greatest(n, {max_points:UInt32})) AS bucket,
         avg(toUnixTimestamp64Micro(time)) / 1000 AS time_ms, avg(value) AS point
       FROM (
         SELECT task_id, metric, unit, batch_size, time, value,
           row_number() OVER (PARTITION BY task_id, metric, batch_size ORDER BY sequence, position) - 1 AS place,
           count() OVER (PARTITION BY task_id, metric, batch_size) AS n
         ${from}
       ) GROUP BY task_id, metric, batch_size, bucket ORDER BY task_id, metric, batch_size, bucket
     ) GROUP BY task_id, metric, batch_size ORDER BY task_id, metric, batch_size LIMIT {limit:UInt32}`,
    { ...parameters, max_points, limit },
  );
}

const BARS = 60;

/** How raw points are distributed: quantiles, and a histogram of equal bars up to Tukey's outer fence twice over. */
export function findDistributions(
  database: Queries,
  { limit, ...choice }: AskedQuery<'distributions'>,
): Promise<Array<QueryRow<'distributions'>>> {
  const { from, parameters } = chosen(choice);
  return database.query(
    `SELECT task_id, metric, unit, batch_size, n, least_value AS min, greatest_value AS max, quantiles, bars_to,
       arrayMap(bar -> countEqual(bars, bar), range(${BARS})) AS counts
     FROM (
       SELECT task_id, metric, any(unit) AS unit, batch_size, count() AS n, min(value) AS least_value, max(value) AS greatest_value,
         quantiles(0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)(value) AS quantiles, groupArray(value) AS points,
         least(greatest_value, quantiles[4] + 6 * (quantiles[4] - quantiles[2])) AS fence,
         if(fence > least_value, fence, greatest_value) AS bars_to,
         arrayMap(x -> toUInt8(least(${BARS - 1}, bars_to = least_value ? 0 : floor((x - least_value) / (bars_to - least_value) * ${BARS}))),
           arrayFilter(x -> x <= bars_to, points)) AS bars
       ${from}
       GROUP BY task_id, metric, batch_size ORDER BY task_id, metric, batch_size LIMIT {limit:UInt32}
     )`,
    { ...parameters, limit },
  );
}
