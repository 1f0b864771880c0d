import { expect, it } from 'vitest';
import { tableOf } from './chart-files.ts';

it('the numbers behind a picture are named by its axes', () => {
  expect(
    tableOf({
      xAxis: { type: 'time' },
      yAxis: { type: 'value' },
      series: [{ type: 'line', name: 'a', data: [[0, 1.5], { value: [1000, 2] }] }],
    }),
  ).toEqual({
    columns: ['series', 'x', 'y'],
    rows: [
      { series: 'a', x: '1970-01-01T00:00:00.000Z', y: 1.5 },
      { series: 'a', x: '1970-01-01T00:00:01.000Z', y: 2 },
    ],
  });
  const heat = tableOf({
    xAxis: { type: 'category', data: ['cpu', 'gpu'] },
    yAxis: { type: 'category', data: ['resnet'] },
    series: [{ type: 'heatmap', data: [[1, 0, 7]] }],
  });
  expect(heat.rows).toEqual([{ series: '', x: 'gpu', y: 'resnet', value: 7 }]);
  expect(
    tableOf({ xAxis: { type: 'category', data: ['p', 'q'] }, series: { type: 'bar', data: [3, 4] } }).rows,
  ).toEqual([
    { series: '', x: 'p', y: 3 },
    { series: '', x: 'q', y: 4 },
  ]);
});
