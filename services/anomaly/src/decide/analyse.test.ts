import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import { expect, it } from 'vitest';
import { analyse } from './analyse.ts';

it('a change that re-runs confirmed is a level of its own, long before the points alone would tell', () => {
  const points = Array.from({ length: 14 }, (_, at) => ({
    run_id: `run-${at}`,
    task_id: 'task',
    value: (at < 9 ? 20 : 27) + (at % 3) / 100,
    measured_at: '2026-11-25T10:00:00.000Z',
    ...{ ci_low: null, ci_high: null, steady: null },
  }));
  const parts = {
    single: { threshold: 5, min_runs: 5, window: 30 },
    levels: DEFAULT_SETTINGS,
    judged: { acknowledged: 0, dismissed: 0 },
  };
  const levels = (confirmed: Array<{ run_id: string; task_id: string }>) =>
    analyse('series', points, { ...parts, confirmed }).segments.map(({ from, to }) => [from, to]);
  expect(levels([])).toEqual([[0, 14]]);
  expect(levels([{ run_id: 'run-9', task_id: 'task' }])).toEqual([
    [0, 9],
    [9, 14],
  ]);
  expect(levels([{ run_id: 'elsewhere', task_id: 'task' }])).toEqual([[0, 14]]);
});

it('of a few values that agree by chance nothing is promised that one value could not show', () => {
  const points = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      run_id: `run-${at}`,
      task_id: 'task',
      value: 20 + (at % 3) / 1000,
      measured_at: '2026-11-25T10:00:00.000Z',
      ...{ ci_low: null, ci_high: null, steady: null },
    }));
  const parts = {
    ...{ single: { threshold: 5, min_runs: 5, window: 50 }, levels: DEFAULT_SETTINGS, confirmed: [] },
    judged: { acknowledged: 0, dismissed: 0 },
  };
  const afterOne = (count: number): number =>
    analyse('series', points(count), parts).minimum_detectable_effect[0]?.percent ?? 0;
  expect(afterOne(9)).toBeGreaterThan(2.5);
  expect(afterOne(40)).toBeLessThan(0.1);
});
