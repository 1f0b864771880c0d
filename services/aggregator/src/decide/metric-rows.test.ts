import { describe, expect, it } from 'vitest';
import { timeIssues, withPlausibleTimes } from './metric-rows.ts';

const STORED = Date.parse('2026-11-30T12:00:00.000Z');
const YEAR_MS = 365 * 86_400_000;
const batchAt = (...times_ms: number[]) => ({
  ...{
    v: 1 as const,
    run_id: '0190a000-0000-7000-8000-000000000000',
    task_id: 'a',
    attempt: 1,
    worker_id: 'w',
    sequence: 0,
  },
  columns: [{ metric: 'x', unit: null, batch_size: null, times_ms, values: times_ms.map(() => 1) }],
});
const plausible = (...times_ms: number[]) => withPlausibleTimes(batchAt(...times_ms), STORED);

describe('times of raw points', () => {
  it.each([[STORED - 10], [STORED - 3_600_000], [STORED + 5000]])('stay as they are: %d', (time) => {
    expect(plausible(time - 1, time).columns[0]?.times_ms).toEqual([time - 1, time]);
  });

  it.each([[0], [STORED - 10 * YEAR_MS], [STORED + 2 * YEAR_MS], [STORED + 3_600_000]])(
    'of a clock that says %d end when the batch was stored, as far apart as they were',
    (time) => {
      const moved = plausible(time, time + 250, time + 1000);
      expect(moved.columns[0]?.times_ms).toEqual([STORED - 1000, STORED - 750, STORED]);
      expect(timeIssues(moved, STORED)).toEqual([]);
    },
  );

  it('are refused where they lie years apart in one batch', () => {
    expect(timeIssues(plausible(5, STORED), STORED)).toMatchObject([{ path: 'columns[0].times_ms[0]' }]);
  });
});
