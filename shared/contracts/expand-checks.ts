import { didYouMean } from '../runtime/near-names.ts';
import { MAX_ISSUES } from './limits.ts';
import type { Issue } from './request.ts';
import type { TaskSpec } from './task.ts';

/** Ids that are there twice; the first of them, where there are many. */
export function checkTaskIds(tasks: readonly TaskSpec[]): Issue[] {
  const seen = new Map<string, number>();
  const issues: Issue[] = [];
  for (const [index, { task_id }] of tasks.entries()) {
    const first = seen.get(task_id);
    if (first === undefined) seen.set(task_id, index);
    else if (issues.length <= MAX_ISSUES) {
      issues.push({
        path: `tasks[${index}].task_id`,
        code: 'duplicate_task_id',
        message: `"${task_id}" is the id of tasks[${first}] already: ids are unique in a request`,
      });
    }
  }
  return issues;
}

/** Dependencies on tasks that do not exist, that are named twice, or that go in a circle. */
export function checkDependencies(tasks: readonly TaskSpec[]): Issue[] {
  const byId = new Map(tasks.map((task) => [task.task_id, task]));
  const issues: Issue[] = [];
  // Comparing with every name is only for requests that a person wrote.
  const suggest = (id: string): string => (byId.size <= 500 && issues.length < 20 ? didYouMean(id, byId.keys()) : '');
  for (const [index, task] of tasks.entries()) {
    if (issues.length > MAX_ISSUES) break;
    const seen = new Set<string>();
    for (const [position, id] of task.depends_on.entries()) {
      const path = `tasks[${index}].depends_on[${position}]`;
      if (!byId.has(id))
        issues.push({
          path,
          code: 'unknown_dependency',
          message: `no task of this request is called "${id}".${suggest(id)}`,
        });
      if (seen.has(id)) issues.push({ path, code: 'duplicate_dependency', message: `"${id}" is named twice` });
      seen.add(id);
    }
  }
  const cycle = findCycle(byId);
  if (cycle !== undefined) {
    issues.push({
      path: 'tasks',
      code: 'dependency_cycle',
      message: `these tasks wait for each other in a circle: ${shortened(cycle).join(' -> ')}; take one of the dependencies away`,
    });
  }
  return issues;
}

function shortened(cycle: readonly string[]): readonly string[] {
  return cycle.length <= 20 ? cycle : [...cycle.slice(0, 10), `… ${cycle.length - 15} more …`, ...cycle.slice(-5)];
}

/** Depth-first search with an own stack, since a chain can have 100,000 links. */
function findCycle(byId: ReadonlyMap<string, TaskSpec>): string[] | undefined {
  const done = new Set<string>();
  for (const start of byId.keys()) {
    if (done.has(start)) continue;
    const path: string[] = [];
    const onPath = new Set<string>();
    const stack: Array<{ id: string; next: number }> = [{ id: start, next: 0 }];
    while (stack.length > 0) {
      const top = stack.at(-1);
      if (top === undefined) break;
      if (top.next === 0) {
        path.push(top.id);
        onPath.add(top.id);
      }
      const child = byId.get(top.id)?.depends_on[top.next++];
      if (child === undefined) {
        stack.pop();
        path.pop();
        onPath.delete(top.id);
        done.add(top.id);
      } else if (onPath.has(child)) {
        return [...path.slice(path.indexOf(child)), child];
      } else if (!done.has(child) && byId.has(child)) {
        stack.push({ id: child, next: 0 });
      }
    }
  }
  return undefined;
}
