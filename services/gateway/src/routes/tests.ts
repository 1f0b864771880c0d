import type { testApi } from '@benchwire/shared/contracts/api/tests.ts';
import { taskId } from '@benchwire/shared/contracts/ids.ts';
import { TEST_SORTS } from '@benchwire/shared/contracts/list-sort.ts';
import type { TestRow } from '@benchwire/shared/contracts/rows.ts';
import { z } from 'zod';
import { notFound } from '../problem.ts';
import { decodeCursor, page, sortedValue, wrongCursor } from './page.ts';
import type { Handlers } from './route.ts';

/** The last test case of a page. */
const testPlace = z.strictObject({ sort: z.enum(TEST_SORTS), value: sortedValue, case_id: z.string() });

const shown = ({ sort_value: _, ...row }: TestRow): Omit<TestRow, 'sort_value'> => row;

export const testHandlers: Handlers<typeof testApi> = {
  'GET /api/tests': async ({ gateway, query: { only = [], cursor, ...query } }) => {
    const place = decodeCursor(cursor, testPlace);
    if (place !== undefined && place.sort !== query.sort) throw wrongCursor();
    const after = place && { value: place.value, case_id: place.case_id };
    const answer = await gateway.client.query('tests', { ...query, only, after });
    const { items, next_cursor } = page(answer, ({ sort_value = '', case_id }) => ({
      ...{ sort: query.sort, value: sort_value, case_id },
    }));
    return { items: items.map(shown), next_cursor };
  },

  'GET /api/tests/:case_id': async ({ gateway, params: { case_id }, query: { executions, limit } }) => {
    const [[test], history] = await Promise.all([
      gateway.client.query('tests', { case_id, executions, limit: 1 }).then(({ rows }) => rows),
      gateway.client.query('test_history', { case_id, limit }),
    ]);
    if (test === undefined) throw notFound(`test case ${case_id}`);
    return { ...shown(test), history: history.rows };
  },

  'GET /api/runs/:run_id/tests': async ({ gateway, params: { run_id }, query: { task_id, state, limit, cursor } }) => {
    const after_task_id = decodeCursor(cursor, taskId) ?? '';
    const asked = { run_id, limit, after_task_id, ...(task_id === undefined ? {} : { task_id }) };
    const answer = await gateway.client.query('run_tests', state === undefined ? asked : { ...asked, states: state });
    return page(answer, (last) => last.task_id);
  },
};
