import { expand } from '@benchwire/shared/contracts/expand.ts';
import type { MetricBatch } from '@benchwire/shared/contracts/metrics.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import { describe, expect, it } from 'vitest';
import { applyMetrics, type Measuring, measuredShare } from './measured-share.ts';

function taskOf(spec: object) {
  const expansion = expand(request.parse({ tasks: [{ task_id: 'a', ...spec }] }));
  return expansion.ok ? expansion.tasks[0] : undefined;
}
const onnx = taskOf({ config: { model: 'm', batch_sizes: [1, 2], iterations: 10 } });

function batch(attempt: number, batch_size: number | null, points: number, metric = 'latency_ms'): MetricBatch {
  const columns = [{ metric, unit: 'ms', batch_size, times_ms: Array(points).fill(0), values: Array(points).fill(7) }];
  return {
    v: 1,
    run_id: '00000000-0000-7000-8000-000000000000',
    task_id: 'a',
    attempt,
    worker_id: 'w',
    sequence: 0,
    columns,
  };
}
const after = (...batches: MetricBatch[]) => batches.reduce<Measuring | undefined>(applyMetrics, undefined);

describe('the share that is measured', () => {
  it('grows with the points of each batch size', () => {
    expect(measuredShare(onnx, undefined)).toBe(0);
    expect(measuredShare(onnx, after(batch(1, 1, 5)))).toBe(0.25);
    expect(measuredShare(onnx, after(batch(1, 1, 5), batch(1, 1, 5), batch(1, 2, 5)))).toBe(0.75);
  });
  it('counts a batch size that ended early as done, and never more than there is', () => {
    expect(measuredShare(onnx, after(batch(1, 1, 2), batch(1, 2, 5)))).toBe(0.75);
    expect(measuredShare(onnx, after(batch(1, 2, 500)))).toBe(1);
  });
  it('starts afresh with a new attempt, and ignores what comes late from an old one', () => {
    expect(measuredShare(onnx, after(batch(1, 2, 10), batch(2, 1, 5), batch(1, 2, 10)))).toBe(0.25);
  });
  it('is unknown for a program', () => {
    expect(measuredShare(taskOf({ executor: 'command', config: { command: ['x'] } }), undefined)).toBeUndefined();
    expect(measuredShare(undefined, undefined)).toBeUndefined();
  });
  it('shows the latency rather than another metric', () => {
    const seen = after(batch(1, 1, 1), batch(1, null, 1, 'memory_mb'));
    expect(seen?.last).toEqual({ metric: 'latency_ms', value: 7, unit: 'ms', batch_size: 1 });
  });
});
