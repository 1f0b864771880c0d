import { FINDING_SORTS, findingSortValue } from '@benchwire/shared/contracts/finding-sort.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { FindingRow } from '@benchwire/shared/contracts/rows.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asked } from '../../test-support/asked.ts';
import { testDatabase } from '../../test-support/database.ts';
import type { Database } from '../adapters/database.ts';
import { failingRuns } from '../handlers/run-queries.ts';
import { findChanges, findFindings } from './findings.ts';
import { findOverview } from './overview.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await testDatabase());
});
afterAll(() => stop());

async function store(table: string, rows: ReadonlyArray<Record<string, unknown>>): Promise<void> {
  const values = rows.map((row) => JSON.stringify(row)).join('\n');
  await database.command(`INSERT INTO ${table} FORMAT JSONEachRow\n${values}`);
}

const LAST_VISIT = '2026-03-01T00:00:00.000Z';
const [BEFORE, LATER, NOW] = ['2026-02-01 00:00:00.000', '2026-03-02 00:00:00.000', '2026-03-03 00:00:00.000'];

const finding = (finding_id: string, changes: Record<string, unknown>) => ({
  ...{ finding_id, run_id: newRunId(), detected_at: BEFORE, measured_at: BEFORE, version: 1, kind: 'regression' },
  ...{ state: 'confirmed', model: 'bert', metric: 'latency_ms', pool: 'cpu-a', ...changes },
});

it('counts what is open, and what came and went since a time', async () => {
  const [empty] = await findOverview(database, asked('overview', { since: LAST_VISIT }));
  expect(empty).toMatchObject({ open_regressions: 0, oldest_regression_at: null, finished_runs: 0 });
  await store('findings', [
    finding('old', { change_percent: 12 }),
    finding('new', { detected_at: LATER, state: 'suspected', change_percent: -40 }),
    finding('handled', { detected_at: LATER, state: 'acknowledged', change_percent: 3 }),
    finding('settled', { state: 'dismissed', changed_at: NOW }),
    finding('long-settled', { state: 'dismissed', changed_at: BEFORE }),
    finding('better', { kind: 'improvement', detected_at: LATER }),
    finding('drifts', { kind: 'drift', detected_at: LATER, model: 'gpt2' }),
  ]);
  const [row] = await findOverview(database, asked('overview', { since: LAST_VISIT }));
  expect(row).toEqual({
    ...{ open_regressions: 3, suspected_regressions: 1, acknowledged_regressions: 1 },
    ...{ oldest_regression_at: '2026-02-01T00:00:00.000Z', open_improvements: 1, open_others: 1 },
    ...{ new_regressions: 2, new_improvements: 1, new_others: 1, settled_findings: 1 },
    ...{ finished_runs: 0, failed_runs: 0 },
  });
});

it('a name is failing where its newest run on the branch failed', async () => {
  const run = (name: string, accepted_at: string, failed: number, branch = 'main') => ({
    ...{ run_id: newRunId(), name, state: 'finished', accepted_at, finished_at: accepted_at, total: 2 },
    ...{ completed: 2 - failed, failed, source: JSON.stringify({ branch }) },
  });
  await store('runs', [
    run('repaired', LATER, 1),
    run('repaired', NOW, 0),
    run('broken', LATER, 0),
    run('broken', NOW, 2),
    run('other branch', LATER, 1, 'topic'),
    run('other branch', NOW, 0),
    run('', LATER, 1),
    run('', NOW, 0),
    run('long ago', BEFORE, 1),
  ]);
  const failing = await failingRuns(database, asked('failing_runs', { since: LAST_VISIT }), Date.now());
  expect(failing.map(({ name, failed }) => `${name} ${failed}`).sort()).toEqual([' 1', 'broken 2', 'other branch 1']);
  expect(failing[0]?.name).toBe('broken');
  const [row] = await findOverview(database, asked('overview', { since: LAST_VISIT }));
  expect(row).toMatchObject({ finished_runs: 8, failed_runs: 4 });
});

it.each(FINDING_SORTS.flatMap((sort) => [true, false].map((descending) => ({ sort, descending }))))(
  'pages through findings by $sort, descending $descending, each once',
  async ({ sort, descending }) => {
    const seen: FindingRow[] = [];
    for (let last: FindingRow | undefined; ; ) {
      const after = last && { value: findingSortValue(last, sort), finding_id: last.finding_id };
      const rows = await findFindings(database, asked('findings', { sort, descending, limit: 2, after }));
      if (rows.length === 0) break;
      seen.push(...rows);
      last = rows.at(-1);
    }
    const all = await findFindings(database, asked('findings', { sort, descending }));
    expect(seen.map(({ finding_id }) => finding_id)).toEqual(all.map(({ finding_id }) => finding_id));
    expect(new Set(seen.map(({ finding_id }) => finding_id)).size).toBe(7);
    const values = seen.map((row) => findingSortValue(row, sort));
    const sign = descending ? -1 : 1;
    expect(values).toEqual(values.toSorted((a, b) => sign * (a < b ? -1 : a > b ? 1 : 0)));
  },
);

it('filters findings by commit, branch, benchmark and date', async () => {
  const from = (commit: string, branch: string) => JSON.stringify({ commit, branch, author: `Ada of ${branch}` });
  await store('findings', [
    finding('c1', { benchmark: 'serving', source: from('abc123', 'main'), detected_at: NOW }),
    finding('c2', { benchmark: 'serving', source: from('abd999', 'topic'), detected_at: NOW }),
  ]);
  const found = async (filter: Parameters<typeof asked<'findings'>>[1]): Promise<string[]> =>
    (await findFindings(database, asked('findings', filter))).map(({ finding_id }) => finding_id).sort();
  expect(await found({ commit: 'abc' })).toEqual(['c1']);
  expect(await found({ branch: 'topic' })).toEqual(['c2']);
  expect(await found({ author: 'ada OF t' })).toEqual(['c2']);
  expect(await found({ benchmark: 'serv' })).toEqual(['c1', 'c2']);
  expect(await found({ until: LAST_VISIT, kind: 'regression' })).toEqual(['long-settled', 'old', 'settled']);
  expect(await found({ since: '2026-03-02T12:00:00.000Z' })).toEqual(['c1', 'c2']);
});

it('has the values on both sides of what was found or settled since a time', async () => {
  const point = (measured_at: string, value: number) => ({
    ...{ series_id: 'of-changes', run_id: newRunId(), task_id: 't', attempt: 1, measured_at, metric: 'latency_ms' },
    ...{ value, version: 1000 - value },
  });
  await store('results', [point(BEFORE, 10), point(LATER, 12), point(NOW, 13)]);
  const since = '2026-03-01T00:00:00.000Z';
  const of_series = { series_id: 'of-changes', kind: 'drift', baseline_values: [9, 10] };
  await store('findings', [
    finding('changed', { ...of_series, detected_at: LATER, measured_at: LATER, change_percent: -30 }),
    finding('closed', { ...of_series, changed_at: NOW, state: 'dismissed', change_percent: 10 }),
    finding('closed-long-ago', { ...of_series, changed_at: BEFORE, state: 'dismissed' }),
    finding('acknowledged-lately', { ...of_series, changed_at: NOW, state: 'acknowledged' }),
  ]);
  const rows = await findChanges(database, asked('changes', { kind: 'drift', since }));
  expect(rows.filter(({ series_id }) => series_id === 'of-changes')).toEqual([
    expect.objectContaining({ finding_id: 'changed', baseline_values: [9, 10], values_since: [12, 13] }),
    expect.objectContaining({ finding_id: 'closed', values_since: [10, 12, 13] }),
  ]);
  expect((await findChanges(database, asked('changes', { kind: 'drift', since, limit: 1 }))).length).toBe(1);
});
