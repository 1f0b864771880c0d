import type { AskedQuery, QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { Queries } from '../adapters/database.ts';
import { equals, filterBy } from './filter.ts';
import type { Table } from './table.ts';

/** How far each executor came with each model type, one row for each coverage run. */
export const modelCoverage = {
  name: 'model_coverage',
  columns: {
    model: 'LowCardinality(String)',
    executor: 'LowCardinality(String)',
    hardware: 'LowCardinality(String)',
    precision: 'LowCardinality(String)',
    checked_at: "DateTime64(3, 'UTC')",
    stage: 'LowCardinality(String)',
    reason: 'String CODEC(ZSTD)',
    parameters: 'Nullable(UInt64)',
    peak_memory_mb: 'Nullable(Float64)',
    difference: 'Nullable(Float64)',
    seconds: 'Nullable(Float64)',
    /** JSON: releases of the packages. */
    versions: 'LowCardinality(String)',
    version: 'UInt64',
  },
  engine: 'ReplacingMergeTree(version)',
  order_by: '(model, executor, hardware, precision, checked_at)',
  ttl: { column: 'checked_at', kept: 'results' },
} as const satisfies Table<string>;

export type ModelCoverageRow = Readonly<Record<keyof typeof modelCoverage.columns, unknown>>;

const FACTS = ['stage', 'reason', 'parameters', 'peak_memory_mb', 'difference', 'seconds', 'versions'];

/** The newest state of each, with the stage of the run before it that had other packages. */
export function findCoverage(
  database: Queries,
  { model, executor, stage, limit }: AskedQuery<'coverage'>,
): Promise<Array<QueryRow<'coverage'>>> {
  const newest = FACTS.map((fact, at) => `newest.${at + 1} AS ${fact}`);
  const { where, parameters } = filterBy([equals('model', 'String', model), equals('executor', 'String', executor)]);
  return database.query(
    `SELECT model, executor, hardware, precision, last_at AS checked_at, ${newest.join(', ')},
       arrayFirst(each -> each.3 != newest.7, runs).2 AS stage_before
     FROM (
       SELECT model, executor, hardware, precision, max(model_coverage.checked_at) AS last_at,
         argMax(tuple(${FACTS.map((fact) => `model_coverage.${fact}`).join(', ')}), model_coverage.checked_at) AS newest,
         arrayReverseSort(groupArray((model_coverage.checked_at, model_coverage.stage, model_coverage.versions))) AS runs
       FROM model_coverage FINAL ${where} GROUP BY model, executor, hardware, precision)
     ${stage === undefined ? '' : 'WHERE newest.1 = {stage:String}'}
     ORDER BY model, executor, hardware, precision LIMIT {limit:UInt32}`,
    { ...parameters, ...(stage === undefined ? {} : { stage }), limit },
  );
}
