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

/**
 * The share of a task that is measured, 0 to 1; undefined where nobody can know. A batch size that ended early, at its
 * time limit, counts as done once a later one has points.
 */
export function measuredShare(task: Task | undefined, state: Measuring | undefined): number | undefined {
  if (task === undefined) return undefined;
  switch (task.executor) {
    case 'onnx': {
      const sizes = task.config.batch_sizes;
      const current = sizes.findLastIndex((size) => (state?.points.get(size) ?? 0) > 0);
      if (current < 0) return 0;
      const seen = state?.points.get(sizes[current] ?? 0) ?? 0;
      return (current + Math.min(1, seen / task.config.iterations)) / sizes.length;
    }
    case 'noop': {
      if (task.config.metric_points === 0) return undefined;
      return Math.min(1, (state?.points.get(0) ?? 0) / task.config.metric_points);
    }
    case 'command':
      return undefined;
    default:
      return task satisfies never;
  }
}
