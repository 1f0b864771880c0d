import { expect, test } from 'vitest';
import { SampleStore } from './sample-store.ts';

const columns = (task_id: string, times_ms: number[], batch_size = 1, metric = 'latency_ms') => ({
  task_id,
  metric,
  unit: 'ms',
  batch_size,
  times_ms,
  values: times_ms.map((time) => time / 10),
});

test('history and live samples that overlap are counted once', () => {
  const store = new SampleStore();
  store.add(columns('a', [10, 20, 30]));
  store.add(columns('a', [20, 30, 40]));
  expect(store.of('latency_ms')).toEqual([columns('a', [10, 20, 30, 40])]);
});

test('series stand by task and batch size, metrics apart', () => {
  const store = new SampleStore();
  store.add(columns('t10', [1]));
  store.add(columns('t2', [1], 4));
  store.add(columns('t2', [1], 2));
  store.add(columns('t2', [1], 2, 'memory_mb'));
  expect(store.of('latency_ms').map(({ task_id, batch_size }) => [task_id, batch_size])).toEqual([
    ['t2', 2],
    ['t2', 4],
    ['t10', 1],
  ]);
  expect(store.metrics).toEqual(['latency_ms', 'memory_mb']);
});

test('only the newest samples are kept', () => {
  const store = new SampleStore();
  store.add(
    columns(
      'a',
      Array.from({ length: 5000 }, (_, index) => index),
    ),
  );
  const [series] = store.of('latency_ms');
  expect([series?.times_ms.length, series?.times_ms[0], series?.values.at(-1)]).toEqual([4000, 1000, 499.9]);
});
