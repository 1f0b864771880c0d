import { poolTaskId } from './expand.ts';
import type { RequestFile } from './request-file.ts';
import type { Task, TaskSpec } from './task.ts';

/** A task of a run as rows, outcomes and findings name it; `pool` is empty or null where it has none yet. */
export interface RunTask {
  task_id: string;
  pool: string | null;
}

/** A task of the request, and the pool that it is the copy for; null for one that is no copy. */
export interface TaskOfRun {
  task: Task;
  copy_for: string | null;
}

const SEPARATOR = '--';

/**
 * Which task of an expanded request a task of its run is: the one of that id, or of an `each` task the copy for a pool, whose
 * id ends in the pool's. Pure.
 * @param tasks - of the request after `expand` without bindings, by id
 */
export function taskOfRun(tasks: ReadonlyMap<string, Task>, { task_id, pool }: RunTask): TaskOfRun | undefined {
  const exact = tasks.get(task_id);
  if (exact !== undefined) return { task: exact, copy_for: null };
  // The pool's name may have the separator in it as well: the longest id counts.
  for (let at = task_id.lastIndexOf(SEPARATOR); at > 0; at = task_id.lastIndexOf(SEPARATOR, at - 1)) {
    const task = tasks.get(task_id.slice(0, at));
    if (task?.placement === 'each') return { task, copy_for: task_id.slice(at + SEPARATOR.length) };
  }
  if (pool === null || pool === '') return undefined;
  // An id that was too long ends in a hash of the whole.
  for (const task of tasks.values())
    if (task.placement === 'each' && poolTaskId(task.task_id, pool) === task_id) return { task, copy_for: pool };
  return undefined;
}

/** Tasks of a run that are run once more, in a run of their own. */
export interface Again {
  tasks: TaskSpec[];
  /** Those that the tasks name. */
  files: RequestFile[] | undefined;
}

/** What a request says of the one task that it runs. */
interface Alone {
  task: TaskSpec;
  /** Those that the task names. */
  files: RequestFile[] | undefined;
}

/**
 * The task as it is written to be run once more, alone: it waits for nothing, is not repeated, and keeps its series.
 * @param pool - the only one that will do; null for any that fits
 */
export function aloneAgain(task: Task, pool: string | null): Alone {
  const { base_task_id: _id, pool: _pool, base_side: _side, base: _base, files, ...spec } = task;
  const requirements = pool === null ? spec.requirements : { ...spec.requirements, pool };
  return { task: { ...spec, requirements, depends_on: [], placement: 'any', repetitions: 1 }, files };
}

/**
 * Tasks of a run as they are written to be run once more, under the ids they had. They wait for each other as before; what they
 * waited for beside that has completed, or is not run again.
 * @param tasks - of the request after `expand` without bindings, by id
 * @returns `unknown`: the ids that the request does not have
 */
export function againTogether(
  tasks: ReadonlyMap<string, Task>,
  rows: readonly RunTask[],
): Again & { unknown: string[] } {
  const unknown: string[] = [];
  /** By the id in the request; a copy for each pool is one of several. */
  const ids = new Map<string, string[]>();
  const found = rows.flatMap((row) => {
    const of = taskOfRun(tasks, row);
    if (of === undefined) {
      unknown.push(row.task_id);
      return [];
    }
    ids.set(of.task.task_id, [...(ids.get(of.task.task_id) ?? []), row.task_id]);
    return [{ ...of, task_id: row.task_id }];
  });
  const files = new Map<string, RequestFile>();
  const again = found.map(({ task, copy_for, task_id }) => {
    const alone = aloneAgain(task, copy_for);
    for (const file of alone.files ?? []) files.set(file.path, file);
    const depends_on = task.depends_on.flatMap((id) => ids.get(id) ?? []);
    return { ...alone.task, task_id, depends_on };
  });
  return { tasks: again, files: files.size === 0 ? undefined : [...files.values()], unknown };
}
