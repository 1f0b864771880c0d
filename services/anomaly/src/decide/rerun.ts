import { expand } from '@benchwire/shared/contracts/expand.ts';
import type { Finding, FindingConfirmation } from '@benchwire/shared/contracts/finding.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import { filesTag } from '@benchwire/shared/contracts/provenance.ts';
import type { Request } from '@benchwire/shared/contracts/request.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { aloneAgain, taskOfRun } from '@benchwire/shared/contracts/task-of-run.ts';
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
  const { task: alone, files } = aloneAgain(task, finding.pool);
  const { deadline: _, ...spec } = alone;
  return {
    request_id: asked.request_id,
    name: `re-run of ${finding.task_id}`.slice(0, 256),
    ...(finding.source === null ? {} : { source: finding.source }),
    tags: { ...request.tags, [CONFIRMS_TAG]: attemptId(finding), ...filesTag([finding.measured_files ?? null]) },
    priority: PRIORITY,
    ...(files === undefined ? {} : { files }),
    tasks: [
      {
        ...spec,
        ...('skip_if_fresh' in spec ? { skip_if_fresh: false } : {}),
        task_id: 'again',
        priority: PRIORITY,
        on_missed_deadline: 'report',
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

function taskOf(request: Request, finding: Finding): Task | undefined {
  const expansion = expand(request);
  if (!expansion.ok) return undefined;
  return taskOfRun(new Map(expansion.tasks.map((task) => [task.task_id, task])), finding)?.task;
}
