import { didYouMean } from '../runtime/near-names.ts';
import { IMPORTED } from './imported.ts';
import { MAX_FILE_PARTS, MAX_ISSUES } from './limits.ts';
import type { Issue, Request } from './request.ts';
import { readPlace } from './settings.ts';
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

/** Imported results are facts: they are not repeated, multiplied, compared in pairs or waited for, and stand in a request of their own. */
export function checkImported({ tasks, matrix, base }: Request): Issue[] {
  const imported = tasks.filter(({ executor }) => executor === IMPORTED);
  if (imported.length === 0) return [];
  const issues: Issue[] = [];
  const refuse = (path: string, message: string): void => {
    issues.push({ path, code: 'imported_results', message });
  };
  if (imported.length < tasks.length)
    refuse('tasks', 'tasks of the executor imported stand in a request of their own: split the request');
  if (matrix !== undefined) refuse('matrix', 'imported results are not multiplied: leave out the matrix');
  if (base !== undefined) refuse('base', 'imported results are compared with the history: leave out the base');
  for (const [index, { placement, repetitions, depends_on, executor }] of tasks.entries()) {
    if (executor !== IMPORTED || issues.length > MAX_ISSUES) continue;
    if (placement !== 'any' || repetitions !== 1 || depends_on.length > 0)
      refuse(`tasks[${index}]`, 'an imported task has no placement, repetitions or dependencies: leave them out');
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

/** Fields that are in the series' name themselves. */
const IN_THE_NAME: ReadonlySet<string> = new Set(['model', 'precision', 'batch_sizes', 'scenario']);

/** Places that `not_in_series` names and that are not there: they were meant for something. */
export function checkSeriesPlaces({ tasks, matrix = {} }: Pick<Request, 'tasks' | 'matrix'>): Issue[] {
  const issues: Issue[] = [];
  for (const [at, task] of tasks.entries()) {
    for (const [position, place] of (task.not_in_series ?? []).entries()) {
      if (issues.length >= MAX_ISSUES) return issues;
      const message = wrongPlace(task, place, Object.keys(matrix));
      if (message !== undefined)
        issues.push({ path: `tasks[${at}].not_in_series[${position}]`, code: 'unknown_place', message });
    }
  }
  return issues;
}

function wrongPlace({ config }: TaskSpec, place: string, axes: readonly string[]): string | undefined {
  const {
    path: [root = '', name],
    index,
  } = readPlace(place);
  if (IN_THE_NAME.has(root))
    return `${root} is part of the series' name: results of another ${root} are never compared with these`;
  // What an axis sets is there only once the axis is applied.
  if (axes.some((axis) => axis.replace(/^config\./, '').split('.')[0] === root)) return undefined;
  const fields = new Map<string, unknown>(Object.entries(config).filter(([, value]) => value !== undefined));
  const value = fields.get(root);
  if (value === undefined) return `config has no "${root}".${didYouMean(root, fields.keys())}`;
  const isObject = typeof value === 'object' && !Array.isArray(value);
  if (name !== undefined && !isObject)
    return `config.${root} has no names in it: write ${root}, or ${root}[3] for one of a list`;
  const inner = name === undefined ? value : (value as Record<string, unknown>)[name];
  if (inner === undefined)
    return `config.${root} has no "${name}".${didYouMean(name ?? '', Object.keys(value as Record<string, unknown>))}`;
  if (index === undefined) return undefined;
  if (!Array.isArray(inner)) return `config.${[root, name].filter(Boolean).join('.')} is not a list`;
  return index < inner.length
    ? undefined
    : `config.${root} has ${inner.length} entries, counted from 0: the last one is ${root}[${inner.length - 1}]`;
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

/** Files that are there twice, and those without a machine that has them. Which of them tasks name is known after the matrix. */
export function checkFiles({ files = [] }: Request): Issue[] {
  const seen = new Set<string>();
  const issues: Issue[] = [];
  const parts = files.reduce((sum, file) => sum + file.parts.length, 0);
  if (parts > MAX_FILE_PARTS) {
    const message = `the files of the request have ${parts} parts, at most ${MAX_FILE_PARTS} are possible: split the request, or save the models with their weights in one file`;
    issues.push({ path: 'files', code: 'too_many_files', message });
  }
  for (const [index, { path, local, only_local }] of files.entries()) {
    if (issues.length > MAX_ISSUES) break;
    if (seen.has(path))
      issues.push({ path: `files[${index}].path`, code: 'duplicate_file', message: `"${path}" is listed twice` });
    seen.add(path);
    if (only_local === true && local === undefined) {
      const message = `"${path}" is only_local: local.hostname and local.path have to say where it is`;
      issues.push({ path: `files[${index}].local`, code: 'file_nowhere', message });
    }
  }
  return issues;
}
