import { type MetricBatch, parseMetricBatch } from '@benchwire/shared/contracts/metrics.ts';
import { METRICS } from '@benchwire/shared/contracts/streams.ts';
import { consume, type Running } from '@benchwire/shared/runtime/consume.ts';
import type { Parsed } from '@benchwire/shared/runtime/issues.ts';
import { metricRows, timeIssues, withPlausibleTimes } from '../../decide/metric-rows.ts';
import { insertSamples } from '../../tables/samples.ts';
import type { ClickHouseContext } from './context.ts';
import { writeMessages } from './write.ts';

/** METRICS -> samples. */
export function consumeMetrics({
  database,
  manager,
  jetstream,
  log,
  signal,
  counters,
}: ClickHouseContext): Promise<Running> {
  return consume(manager, jetstream, log, {
    stream: METRICS.name,
    durable: 'aggregator',
    where: 'metrics',
    parse: (message) => parseBatch(message.data, Number(message.timestampNanos ?? 0n) / 1e6 || message.time.getTime()),
    handle: (batch) =>
      writeMessages(
        batch.map((received) => received.value),
        (some) => insertSamples(database, some.flatMap(metricRows)),
        { log, signal },
      ),
    // A message may be as large as a megabyte, 65,000 points: a whole batch of those takes seconds.
    max_batch: 50,
    max_wait_ms: 25,
    ack_wait_ms: 30_000,
    counters: counters(METRICS.name),
  });
}

function parseBatch(bytes: Uint8Array, stored_at_ms: number): Parsed<MetricBatch> {
  const parsed = parseMetricBatch(bytes);
  if (!parsed.ok) return parsed;
  const value = withPlausibleTimes(parsed.value, stored_at_ms);
  const issues = timeIssues(value, stored_at_ms);
  return issues.length === 0 ? { ok: true, value } : { ok: false, issues };
}
