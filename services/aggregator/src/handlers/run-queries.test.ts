import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { RUN_STATUSES, runStatus } from '@benchwire/shared/contracts/run-status.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asked } from '../../test-support/asked.ts';
import { testDatabase } from '../../test-support/database.ts';
import type { Database } from '../adapters/database.ts';
import { findTasks } from '../tables/tasks.ts';
import { newestRuns } from './run-queries.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await testDatabase());
});
afterAll(() => stop());

/** Long ago, so that the counts of its end are taken. */
const AT = '2026-01-02 03:04:05.000';

async function store(table: string, rows: ReadonlyArray<Record<string, unknown>>): Promise<void> {
  const values = rows.map((row) => JSON.stringify(row)).join('\n');
  await database.command(`INSERT INTO ${table} FORMAT JSONEachRow\n${values}`);
}

it('filters by the same status that the counts give', async () => {
  const rows: Array<Record<string, unknown>> = [];
  const counts = [0, 1, 2];
  for (const state of ['accepted', 'cancelling', 'finished'])
    for (const completed of counts)
      for (const failed of counts)
        for (const lost of [0, 1])
          for (const cancelled of [0, 1]) {
            const total = completed + failed + lost + cancelled;
            const finished_at = state === 'finished' ? AT : null;
            rows.push({
              ...{ run_id: newRunId(), state, accepted_at: AT, finished_at, total },
              ...{ completed, failed, timed_out: 0, lost, cancelled },
            });
          }
  await store('runs', rows);
  const all = await newestRuns(database, asked('runs', { limit: 1000 }), Date.now());
  expect(all).toHaveLength(rows.length);
  for (const status of RUN_STATUSES) {
    const found = await newestRuns(database, asked('runs', { limit: 1000, statuses: [status] }), Date.now());
    const stored = rows.filter((row) => runStatus(row as never) === status);
    expect(stored.length).toBeGreaterThan(0);
    expect(new Set(found.map(({ run_id }) => run_id))).toEqual(new Set(stored.map(({ run_id }) => run_id)));
  }
});

it('filters by the beginning of a commit, the branch and the time', async () => {
  const runOf = (commit: string, branch: string, accepted_at: string): Record<string, unknown> => ({
    ...{ run_id: newRunId(), state: 'accepted', accepted_at, finished_at: null, total: 1 },
    source: JSON.stringify({ commit, branch }),
  });
  const rows = [
    runOf('4f2a91c0d5', 'feature', '2019-01-01 00:00:00.000'),
    runOf('4F2A91C0D5', 'a-main', '2019-01-02 00:00:00.000'),
    runOf('99', 'feature', '2019-01-03 00:00:00.000'),
  ];
  await store('runs', rows);
  const found = async (parameters: object): Promise<number[]> => {
    const ids = (await newestRuns(database, asked('runs', { limit: 1000, ...parameters }), Date.now())).map(
      (run) => run.run_id,
    );
    return rows.flatMap((row, index) => (ids.includes(String(row.run_id)) ? [index] : []));
  };
  expect(await found({ commit: '4f2a' })).toEqual([0, 1]);
  expect(await found({ branch: 'feature' })).toEqual([0, 2]);
  expect(await found({ branch: 'main' })).toEqual([]);
  expect(await found({ commit: '4f2a', branch: 'feature' })).toEqual([0]);
  expect(await found({ since: '2019-01-02T00:00:00.000Z', branch: 'feature' })).toEqual([2]);
});

it('finds tasks by a part of their id, model, worker or pool, in any case', async () => {
  const run_id = newRunId();
  const changed_at = new Date().toISOString().slice(0, -1);
  await store('tasks', [
    { run_id, changed_at, task_id: 'Encode', model: 'bert', worker_id: 'lab-1', pool: 'cpu-aa' },
    { run_id, changed_at, task_id: 'decode', model: 'GPT2', worker_id: 'lab-2', pool: 'cuda-bb' },
  ]);
  const found = async (search: string): Promise<string[]> =>
    (await findTasks(database, asked('tasks', { run_id, search }))).map(({ task_id }) => task_id);
  expect(await found('')).toEqual(['Encode', 'decode']);
  expect(await found('code')).toEqual(['Encode', 'decode']);
  expect(await found('gpt')).toEqual(['decode']);
  expect(await found('LAB-1')).toEqual(['Encode']);
  expect(await found('cuda')).toEqual(['decode']);
  // Not across two fields.
  expect(await found('bertlab')).toEqual([]);
});
