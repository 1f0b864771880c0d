import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';

/** Metrics of a model at a batch size, which stand in one line. */
export const BATCH_METRICS = [
  'latency_ms',
  'latency_p90_ms',
  'latency_p99_ms',
  'throughput_items_per_second',
  'memory_mb',
] as const;
type BatchMetric = (typeof BATCH_METRICS)[number];

/** What was measured of one task at one batch size. */
export interface BatchLine {
  task_id: string;
  batch_size: number;
  first: ResultRow;
  metrics: Partial<Record<BatchMetric, ResultRow>>;
}

const isBatchMetric = (metric: string): metric is BatchMetric => (BATCH_METRICS as readonly string[]).includes(metric);

/** One line for each task and batch size; whatever is no metric of a batch size stays a row of its own. */
export function pivotResults(rows: readonly ResultRow[]): { lines: BatchLine[]; others: ResultRow[] } {
  const lines = new Map<string, BatchLine>();
  const others: ResultRow[] = [];
  for (const row of rows) {
    const { task_id, batch_size, metric, pool } = row;
    if (batch_size === null || !isBatchMetric(metric)) {
      others.push(row);
      continue;
    }
    const key = `${task_id} ${batch_size} ${pool}`;
    const line = lines.get(key) ?? { task_id, batch_size, first: row, metrics: {} };
    line.metrics[metric] = row;
    lines.set(key, line);
  }
  return { lines: [...lines.values()], others };
}
