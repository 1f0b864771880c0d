import type { Task } from '@benchwire/shared/contracts/task.ts';
import type { TaskState } from './model.ts';

/** Fills in who waits for whom, from the tasks' `depends_on` and what is done already. */
export function linkDependencies(tasks: readonly Task[], states: ReadonlyMap<string, TaskState>): void {
  for (const state of states.values()) {
    state.dependents = undefined;
    state.unmet = 0;
  }
  for (const { task_id, depends_on } of tasks) {
    const state = states.get(task_id);
    if (state === undefined) continue;
    for (const id of depends_on) {
      const dependency = states.get(id);
      if (dependency === undefined || dependency.phase === 'done') continue;
      if (dependency.dependents === undefined) dependency.dependents = [state];
      else dependency.dependents.push(state);
      state.unmet++;
    }
  }
}
