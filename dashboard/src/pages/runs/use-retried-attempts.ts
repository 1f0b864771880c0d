import { call } from '@benchwire/shared/client/http-client.ts';
import type { AttemptRow, TaskRow } from '@benchwire/shared/contracts/rows.ts';
import { useQueries } from '@tanstack/react-query';
import { api } from '../../api/client.ts';

/** More are not asked for: a run in which so many tasks retry has another problem than its timeline. */
const MOST = 50;

/** The attempts of tasks that were tried more than once, by task. */
export function useRetriedAttempts(tasks: readonly TaskRow[]): ReadonlyMap<string, AttemptRow[]> {
  const retried = tasks.filter(({ attempt }) => attempt > 1).slice(0, MOST);
  return useQueries({
    queries: retried.map(({ run_id, task_id, attempt, state }) => {
      const asked = call('GET /api/tasks/:run_id/:task_id/attempts', { params: { run_id, task_id } });
      const queryKey = [`/api/tasks/${run_id}`, task_id, 'attempts', attempt, state];
      return { queryKey, queryFn: () => api.send(asked), meta: { asked } };
    }),
    combine: (answers) =>
      new Map(retried.map(({ task_id }, index) => [task_id, answers[index]?.data?.items ?? []] as const)),
  });
}
