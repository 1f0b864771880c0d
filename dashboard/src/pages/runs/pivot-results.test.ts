import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import { expect, test } from 'vitest';
import { pivotResults } from './pivot-results.ts';

const row = (task_id: string, batch_size: number | null, metric: string, value: number): ResultRow =>
  ({ task_id, batch_size, metric, value, pool: 'cpu-1' }) as ResultRow;

test('metrics of a batch size stand in one line, others on their own', () => {
  const { lines, others } = pivotResults([
    row('a', 1, 'latency_ms', 5),
    row('a', 1, 'throughput_items_per_second', 200),
    row('a', 2, 'latency_ms', 9),
    row('a', null, 'load_ms', 70),
    row('b', 1, 'tokens_per_second', 41),
  ]);
  expect(lines.map(({ task_id, batch_size, metrics }) => [task_id, batch_size, Object.keys(metrics)])).toEqual([
    ['a', 1, ['latency_ms', 'throughput_items_per_second']],
    ['a', 2, ['latency_ms']],
  ]);
  expect(others.map(({ metric }) => metric)).toEqual(['load_ms', 'tokens_per_second']);
});
