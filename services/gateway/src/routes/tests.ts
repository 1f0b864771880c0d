import type { testApi } from '@benchwire/shared/contracts/api/tests.ts';
import { taskId } from '@benchwire/shared/contracts/ids.ts';
import { notFound } from '../problem.ts';
import { decodeCursor, onePage, page } from './page.ts';
import type { Handlers } from './route.ts';

export const testHandlers: Handlers<typeof testApi> = {
  'GET /api/tests': async ({ gateway, query: { only = [], ...query } }) =>
    onePage(await gateway.client.query('tests', { ...query, only })),

  'GET /api/tests/:case_id': async ({ gateway, params: { case_id }, query: { executions, limit } }) => {
    const [[test], history] = await Promise.all([
      gateway.client.query('tests', { case_id, executions, limit: 1 }).then(({ rows }) => rows),
      gateway.client.query('test_history', { case_id, limit }),
    ]);
    if (test === undefined) throw notFound(`test case ${case_id}`);
    return { ...test, history: history.rows };
  },

  'GET /api/runs/:run_id/tests': async ({ gateway, params: { run_id }, query: { task_id, state, limit, cursor } }) => {
    const after_task_id = decodeCursor(cursor, taskId) ?? '';
    const asked = { run_id, limit, after_task_id, ...(task_id === undefined ? {} : { task_id }) };
    const answer = await gateway.client.query('run_tests', state === undefined ? asked : { ...asked, states: state });
    return page(answer, (last) => last.task_id);
  },
};
