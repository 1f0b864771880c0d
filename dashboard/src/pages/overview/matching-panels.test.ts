import { expect, it } from 'vitest';
import { matchingPanels } from './matching-panels.ts';

const row = (series_id: string, benchmark: string, points: number, model = '') => ({
  ...{ series_id, benchmark, points, model, metric: 'latency_ms' },
});

it('makes a panel for each benchmark with its series, those with the most points first', () => {
  const rows = [row('a', 'new', 1), row('b', 'old', 4), row('c', 'old', 9), ...many('wide', 12)];
  const { panels, left_out } = matchingPanels('each_benchmark', rows);
  expect(panels.map(({ title, first, others }) => [title, first.series_id, others.length])).toEqual([
    ['new latency_ms', 'a', 0],
    ['old latency_ms', 'c', 1],
    ['wide latency_ms', 'wide11', 6],
  ]);
  expect(left_out).toBe(0);
});

it('makes a panel for each series, of at most 24 that changed last, and counts the others', () => {
  const { panels, left_out } = matchingPanels('each_series', many('b', 30));
  expect(panels).toHaveLength(24);
  expect(left_out).toBe(6);
  expect(panels.every(({ others }) => others.length === 0)).toBe(true);
  expect(new Set(panels.map(({ key }) => key)).size).toBe(24);
});

const many = (benchmark: string, count: number) =>
  Array.from({ length: count }, (_, at) => row(`${benchmark}${at}`, benchmark, at));
