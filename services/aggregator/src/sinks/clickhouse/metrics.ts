import { type MetricBatch, parseMetricBatch } from '@benchwire/shared/contracts/metrics.ts';
import { METRICS } from '@benchwire/shared/contracts/streams.ts';
import type { Parsed } from '@benchwire/shared/runtime/issues.ts';
import { metricRows, timeIssues, withPlausibleTimes } from '../../decide/metric-rows.ts';
import { insertSamples } from '../../tables/samples.ts';
import type { StreamToTables } from './stream-to-tables.ts';

/** METRICS -> samples. */
export const metricsToTables: StreamToTables<MetricBatch> = {
  stream: METRICS,
  rejects_to: 'metrics',
  read: (message) => parseBatch(message.data, Number(message.timestampNanos ?? 0n) / 1e6 || message.time.getTime()),
  write: (database, batches) => insertSamples(database, batches.flatMap(metricRows)),
  runOf: ({ run_id }) => run_id,
  // A message may be as large as a megabyte, 65,000 points: a whole batch of those takes seconds.
  max_batch: 50,
  ack_wait_ms: 30_000,
};

function parseBatch(bytes: Uint8Array, stored_at_ms: number): Parsed<MetricBatch> {
  const parsed = parseMetricBatch(bytes);
  if (!parsed.ok) return parsed;
  const value = withPlausibleTimes(parsed.value, stored_at_ms);
  const issues = timeIssues(value, stored_at_ms);
  return issues.length === 0 ? { ok: true, value } : { ok: false, issues };
}
