import type { AskedQuery, QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { Queries } from '../adapters/database.ts';
import { equals, filterBy } from './filter.ts';

const CLASS = "splitByChar('-', pool)[1]";
const CELL = ['model', 'executor', 'precision', 'hardware'];

/** What the newest attempt of a cell says. */
const NEWEST = ['status', 'finished_at', 'run_id', 'task_id', 'error_class', 'error_code', 'error_message'];

/** Metrics that a cell shows, of the smallest batch size. */
const NUMBERS = ['latency_ms', 'throughput_items_per_second', 'memory_mb'];

/**
 * Each model on each class of hardware, with each executor and precision: how its newest attempt ended, and the newest numbers.
 * What a person cancelled and what went down with its worker says nothing of the model.
 */
export function findCompatibility(
  database: Queries,
  { model, hardware, limit }: AskedQuery<'compatibility'>,
): Promise<Array<QueryRow<'compatibility'>>> {
  const { where, parameters } = filterBy([
    equals('model', 'String', model),
    equals('hardware', 'String', hardware),
    ["model != ''", {}],
    ["pool != ''", {}],
    ['NOT is_simulated', {}],
  ]);
  const numbers = NUMBERS.map((name) => `argMinIf(value, version, metric = '${name}') AS ${name}_newest`);
  return database.query(
    `SELECT ${CELL.map((name) => `ended.${name} AS ${name}`).join(', ')}, completed, failed,
       newest.1 AS last_status, newest.2 AS last_at, newest.3 AS run_id, newest.4 AS task_id,
       ${['error_class', 'error_code', 'error_message'].map((name, at) => `if(newest.1 = 'completed', '', newest.${at + 5}) AS ${name}`).join(', ')},
       devices, ${NUMBERS.map((name) => `measured.${name} AS ${name}`).join(', ')}, measured.batch_size AS batch_size, measured.series_id AS series_id
     FROM (
       SELECT ${CELL.join(', ')}, countIf(status = 'completed') AS completed, countIf(status != 'completed') AS failed,
         argMax(tuple(${NEWEST.join(', ')}), (finished_at, attempt)) AS newest, uniqExact(fingerprint) AS devices
       FROM (SELECT *, ${CLASS} AS hardware FROM attempts FINAL)
       ${where} AND status IN ('completed', 'failed', 'timed_out') AND error_class NOT IN ('cancelled', 'lost_worker', 'no_pool', 'dependency_failed')
       GROUP BY ${CELL.join(', ')}) AS ended
     LEFT JOIN (
       SELECT ${CELL.join(', ')}, batch_size,
         ${NUMBERS.map((name) => `if(has_${name}, ${name}_newest, NULL) AS ${name}`).join(', ')}, series_of_latency AS series_id
       FROM (
         SELECT ${CELL.join(', ')}, batch_size, ${numbers.join(', ')},
           ${NUMBERS.map((name) => `countIf(metric = '${name}') > 0 AS has_${name}`).join(', ')},
           argMinIf(series_id, version, metric = 'latency_ms') AS series_of_latency
         FROM (SELECT *, ${CLASS} AS hardware FROM results FINAL)
         ${where} AND metric IN (${NUMBERS.map((name) => `'${name}'`).join(', ')})
         GROUP BY ${CELL.join(', ')}, batch_size)
       ORDER BY batch_size LIMIT 1 BY ${CELL.join(', ')}) AS measured
     ON ${CELL.map((name) => `ended.${name} = measured.${name}`).join(' AND ')}
     ORDER BY model, hardware, executor, precision LIMIT {limit:UInt32}
     SETTINGS join_use_nulls = 0`,
    { ...parameters, limit },
  );
}
