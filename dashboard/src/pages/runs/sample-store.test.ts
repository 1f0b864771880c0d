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

test('what is stored comes before what came in live, also when it is answered later', () => {
  const store = new SampleStore();
  store.add(columns('a', [30, 40]));
  store.fill([columns('a', [10, 20, 30])]);
  expect(store.of('latency_ms')).toEqual([columns('a', [10, 20, 30, 40])]);
  store.add(columns('a', [60]));
  store.fill([columns('a', [10, 20, 30, 35, 40, 50])]);
  expect(store.of('latency_ms')).toEqual([columns('a', [10, 20, 30, 35, 40, 50, 60])]);
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

test('many samples are thinned to what a picture shows: the whole time, with every peak', () => {
  const store = new SampleStore();
  const times_ms = Array.from({ length: 30_000 }, (_, index) => index);
  const values = times_ms.map((time) => (time === 12_345 ? 900 : 1 + (time % 7) / 10));
  for (let from = 0; from < times_ms.length; from += 1000) {
    const part = { times_ms: times_ms.slice(from, from + 1000), values: values.slice(from, from + 1000) };
    store.add({ ...columns('a', []), ...part });
  }
  const [series] = store.of('latency_ms');
  const kept = series?.times_ms ?? [];
  expect(kept.length).toBeLessThanOrEqual(4000);
  expect(kept.length).toBeGreaterThan(1500);
  expect(kept[0]).toBeLessThan(64);
  expect(kept.at(-1)).toBeGreaterThan(29_990);
  expect(kept.toSorted((a, b) => a - b)).toEqual(kept);
  expect(series?.values[kept.indexOf(12_345)]).toBe(900);
});
