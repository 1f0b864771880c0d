import { runId, taskId } from '@benchwire/shared/contracts/ids.ts';
import { resultRow } from '@benchwire/shared/contracts/rows.ts';
import { z } from 'zod';
import type { Gateway } from '../gateway.ts';
import { cursor, decodeCursor, limitOf, page, pageOf } from './page.ts';

interface Asked {
  gateway: Gateway;
  params: { run_id: string };
  query: { limit: number; cursor?: string | undefined };
}

/** What a run measured, page by page: the same under `/api/runs` and `/api/benchmark`. */
export const resultsOfRun = {
  params: z.object({ run_id: runId }),
  query: z.object({ limit: limitOf(1000, 10_000), cursor }),
  answer: pageOf(resultRow),
  handle: async ({ gateway, params: { run_id }, query: { limit, cursor } }: Asked) => {
    const after_task_id = decodeCursor(cursor, taskId) ?? '';
    return page(await gateway.client.query('results', { run_id, limit, after_task_id }), (last) => last.task_id);
  },
};
