import type { FindingRow as FindingReply, QueryParameters } from '@benchwire/shared/contracts/query.ts';
import type { Database } from '../adapters/clickhouse.ts';
import type { Table } from './table.ts';

/** What the anomaly service found; the first word about a point counts. */
export const findings = {
  name: 'findings',
  columns: {
    finding_id: 'String',
    kind: 'LowCardinality(String)',
    series_id: 'String',
    run_id: 'UUID',
    task_id: 'String',
    attempt: 'UInt32',
    benchmark: 'LowCardinality(String)',
    model: 'LowCardinality(String)',
    executor: 'LowCardinality(String)',
    precision: 'LowCardinality(String)',
    batch_size: 'Nullable(UInt32)',
    scenario: 'LowCardinality(String)',
    variant: 'LowCardinality(String)',
    fingerprint: 'LowCardinality(String)',
    metric: 'LowCardinality(String)',
    unit: 'LowCardinality(String)',
    is_simulated: 'Bool',
    pool: 'LowCardinality(String)',
    source: 'String',
    previous_source: 'String',
    detected_at: "DateTime64(3, 'UTC')",
    measured_at: "DateTime64(3, 'UTC')",
    value: 'Float64',
    baseline_median: 'Float64',
    baseline_mad: 'Float64',
    baseline_scale: 'Float64',
    baseline_n: 'UInt32',
    baseline_values: 'Array(Float64)',
    z_score: 'Float64',
    threshold: 'Float64',
    change_percent: 'Nullable(Float64)',
    message: 'String',
    version: 'UInt64',
  },
  engine: 'ReplacingMergeTree(version)',
  order_by: 'finding_id',
  ttl: { column: 'detected_at', kept: 'findings' },
} as const satisfies Table<string>;

export type FindingRow = Readonly<Record<keyof typeof findings.columns, unknown>>;

/** Newest first. */
export function findFindings(
  database: Database,
  { run_id, kind, limit = 50 }: QueryParameters<'findings'>,
): Promise<FindingReply[]> {
  const conditions = [
    ...(run_id === undefined ? [] : ['run_id = {run_id:UUID}']),
    ...(kind === undefined ? [] : ['kind = {kind:String}']),
  ];
  return database.query(
    `SELECT finding_id, kind, series_id, run_id, task_id, benchmark, model, batch_size, metric, pool, value,
       baseline_median, z_score, change_percent, detected_at, message
     FROM findings FINAL ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}
     ORDER BY detected_at DESC, finding_id LIMIT {limit:UInt32}`,
    { limit, ...(run_id === undefined ? {} : { run_id }), ...(kind === undefined ? {} : { kind }) },
  );
}
