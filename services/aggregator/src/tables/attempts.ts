import type { AttemptKey } from '@benchwire/shared/contracts/ids.ts';
import type { AskedQuery, QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { Queries } from '../adapters/database.ts';
import { timeParameter } from './filter.ts';
import type { Table } from './table.ts';

/** One row per attempt: its outcome, whole. Of several outcomes the first in the stream has the highest version. */
export const attempts = {
  name: 'attempts',
  columns: {
    run_id: 'UUID',
    task_id: 'String',
    attempt: 'UInt32',
    max_attempts: 'UInt32',
    status: 'LowCardinality(String)',
    is_final: 'Bool',
    error_class: 'LowCardinality(String)',
    error_code: 'LowCardinality(String)',
    error_message: 'String CODEC(ZSTD)',
    error_retriable: 'Nullable(Bool)',
    worker_id: 'LowCardinality(String)',
    device_id: 'LowCardinality(String)',
    pool: 'LowCardinality(String)',
    fingerprint: 'LowCardinality(String)',
    benchmark: 'LowCardinality(String)',
    executor: 'LowCardinality(String)',
    model: 'LowCardinality(String)',
    precision: 'LowCardinality(String)',
    scenario: 'LowCardinality(String)',
    variant: 'LowCardinality(String)',
    request_name: 'LowCardinality(String)',
    commit: 'LowCardinality(String)',
    branch: 'LowCardinality(String)',
    source: 'String CODEC(ZSTD)',
    tags: 'Map(LowCardinality(String), String)',
    queued_at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD)",
    started_at: "Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD)",
    finished_at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD)",
    execution_time_seconds: 'Nullable(Float64)',
    is_simulated: 'Bool',
    simulation_reason: 'LowCardinality(String)',
    results: 'String CODEC(ZSTD)',
    timings: 'String CODEC(ZSTD)',
    hardware_metrics: 'String CODEC(ZSTD)',
    environment: 'String CODEC(ZSTD)',
    logs: 'String CODEC(ZSTD)',
    version: 'UInt64 CODEC(Delta, ZSTD)',
    /** How far the worker's clock was off, as JSON. */
    clock: 'String CODEC(ZSTD)',
  },
  engine: 'ReplacingMergeTree(version)',
  order_by: '(run_id, task_id, attempt)',
  ttl: { column: 'finished_at', kept: 'attempts' },
} as const satisfies Table<string>;

export type AttemptRow = Readonly<Record<keyof typeof attempts.columns, unknown>>;

/** Parameters stay small enough for a URL. */
const KEYS_PER_QUERY = 500;

/** The highest version stored of each of these attempts; attempts that are not stored are left out. */
export async function storedVersions(
  database: Queries,
  keys: readonly AttemptKey[],
): Promise<Array<AttemptKey & { version: number }>> {
  const found: Array<AttemptKey & { version: number }> = [];
  for (let at = 0; at < keys.length; at += KEYS_PER_QUERY) {
    const some = keys.slice(at, at + KEYS_PER_QUERY);
    found.push(
      ...(await database.query<AttemptKey & { version: number }>(
        `SELECT run_id, task_id, attempt, max(version) AS version FROM attempts
         WHERE (run_id, task_id, attempt) IN (
           SELECT key.1, key.2, key.3 FROM (
             SELECT arrayJoin(arrayZip({runs:Array(UUID)}, {tasks:Array(String)}, {numbers:Array(UInt32)})) AS key))
         GROUP BY run_id, task_id, attempt`,
        {
          runs: some.map((key) => key.run_id),
          tasks: some.map((key) => key.task_id),
          numbers: some.map((key) => key.attempt),
        },
      )),
    );
  }
  return found;
}

/** A task's attempts, the first one first. */
export function findAttempts(
  database: Queries,
  { run_id, task_id }: AskedQuery<'attempts'>,
): Promise<Array<QueryRow<'attempts'>>> {
  return database.query(
    `SELECT attempt, status, worker_id, pool, started_at, finished_at, execution_time_seconds, error_class, error_code,
       error_message, logs
     FROM attempts FINAL WHERE run_id = {run_id:UUID} AND task_id = {task_id:String} ORDER BY attempt`,
    { run_id, task_id },
  );
}

const SINCE = `finished_at >= ${timeParameter('since')}`;

/** How many tasks ended how in each stretch of time; stretches without any are left out. */
export function findThroughput(
  database: Queries,
  { since, bucket_seconds }: AskedQuery<'throughput'>,
): Promise<Array<QueryRow<'throughput'>>> {
  const counts = ['completed', 'failed', 'timed_out', 'cancelled', 'lost'].map(
    (status) => `countIf(status = '${status}') AS ${status}`,
  );
  return database.query(
    `SELECT toDateTime64(toStartOfInterval(finished_at, toIntervalSecond({bucket_seconds:UInt32})), 3, 'UTC') AS at,
       ${counts.join(', ')}
     FROM attempts FINAL WHERE is_final AND ${SINCE} GROUP BY at ORDER BY at`,
    { since, bucket_seconds },
  );
}

/** Attempts that failed and were not cancelled, by pool and class of error, the most first. */
export function findFailures(
  database: Queries,
  { since, limit }: AskedQuery<'failures'>,
): Promise<Array<QueryRow<'failures'>>> {
  return database.query(
    `SELECT pool, error_class, count() AS attempts FROM attempts FINAL
     WHERE error_class != '' AND status != 'cancelled' AND ${SINCE} GROUP BY pool, error_class ORDER BY attempts DESC LIMIT {limit:UInt32}`,
    { since, limit },
  );
}

/** Where failed tasks were tried again, and how often that helped. */
export function findRecovery(
  database: Queries,
  { since }: AskedQuery<'recovery'>,
): Promise<Array<QueryRow<'recovery'>>> {
  return database.query(
    `SELECT multiIf(worker_id = worker_before, 'same_worker', pool = pool_before, 'same_pool', 'other_pool') AS strategy,
       count() AS attempts, countIf(status = 'completed') AS recovered
     FROM (
       SELECT attempt, status, worker_id, pool,
         lagInFrame(worker_id) OVER attempts_of_task AS worker_before,
         lagInFrame(pool) OVER attempts_of_task AS pool_before
       FROM attempts FINAL WHERE ${SINCE}
       WINDOW attempts_of_task AS (
         PARTITION BY run_id, task_id ORDER BY attempt ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
     ) WHERE pool_before != '' AND status != 'cancelled' GROUP BY strategy ORDER BY strategy`,
    { since },
  );
}

/** Under which settings tasks of these names completed in other runs. */
export function findEarlierSeries(
  database: Queries,
  { run_id, benchmarks, task_ids, limit }: AskedQuery<'earlier_series'>,
): Promise<Array<QueryRow<'earlier_series'>>> {
  const settings = 'task_id, benchmark, executor, model, precision, scenario, variant, fingerprint';
  return database.query(
    `SELECT ${settings}, argMax(attempts.run_id, finished_at) AS run_id, max(finished_at) AS last_at, count() AS attempts
     FROM attempts FINAL
     WHERE benchmark IN ({benchmarks:Array(String)}) AND task_id IN ({task_ids:Array(String)})
       AND status = 'completed' AND attempts.run_id != {run_id:UUID}
     GROUP BY ${settings} ORDER BY last_at DESC, variant LIMIT {limit:UInt32}`,
    { run_id, benchmarks: [...benchmarks], task_ids: [...task_ids], limit },
  );
}
