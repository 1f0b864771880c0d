import { expand, poolTaskId } from '@benchwire/shared/contracts/expand.ts';
import type { Finding, FindingConfirmation } from '@benchwire/shared/contracts/finding.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import type { Request } from '@benchwire/shared/contracts/request.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { CONFIRMS_TAG } from './point-ref.ts';

/** Before what people ask for in passing, after what is urgent. */
const PRIORITY = 80;

/**
 * The request that measures a suspected attempt again: its one task, on the pool that it ran on, with the source that it had.
 * @param request - the run's request, as it was accepted
 * @returns undefined where the request has no such task
 */
export function rerunOf(request: Request, finding: Finding, asked: FindingConfirmation): Request | undefined {
  const task = taskOf(request, finding);
  if (task === undefined) return undefined;
  const { base_task_id: _base, pool: _pool, deadline: _deadline, ...spec } = task;
  const pool = finding.pool ?? undefined;
  return {
    request_id: asked.request_id,
    name: `re-run of ${finding.task_id}`.slice(0, 256),
    ...(finding.source === null ? {} : { source: finding.source }),
    tags: { ...request.tags, [CONFIRMS_TAG]: attemptId(finding) },
    priority: PRIORITY,
    tasks: [
      {
        ...spec,
        ...('skip_if_fresh' in spec ? { skip_if_fresh: false } : {}),
        task_id: 'again',
        depends_on: [],
        placement: 'any',
        repetitions: 1,
        priority: PRIORITY,
        on_missed_deadline: 'report',
        requirements: { ...spec.requirements, ...(pool === undefined ? {} : { pool }) },
        ...wishOf(asked),
      },
    ],
  };
}

/** The device that measured what is suspected first, then a sibling: one that is slow by itself is told from a slow version. */
function wishOf({
  on,
  suspected_worker_id,
}: FindingConfirmation): Partial<Pick<Task, 'prefer_workers' | 'avoid_workers'>> {
  if (suspected_worker_id === null) return {};
  return on === 'same_device' ? { prefer_workers: [suspected_worker_id] } : { avoid_workers: [suspected_worker_id] };
}

function taskOf(request: Request, { task_id, pool }: Finding): Task | undefined {
  const expansion = expand(request);
  if (!expansion.ok) return undefined;
  return expansion.tasks.find(
    (task) => task.task_id === task_id || (pool !== null && poolTaskId(task.task_id, pool) === task_id),
  );
}
