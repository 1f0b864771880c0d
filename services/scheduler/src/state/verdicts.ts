import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { IMPORTED } from '@benchwire/shared/contracts/imported.ts';
import type { ImportedEnd, Verdict } from './attempt-end.ts';
import type { TaskState } from './model.ts';

/** How a task ends of which no attempt may start any more; undefined for any other. */
export function endOf({ lane, task_id }: TaskState): Verdict | undefined {
  const { run, spec, queue } = lane;
  const cancelled = run.cancelled ?? run.cancelled_tasks.get(task_id);
  if (cancelled !== undefined) return cancelledVerdict(cancelled);
  if (spec.on_missed_deadline !== 'end' || run.deadlines.get(queue.due_ms) !== true) return undefined;
  return deadlineVerdict(queue.due_ms);
}

const IMPORTED_END: ImportedEnd = { status: 'completed', error: null };

/** How a task ends as soon as its run is accepted: cancelled, or with the results that came with it. Undefined for any other. */
export function endAtOnce(task: TaskState): Verdict | ImportedEnd | undefined {
  return endOf(task) ?? (task.lane.spec.executor === IMPORTED ? IMPORTED_END : undefined);
}

/** Its deadline passed, and it wants to end then. */
export function deadlineVerdict(due_ms: number): Verdict {
  const message = `not done by its deadline, ${new Date(due_ms).toISOString()}`;
  return { status: 'timed_out', error: taskError('timeout', 'DEADLINE_MISSED', message, false) };
}

/** It was cancelled, or its whole run. */
export function cancelledVerdict(reason: string): Verdict {
  return { status: 'cancelled', error: taskError('cancelled', 'CANCELLED', reason, false) };
}

/** What it depends on did not complete. */
export function dependencyVerdict(dependency: TaskState): Verdict {
  const message = `not run, because ${dependency.task_id}, which it depends on, ended as ${dependency.status ?? 'failed'}`;
  return { status: 'cancelled', error: taskError('dependency_failed', 'DEPENDENCY_FAILED', message, false) };
}
