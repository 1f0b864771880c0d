import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ChangeRow } from '../contracts/rows.ts';
import { digestAsHtml, digestAsMarkdown } from '../report/render-digest.ts';
import { digestOf } from './digest.ts';

const SINCE = '2026-11-20T00:00:00.000Z';
const change = (finding_id: string, changes: Partial<ChangeRow> = {}): ChangeRow =>
  ({
    ...{
      finding_id,
      kind: 'regression',
      series_id: 's',
      run_id: 'r',
      task_id: 't',
      benchmark: 'b',
      model: 'bert',
      batch_size: 4,
    },
    ...{
      metric: 'latency_ms',
      pool: 'cpu-a',
      value: 12,
      baseline_median: 10,
      z_score: 9,
      change_percent: 20,
      message: 'm',
      unit: 'ms',
    },
    ...{
      detected_at: '2026-11-25T00:00:00.000Z',
      state: 'confirmed',
      state_reason: '',
      changed_at: null,
      revision: 0,
      incident_id: null,
    },
    ...{
      executor: 'onnx',
      precision: 'fp32',
      fingerprint: 'f',
      source: { commit: 'bbbbbbbbbbbb', author: 'Ada | Co' },
    },
    ...{
      previous_source: { commit: 'aaaaaaaaaaaa' },
      baseline_values: [10, 10.1, 9.9, 10, 10.05, 9.95],
      values_since: [12, 12.1, 11.9, 12, 12],
    },
    ...changes,
  }) as ChangeRow;

const digest = (regressions: ChangeRow[], improvements: ChangeRow[] = []) =>
  digestOf({
    ...{ since: SINCE, until: '2026-11-30T00:00:00.000Z', regressions, improvements, truncated: false },
    overview: { open_regressions: 7, finished_runs: 3, failed_runs: 1 },
  });

const REGRESSIONS = [
  change('small', { values_since: [10.5, 10.6, 10.5, 10.4, 10.5], model: 'gpt2' }),
  change('great'),
  change('closed', { state: 'dismissed', state_reason: 'hot room', changed_at: '2026-11-28T00:00:00.000Z' }),
  change('old', {
    detected_at: '2026-11-01T00:00:00.000Z',
    state: 'went_away',
    changed_at: '2026-11-29T00:00:00.000Z',
  }),
  change('single', { values_since: [], change_percent: 5 }),
];

it('has what was found and what was settled, with the interval of the change, the greatest first', () => {
  const found = digest(REGRESSIONS, [change('better', { kind: 'improvement', values_since: [8, 8, 8.1, 7.9, 8] })]);
  expect(found.opened.map(({ finding_id }) => finding_id)).toEqual(['great', 'closed', 'small', 'single']);
  expect(found.closed.map(({ finding_id }) => finding_id)).toEqual(['closed', 'old']);
  expect(found.improvements.map(({ change_percent }) => change_percent)).toEqual([expect.closeTo(-20, 3)]);
  const [great] = found.opened;
  expect(great).toMatchObject({ basis: 'repeated_runs', runs_before: 6, runs_since: 5, closed_at: null });
  expect(great?.change_percent).toBeCloseTo(20, 3);
  expect(great?.change_low_percent).toBeLessThanOrEqual(20);
  expect(great?.change_high_percent).toBeGreaterThanOrEqual(20);
  // Without values on both sides it is what the finding says, and no interval is made up.
  expect(found.opened.at(-1)).toMatchObject({ change_percent: 5, change_low_percent: null, basis: null });
  expect(found.by_model.map(({ name, opened, still_open, closed }) => [name, opened, still_open, closed])).toEqual([
    ['bert', 3, 2, 2],
    ['gpt2', 1, 1, 0],
  ]);
});

it('is the same as HTML and as Markdown, where texts of others break nothing', () => {
  const found = digest([change('<b>', { model: 'a|b<script>' })]);
  const page = digestAsHtml(found, (pool) => `the ${pool}`);
  expect(page).not.toContain('<script>');
  expect(page).toContain('the cpu-a');
  const text = digestAsMarkdown(found, (pool) => `the ${pool}`);
  expect(text).toContain('1 regression found, 1 still open; 0 settled.');
  const row = text.split('\n').find((line) => line.includes('+20.0 %')) ?? '';
  expect(row.replaceAll('\\|', '').split('|')).toHaveLength(12);
  expect(row).toContain('aaaaaaaaaa..bbbbbbbbbb');
});

it('counts each regression once in its model and once in its hardware', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const state = fc.constantFrom('suspected', 'confirmed', 'acknowledged', 'dismissed', 'went_away');
  fc.assert(
    fc.property(fc.array(fc.record({ model: name, pool: name, state })), (rows) => {
      const found = digest(
        rows.map((row, at) =>
          change(String(at), { ...row, changed_at: '2026-11-28T00:00:00.000Z' } as Partial<ChangeRow>),
        ),
      );
      for (const groups of [found.by_model, found.by_hardware]) {
        expect(groups.reduce((sum, { opened }) => sum + opened, 0)).toBe(found.opened.length);
        expect(groups.reduce((sum, { closed }) => sum + closed, 0)).toBe(found.closed.length);
        expect(groups.reduce((sum, { opened, still_open }) => sum + opened - still_open, 0)).toBe(found.closed.length);
      }
    }),
  );
});
