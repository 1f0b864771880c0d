import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { RUN_SORTS, SERIES_SORTS, TASK_SORTS, TEST_SORTS } from '@benchwire/shared/contracts/list-sort.ts';
import type { SeriesRow, TaskRow, TestRow } from '@benchwire/shared/contracts/rows.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asked } from '../../test-support/asked.ts';
import { testDatabase } from '../../test-support/database.ts';
import { measured, someOutcome } from '../../test-support/messages.ts';
import type { Database } from '../adapters/database.ts';
import { outcomeRows } from '../decide/outcome-rows.ts';
import { streamOrder } from '../decide/versions.ts';
import { findSeries, results } from './results.ts';
import { findRuns, runs, type StoredRun } from './runs.ts';
import { insertRows } from './table.ts';
import { findTasks, tasks } from './tasks.ts';
import { findTests, testCases } from './test-cases.ts';

let database: Database;
let stop: () => Promise<void>;
const RUNS = 23;
const TASKS = 20;
const CASES = 14;
const TASK_RUN = newRunId();
const MODELS = ['bert', 'gpt2', '', 'whisper', 'Zamba'];

beforeAll(async () => {
  ({ database, stop } = await testDatabase());
  // Many share a value, some have none: pages end in the middle of equals.
  const rows = Array.from({ length: RUNS }, (_, at) => ({
    ...{ run_id: newRunId(), name: ['nightly', 'Release', ''][at % 3], state: at % 4 === 0 ? 'accepted' : 'finished' },
    accepted_at: new Date(Date.UTC(2026, 0, 1 + (at % 5))).toISOString(),
    finished_at: at % 4 === 0 ? null : new Date(Date.UTC(2026, 0, 8, 0, at % 2)).toISOString(),
    ...{ source: at % 2 === 0 ? '' : JSON.stringify({ branch: `b${at % 3}` }), tags: {}, total: 4 },
    ...{ completed: 4 - (at % 3), failed: at % 3, timed_out: 0, cancelled: 0, lost: 0 },
  }));
  await insertRows(database, runs, rows);
  const began = (at: number): string | null =>
    at % 3 === 0 ? null : new Date(Date.UTC(2026, 0, 1, at % 4)).toISOString();
  await insertRows(
    database,
    tasks,
    Array.from({ length: TASKS }, (_, at) => ({
      ...{ run_id: TASK_RUN, task_id: `t${at}`, state: ['waiting', 'failed', 'completed'][at % 3], attempt: 1 },
      ...{ executor: 'noop', benchmark: 'b', model: MODELS[at % 5], pool: 'p', worker_id: `w${at % 2}` },
      ...{ started_at: began(at), finished_at: null, execution_time_seconds: at % 3 === 2 ? (at % 4) / 3 : null },
      ...{ error_class: at % 3 === 1 ? 'oom' : '', error_code: '', error_message: `no room ${at % 2}`, note: '' },
      ...{ changed_at: new Date().toISOString(), version: 1, is_deleted: 0 },
    })),
  );
  await insertRows(
    database,
    testCases,
    Array.from({ length: CASES * 4 }, (_, at) => {
      const of_case = at % CASES;
      return {
        ...{ case_id: `c${of_case}`, run_id: newRunId(), task_id: 't', attempt: 1, is_final: true },
        ...{ finished_at: new Date(Date.UTC(2026, 0, 1, of_case % 3, at)).toISOString(), benchmark: `b${of_case % 3}` },
        ...{ class: of_case % 4 === 0 ? '' : `k${of_case % 2}`, name: `n${of_case % 5}`, file: `f${of_case % 2}` },
        state: of_case % 5 === 4 ? 'skipped' : at % (2 + (of_case % 3)) === 0 ? 'failed' : 'passed',
        ...{ seconds: of_case % 3 === 0 ? null : of_case / 7, message: '', pool: 'p', worker_id: 'w', variant: '' },
        ...{ commit: of_case % 2 === 0 ? 'same' : `c${at}`, branch: '', version: 1000 - at, is_deleted: 0 },
      };
    }),
  );
  for (const [order, model] of MODELS.entries())
    for (const value of [5, 7]) {
      const values = measured({ latency_ms: value, first_run_ms: order % 2 });
      const outcome = someOutcome({ run_id: newRunId(), model, results: values });
      const place = streamOrder({ stored_at: new Date(), sequence: 10 * order + value });
      await insertRows(database, results, outcomeRows(outcome, place).results);
    }
});
afterAll(() => stop());

/** All pages of three rows. */
async function paged<Row>(ask: (page: readonly Row[]) => Promise<Row[]>): Promise<Row[]> {
  const all: Row[] = [];
  let page: Row[] = [];
  do {
    page = await ask(page);
    all.push(...page);
  } while (page.length === 3);
  return all;
}

interface Sorted {
  sort_value?: string | number | undefined;
}

function expectSorted(rows: readonly Sorted[], descending: boolean): void {
  const values = rows.map(({ sort_value = '' }) => sort_value);
  const sorted = values.toSorted((a, b) => (a === b ? 0 : a < b ? -1 : 1));
  expect(values).toEqual(descending ? sorted.reverse() : sorted);
}

const bothWays = <Sort>(sorts: readonly Sort[]): Array<{ sort: Sort; descending: boolean }> =>
  sorts.flatMap((sort) => [true, false].map((descending) => ({ sort, descending })));

it.each(bothWays(RUN_SORTS))('pages of runs by $sort (descending: $descending) have every run once', async (order) => {
  const all = await paged<StoredRun>((page) => {
    const last = page.at(-1);
    const after = last && { value: last.sort_value ?? '', run_id: last.run_id };
    return findRuns(database, asked('runs', { ...order, limit: 3, after }));
  });
  expect(new Set(all.map(({ run_id }) => run_id)).size).toBe(RUNS);
  expect(all).toHaveLength(RUNS);
  expectSorted(all, order.descending);
});

it.each(bothWays(SERIES_SORTS))('pages of series by $sort (descending: $descending) have each once', async (order) => {
  const whole = await findSeries(database, asked('series', { limit: 1000 }));
  const all = await paged<SeriesRow>((page) => {
    const value = page.at(-1)?.sort_value;
    const ids = page.filter(({ sort_value }) => sort_value === value).map(({ series_id }) => series_id);
    const after = value === undefined ? undefined : { value, series_id: ids.sort().at(-1) ?? '' };
    return findSeries(database, asked('series', { ...order, limit: 3, after }));
  });
  const idsOf = (rows: readonly SeriesRow[]): string[] => rows.map(({ series_id }) => series_id).sort();
  expect(whole).toHaveLength(2 * MODELS.length);
  expect(idsOf(all)).toEqual(idsOf(whole));
  expectSorted(all, order.descending);
});

it.each(bothWays(TASK_SORTS))(
  'pages of tasks by $sort (descending: $descending) have every task once',
  async (order) => {
    const all = await paged<TaskRow>((page) => {
      const last = page.at(-1);
      const after = last && { value: last.sort_value ?? '', task_id: last.task_id };
      return findTasks(database, asked('tasks', { ...order, run_id: TASK_RUN, limit: 3, after }));
    });
    expect(new Set(all.map(({ task_id }) => task_id)).size).toBe(TASKS);
    expect(all).toHaveLength(TASKS);
    expectSorted(all, order.descending);
  },
);

it.each(bothWays(TEST_SORTS))('pages of tests by $sort (descending: $descending) have each once', async (order) => {
  const all = await paged<TestRow>((page) => {
    const last = page.at(-1);
    const after = last && { value: last.sort_value ?? '', case_id: last.case_id };
    return findTests(database, asked('tests', { ...order, limit: 3, after }));
  });
  expect(new Set(all.map(({ case_id }) => case_id)).size).toBe(CASES);
  expect(all).toHaveLength(CASES);
  expectSorted(all, order.descending);
  const failing = all.map(({ last_state }) => last_state === 'failed' || last_state === 'error');
  if (order.sort === 'last_state')
    expect(failing).toEqual(
      failing.toSorted((a, b) => Number(order.descending ? b : a) - Number(order.descending ? a : b)),
    );
});
