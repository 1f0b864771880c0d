import type { resultsOfRun as resultsOfRunApi } from '@benchwire/shared/contracts/api/runs.ts';
import type { AnswerOf } from '@benchwire/shared/contracts/api/signature.ts';
import { taskId } from '@benchwire/shared/contracts/ids.ts';
import { decodeCursor, page } from './page.ts';
import type { Call } from './route.ts';

type Results = typeof resultsOfRunApi;

/** What a run measured, page by page: the same under `/api/runs` and `/api/benchmark`. */
export async function resultsOfRun({ gateway, params, query }: Call<Results>): Promise<AnswerOf<Results>> {
  const { run_id } = params;
  const { limit, cursor } = query;
  const after_task_id = decodeCursor(cursor, taskId) ?? '';
  return page(await gateway.client.query('results', { run_id, limit, after_task_id }), (last) => last.task_id);
}
