import { expect, it } from 'vitest';
import { chartColours } from '../../charts/colours.ts';
import { chartOf, reportOption } from './report-chart.ts';

const answer = {
  columns: ['day', 'pool', 'tasks'],
  rows: [
    { day: '2026-11-24', pool: 'cpu', tasks: '3' },
    { day: '2026-11-25', pool: 'cpu', tasks: 4 },
    { day: '2026-11-25', pool: 'gpu', tasks: 5 },
  ],
  truncated: false,
};
const nothing = { kind: 'line', x: '', y: '', by: '' } as const;

it('what an answer looks like is told by its columns: a place, the numbers, and a text that parts them', () => {
  expect(chartOf(answer, nothing)).toEqual({ kind: 'line', x: 'day', y: 'tasks', by: 'pool' });
  expect(chartOf(answer, { ...nothing, x: 'pool', by: '-' })).toEqual({ kind: 'line', x: 'pool', y: 'tasks', by: '' });
});

it('days are times, and numbers as text are numbers', () => {
  const { xAxis, series } = reportOption(answer, chartOf(answer, nothing), chartColours('light'));
  expect(xAxis).toMatchObject({ type: 'time' });
  expect(series).toMatchObject([
    {
      name: 'cpu',
      data: [
        [Date.UTC(2026, 10, 24), 3],
        [Date.UTC(2026, 10, 25), 4],
      ],
    },
    { name: 'gpu', data: [[Date.UTC(2026, 10, 25), 5]] },
  ]);
});
