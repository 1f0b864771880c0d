import type { RunState, TaskState } from '../state/model.ts';
import type { SchedulerState } from '../state/scheduler-state.ts';
import { deadlineVerdict } from '../state/verdicts.ts';

export interface MissedDeadline {
  run: RunState;
  /** One of the tasks. */
  sample: TaskState;
  due_ms: number;
  /** How many were not done in time. */
  tasks: number;
}

/**
 * Takes note of the deadlines that have passed, and ends the tasks that want that.
 * @returns for each task as it was written how many of its copies were not done in time
 */
export function missDeadlines(state: SchedulerState, now: number): MissedDeadline[] {
  const missed: MissedDeadline[] = [];
  for (const run of state.runs.values()) {
    for (const [due_ms, noted] of run.deadlines) {
      if (noted || due_ms > now) continue;
      run.deadlines.set(due_ms, true);
      missed.push(...missDeadline(state, run, due_ms, now));
    }
  }
  return missed;
}

function missDeadline(state: SchedulerState, run: RunState, due_ms: number, now: number): MissedDeadline[] {
  const missed = new Map<string, MissedDeadline>();
  for (const task of run.tasks.values()) {
    const { lane } = task;
    const { base_task_id, on_missed_deadline } = lane.spec;
    if (lane.queue.due_ms !== due_ms || task.phase === 'done') continue;
    const known = missed.get(base_task_id);
    if (known === undefined) missed.set(base_task_id, { run, sample: task, due_ms, tasks: 1 });
    else known.tasks++;
    if (on_missed_deadline === 'end') state.end(task, deadlineVerdict(due_ms), now);
  }
  return [...missed.values()];
}
