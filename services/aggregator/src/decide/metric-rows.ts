import type { MetricBatch } from '@benchwire/shared/contracts/metrics.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { SamplesInRow } from '../tables/samples.ts';

const DAY_MS = 86_400_000;
/** A worker without network keeps its metrics for a while; more than this is a clock that is wrong. */
const MAX_AGE_MS = 31 * DAY_MS;
/** A batch is stored after its points were measured, and clocks may differ by a little. */
const MAX_AHEAD_MS = 60_000;

/** One row per column of the batch; the points' places count on over the columns. */
export function metricRows(batch: MetricBatch): SamplesInRow[] {
  let first_position = 0;
  return batch.columns.map((column) => {
    const row = {
      run_id: batch.run_id,
      task_id: batch.task_id,
      attempt: batch.attempt,
      metric: column.metric,
      sequence: batch.sequence,
      first_position,
      times_ms: base64Of(column.times_ms),
      values: base64Of(column.values),
      unit: column.unit ?? '',
      batch_size: column.batch_size,
      worker_id: batch.worker_id,
    };
    first_position += column.values.length;
    return row;
  });
}

/** Little-endian float64, base64. Every platform that Node runs on is little-endian. */
function base64Of(numbers: readonly number[]): string {
  return Buffer.from(Float64Array.from(numbers).buffer).toString('base64');
}

/**
 * A batch of a worker whose clock is far off, with its times moved so that the last point was measured when the batch was
 * stored: how far its points lie apart is right. Every other batch as it is.
 */
export function withPlausibleTimes(batch: MetricBatch, stored_at_ms: number): MetricBatch {
  let last_ms = Number.NEGATIVE_INFINITY;
  for (const { times_ms } of batch.columns) for (const time of times_ms) last_ms = Math.max(last_ms, time);
  const fits = last_ms <= stored_at_ms + MAX_AHEAD_MS && last_ms >= stored_at_ms - MAX_AGE_MS;
  if (fits || !Number.isFinite(last_ms)) return batch;
  const moved_ms = stored_at_ms - last_ms;
  const columns = batch.columns.map((column) => ({
    ...column,
    times_ms: column.times_ms.map((time) => time + moved_ms),
  }));
  return { ...batch, columns };
}

/**
 * Times far from when the batch was stored are no measurement times. Refused, because each week is a partition: one
 * batch of random times would make thousands.
 */
export function timeIssues(batch: MetricBatch, stored_at_ms: number): Issue[] {
  const least = stored_at_ms - MAX_AGE_MS;
  const most = stored_at_ms + MAX_AHEAD_MS;
  for (const [index, column] of batch.columns.entries()) {
    const wrong = column.times_ms.findIndex((time) => time < least || time > most);
    if (wrong === -1) continue;
    return [
      {
        path: `columns[${index}].times_ms[${wrong}]`,
        code: 'time_out_of_range',
        message: `${column.times_ms[wrong]} is not a time near now: times are milliseconds since 1970, and in one batch at most 31 days apart (is the worker's clock right?)`,
      },
    ];
  }
  return [];
}
