import { expect, it } from 'vitest';
import { lanesOf } from './lanes.ts';

const task = (task_id: string, worker_id: string, second: number | null) => ({
  ...{ task_id, worker_id, pool: 'cpu-1', state: 'completed' as const },
  started_at: second === null ? null : `2026-01-01T00:00:0${second}.000Z`,
  finished_at: second === null ? null : `2026-01-01T00:00:0${second + 1}.000Z`,
});

it('puts each task that began on the lane of its worker, with its latency before another metric', () => {
  const result = { unit: 'ms', batch_size: 1, value: 2 };
  const lanes = lanesOf(
    [task('a', 'worker-10', 1), task('b', 'worker-2', 3), task('c', 'worker-10', 2), task('d', 'worker-2', null)],
    [
      { ...result, task_id: 'a', metric: 'memory_mb', unit: 'MB', value: 80 },
      { ...result, task_id: 'a', metric: 'latency_ms' },
    ],
    0,
  );
  expect(lanes.map(({ worker_id, bars }) => [worker_id, bars.map(({ task_id }) => task_id)])).toEqual([
    ['worker-2', ['b']],
    ['worker-10', ['a', 'c']],
  ]);
  expect(lanes[1]?.bars[0]).toMatchObject({ result: '2.000 ms', to_ms: Date.parse('2026-01-01T00:00:02.000Z') });
  expect(lanes[1]?.bars[1]?.result).toBe('');
});

it('ends what still runs at the present', () => {
  const running = { ...task('a', 'w', 1), state: 'running' as const, finished_at: null };
  expect(lanesOf([running], [], 1234)[0]?.bars[0]?.to_ms).toBe(1234);
});
