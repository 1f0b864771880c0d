import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { RUN_SORTS, SERIES_SORTS } from '@benchwire/shared/contracts/list-sort.ts';
import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';
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

let database: Database;
let stop: () => Promise<void>;
const RUNS = 23;
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
