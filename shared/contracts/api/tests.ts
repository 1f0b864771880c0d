import { z } from 'zod';
import { runId, taskId } from '../ids.ts';
import { TEST_SORTS } from '../list-sort.ts';
import { testCaseRow, testRow } from '../rows.ts';
import { TEST_STATES } from '../test-results.ts';
import { cursor, limitOf, listOf, pageOf } from './lists.ts';
import { signatures } from './signature.ts';

const executions = limitOf(50, 1000);

export const testApi = signatures({
  'GET /api/tests': {
    role: 'viewer',
    summary:
      'Test cases with how often they failed lately and how flaky they are; those that fail now first unless sorted otherwise',
    query: z.strictObject({
      benchmark: z.string().max(256).optional(),
      search: z.string().max(256).default(''),
      only: listOf(z.enum(['flaky', 'failing'])),
      executions,
      sort: z.enum(TEST_SORTS).default('last_state'),
      descending: z.stringbool().default(true),
      limit: limitOf(100, 10_000),
      cursor,
    }),
    answer: pageOf(testRow.omit({ sort_value: true })),
  },
  'GET /api/tests/:case_id': {
    role: 'viewer',
    summary: 'One test case: its reliability, and its executions, the newest first',
    params: z.object({ case_id: z.string().regex(/^[0-9a-f]{16}$/, '16 hex digits') }),
    query: z.strictObject({ executions, limit: limitOf(100) }),
    answer: testRow.omit({ sort_value: true }).extend({ history: z.array(testCaseRow) }),
  },
  'GET /api/runs/:run_id/tests': {
    role: 'viewer',
    summary: 'Test cases of a run, those that failed first in each task',
    params: z.object({ run_id: runId }),
    query: z.strictObject({
      task_id: taskId.optional(),
      state: listOf(z.enum(TEST_STATES)),
      limit: limitOf(1000, 10_000),
      cursor,
    }),
    answer: pageOf(testCaseRow),
  },
});
