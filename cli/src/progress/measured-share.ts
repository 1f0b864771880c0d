import { entryOf } from '@benchwire/shared/contracts/executors.ts';
import type { MetricBatch } from '@benchwire/shared/contracts/metrics.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';

/** How far a running attempt is, and what it measured last. */
export interface Measuring {
  attempt: number;
  /** Points seen per batch size (0 for none), of the metric that counts iterations. */
  points: Map<number, number>;
  last: { metric: string; value: number; unit: string | null; batch_size: number | null } | undefined;
}

/** The metric with one point per measured inference. */
const COUNTED = 'latency_ms';

/** Takes in what came of an attempt. A newer attempt starts afresh, an older one is ignored. */
export function applyMetrics(before: Measuring | undefined, batch: MetricBatch): Measuring | undefined {
  if (before !== undefined && batch.attempt < before.attempt) return before;
  const state: Measuring =
    before !== undefined && before.attempt === batch.attempt
      ? before
      : { attempt: batch.attempt, points: new Map(), last: undefined };
  for (const column of batch.columns) {
    const value = column.values.at(-1);
    if (value === undefined) continue;
    if (column.metric === COUNTED || column.metric === 'noop_value') {
      const size = column.batch_size ?? 0;
      state.points.set(size, (state.points.get(size) ?? 0) + column.values.length);
    }
    if (column.metric === COUNTED || state.last?.metric !== COUNTED)
      state.last = { metric: column.metric, value, unit: column.unit, batch_size: column.batch_size };
  }
  return state;
}

/** The share of a task that is measured, 0 to 1; undefined where nobody can know. */
export function measuredShare(task: Task | undefined, state: Measuring | undefined): number | undefined {
  return task === undefined ? undefined : entryOf(task).measuredShare(task.config, state?.points ?? new Map());
}
