import { expect, test } from 'vitest';
import { layOut, type TopologyWorker } from './topology-layout.ts';

const worker = (worker_id: string, pool: string, state = 'ready'): TopologyWorker => ({
  worker_id,
  state,
  devices: [{ device_id: 'd0', pool, class: 'cpu' }],
});
const services = [
  { service: 'scheduler', ready: true },
  { service: 'scheduler', ready: false },
  { service: 'ingest', ready: true },
];

test('services, pools and workers stand in columns of one height, linked through the pools', () => {
  const { nodes, links, rows } = layOut(services, [worker('a', 'cpu-1'), worker('b', 'cpu-1'), worker('c', 'cuda-2')]);
  expect(rows).toBe(3);
  expect(nodes.map(({ label, column, row, state }) => [label, column, row, state])).toEqual([
    ['ingest', 0, 0.75, 'ready'],
    ['scheduler × 2', 0, 2.25, 'failed'],
    ['cpu-1', 1, 0.75, 'ready'],
    ['cuda-2', 1, 2.25, 'ready'],
    ['a', 2, 0.5, 'ready'],
    ['b', 2, 1.5, 'ready'],
    ['c', 2, 2.5, 'ready'],
  ]);
  expect(links).toContainEqual({ from: 'service scheduler', to: 'pool cuda-2' });
  expect(links).toContainEqual({ from: 'pool cpu-1', to: 'worker b' });
});

test('a large fleet is drawn by pool and state', () => {
  const many = Array.from({ length: 300 }, (_, index) =>
    worker(`w${index}`, `cpu-${index % 2}`, index < 4 ? 'paused' : 'ready'),
  );
  const { nodes } = layOut([], many);
  expect(nodes.filter(({ column }) => column === 2).map(({ label }) => label)).toEqual([
    '2 workers, paused',
    '2 workers, paused',
    '148 workers, ready',
    '148 workers, ready',
  ]);
});
