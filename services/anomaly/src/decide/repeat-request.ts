import { MAX_PAIRS } from '@benchwire/shared/contracts/base.ts';
import { expand } from '@benchwire/shared/contracts/expand.ts';
import { IMPORTED } from '@benchwire/shared/contracts/imported.ts';
import { filesTag } from '@benchwire/shared/contracts/provenance.ts';
import type { Request } from '@benchwire/shared/contracts/request.ts';
import { aloneAgain, taskOfRun } from '@benchwire/shared/contracts/task-of-run.ts';
import { type NextRepeat, REPEAT_RUNS_TAG, REPEATS_TAG } from '@benchwire/shared/verdict/repeats.ts';

/** As urgent as a re-run: somebody waits for the verdict. */
const PRIORITY = 80;

/** Who measured a task, and of what files (`measuredFiles`). */
export interface MeasuredBy {
  worker_id: string;
  files: string | null;
}

/**
 * The request of one round: the tasks whose metrics can't be told, on the pool and for the worker that measured them, each as often as the
 * round says; a task with a base side as so many pairs in one lease. The same round always has the same id, so asking twice is one run.
 * @param measured_by - by task, the worker that measured it and what files these were
 * @returns undefined where the request has none of the tasks
 */
export function repeatRequest(
  run_id: string,
  request: Request,
  { round, runs, metrics }: NextRepeat,
  measured_by: ReadonlyMap<string, MeasuredBy>,
): Request | undefined {
  const {
    gate: _gate,
    matrix: _matrix,
    matrix_exclude: _exclude,
    max_running: _max,
    deadline: _deadline,
    ...rest
  } = request;
  const expansion = expand(request);
  if (!expansion.ok) return undefined;
  const by_id = new Map(expansion.tasks.map((task) => [task.task_id, task]));
  const measured = new Map(metrics.map((metric) => [metric.task_id, metric.pool]));
  const tasks = [...measured].flatMap(([task_id, pool], index): Request['tasks'] => {
    const task = taskOfRun(by_id, { task_id, pool })?.task;
    // Nobody can measure again what another tool measured.
    if (task === undefined || task.executor === IMPORTED) return [];
    const { deadline: _, ...spec } = aloneAgain(task, pool).task;
    const worker = measured_by.get(task_id)?.worker_id ?? '';
    return [
      {
        ...spec,
        ...('skip_if_fresh' in spec ? { skip_if_fresh: false } : {}),
        task_id: `again-${index + 1}`,
        priority: PRIORITY,
        on_missed_deadline: 'report',
        ...(worker === '' ? {} : { prefer_workers: [worker] }),
        // Pairs are repeated in one lease, runs as tasks of their own.
        ...(task.base_side === undefined
          ? { repetitions: runs, ...(request.base === undefined ? {} : { base: false as const }) }
          : { ...(task.base === undefined ? {} : { base: task.base }) }),
      },
    ];
  });
  if (tasks.length === 0) return undefined;
  const pairs = Math.min(MAX_PAIRS, Math.max(2, runs + (runs % 2)));
  const hasPairs = metrics.some(
    ({ task_id, pool }) => taskOfRun(by_id, { task_id, pool })?.task.base_side !== undefined,
  );
  const files = [...measured.keys()].map((task_id) => measured_by.get(task_id)?.files ?? null);
  const { base, ...others } = rest;
  return {
    ...others,
    ...(base === undefined || !hasPairs ? {} : { base: { ...base, pairs } }),
    request_id: `repeat-${run_id}-${round}`,
    name: `repetition ${round} of ${request.name ?? run_id}`.slice(0, 256),
    tags: { ...request.tags, [REPEATS_TAG]: run_id, [REPEAT_RUNS_TAG]: String(runs), ...filesTag(files) },
    tasks: hasPairs ? tasks : tasks.map(({ base: _base, ...task }) => task as Request['tasks'][number]),
  };
}
