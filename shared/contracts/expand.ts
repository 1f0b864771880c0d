import { createHash } from 'node:crypto';
import { TASK_ID_PATTERN } from './ids.ts';
import { type AxisValue, type Issue, MAX_TASKS_PER_RUN, type Request } from './request.ts';
import { type Task, type TaskSpec, taskSpec } from './task.ts';

/** Pools that `each` tasks are bound to, by the task id they had before. */
export type PoolBindings = ReadonlyMap<string, readonly string[]>;

export type Expansion = { ok: true; tasks: Task[] } | { ok: false; issues: Issue[] };

/**
 * Turns a request into the tasks it stands for. Pure and total, so ingest, scheduler and aggregator come to the same
 * list from the same message.
 *
 * The matrix copies the whole list of tasks once per cell, and `depends_on` stays inside its cell. A task with
 * repetitions becomes that many tasks; who depends on it waits for all. An `each` task without a binding stays one
 * task; with one it becomes a task per pool.
 *
 * Ids: `<task>-<axis value>…-r<repetition>--<pool>`, each part only where there is more than one.
 *
 * @returns the tasks in the request's order, or every issue with its path: unknown or duplicate ids, dependency
 *   cycles, a matrix axis that doesn't fit, too many tasks.
 */
export function expand(request: Request, bindings: PoolBindings = new Map()): Expansion {
  const issues: Issue[] = [...checkTaskIds(request.tasks), ...checkDependencies(request.tasks)];
  const cells = matrixCells(request, issues);
  const count = cells.length * request.tasks.reduce((sum, t) => sum + t.repetitions, 0);
  if (count > MAX_TASKS_PER_RUN) {
    issues.push({
      path: request.matrix === undefined ? 'tasks' : 'matrix',
      code: 'too_many_tasks',
      message: `the request expands to ${count} tasks; a run has at most ${MAX_TASKS_PER_RUN}: split it into several requests`,
    });
  }
  const edges = cells.length * countEdges(request.tasks);
  if (edges > MAX_EDGES_PER_RUN) {
    issues.push({
      path: 'tasks',
      code: 'too_many_dependencies',
      message: `with its repetitions the request has ${edges} dependencies between tasks, at most ${MAX_EDGES_PER_RUN} are possible: put one task in between that waits for all`,
    });
  }
  if (issues.length > 0) return { ok: false, issues };

  const tasks: Task[] = [];
  for (const cell of cells) {
    const copies = expandCell(request, cell, bindings, issues);
    if (issues.length > 0) return { ok: false, issues: issues.slice(0, 100) };
    for (const copy of copies) tasks.push(copy);
  }
  const clash = firstDuplicate(tasks);
  if (clash !== undefined) {
    return {
      ok: false,
      issues: [
        {
          path: 'tasks',
          code: 'duplicate_task_id',
          message: `two of the expanded tasks are called "${clash}": choose task ids that stay different with the matrix values behind them`,
        },
      ],
    };
  }
  return { ok: true, tasks };
}

/** Repetitions depending on repetitions multiply; this bounds the memory of a run. */
const MAX_EDGES_PER_RUN = 1_000_000;

function countEdges(tasks: readonly TaskSpec[]): number {
  const repetitions = new Map(tasks.map((task) => [task.task_id, task.repetitions]));
  let edges = 0;
  for (const task of tasks) {
    for (const id of task.depends_on) edges += task.repetitions * (repetitions.get(id) ?? 0);
  }
  return edges;
}

interface Cell {
  suffix: string;
  values: ReadonlyArray<readonly [axis: string, value: AxisValue]>;
}

function expandCell(request: Request, cell: Cell, bindings: PoolBindings, issues: Issue[]): Task[] {
  const specs = request.tasks.map((spec, index) => applyCell(spec, cell, index, issues));
  if (issues.length > 0) return [];

  // Every copy of each written task in this cell, by the written id, so that dependencies can be widened.
  const copies = new Map<string, Task[]>();
  for (const spec of specs) copies.set(spec.task_id, copiesOf(spec, request, cell, bindings));

  const result: Task[] = [];
  for (const list of copies.values()) {
    for (const task of list) {
      const depends_on = task.depends_on.flatMap((id) =>
        (copies.get(id) ?? []).map((dependency) => dependency.task_id),
      );
      result.push(depends_on.length === 0 ? task : { ...task, depends_on });
    }
  }
  return result;
}

function copiesOf(spec: TaskSpec, request: Request, cell: Cell, bindings: PoolBindings): Task[] {
  const digits = String(spec.repetitions).length;
  const copies: Task[] = [];
  for (let repetition = 1; repetition <= spec.repetitions; repetition++) {
    const repeated = spec.repetitions === 1 ? '' : `-r${String(repetition).padStart(digits, '0')}`;
    const task_id = fitId(`${spec.task_id}${cell.suffix}${repeated}`);
    const task: Task = {
      ...spec,
      task_id,
      base_task_id: spec.task_id,
      benchmark: spec.benchmark ?? request.name ?? spec.type,
      priority: spec.priority ?? request.priority,
      pool: null,
    };
    const pools = spec.placement === 'each' ? bindings.get(task_id) : undefined;
    if (pools === undefined) copies.push(task);
    else for (const pool of pools) copies.push({ ...task, task_id: fitId(`${task_id}--${pool}`), pool });
  }
  return copies;
}

/** Ids longer than the contract's 128 keep their beginning and end in a hash of the whole. */
function fitId(id: string): string {
  if (id.length <= 128) return id;
  return `${id.slice(0, 115)}-${createHash('sha256').update(id).digest('hex').slice(0, 12)}`;
}

function applyCell(spec: TaskSpec, cell: Cell, index: number, issues: Issue[]): TaskSpec {
  if (cell.values.length === 0) return spec;
  const copy = structuredClone(spec) as unknown as Record<string, unknown>;
  for (const [axis, value] of cell.values) setAxis(copy, axis, value);
  const parsed = taskSpec.safeParse(copy);
  if (parsed.success) return parsed.data;
  for (const problem of parsed.error.issues) {
    issues.push({
      path: `tasks[${index}].${problem.path.join('.')}`,
      code: 'matrix_value',
      message: `with the matrix values ${describe(cell)}: ${problem.message}`,
    });
  }
  return spec;
}

function describe(cell: Cell): string {
  return cell.values.map(([axis, value]) => `${axis}=${JSON.stringify(value)}`).join(', ');
}

const TASK_FIELDS = new Set([
  'type',
  'benchmark',
  'priority',
  'executor',
  'placement',
  'repetitions',
  'timeout_seconds',
]);
const TASK_ROOTS = new Set(['config', 'requirements', 'retry_policy']);

/** The place in a task that an axis sets, or undefined for a place that may not be set. */
function axisPath(axis: string): string[] | undefined {
  const parts = axis.split('.');
  const [root] = parts;
  if (root === undefined || parts.some((part) => part === '' || part === '__proto__' || part === 'constructor'))
    return undefined;
  if (parts.length === 1) return TASK_FIELDS.has(root) ? [root] : ['config', root];
  return TASK_ROOTS.has(root) ? parts : undefined;
}

/** Fields that hold a list take a single axis value as a list of one: `requirements.hardware: [cpu, cuda]` means two cells. */
const LIST_FIELDS = new Set(['requirements.hardware', 'config.batch_sizes']);

function setAxis(target: Record<string, unknown>, axis: string, value: AxisValue): void {
  const path = axisPath(axis) ?? [];
  const last = path.at(-1);
  if (last === undefined) return;
  let node = target;
  for (const part of path.slice(0, -1)) {
    const child = node[part];
    if (typeof child === 'object' && child !== null && !Array.isArray(child)) node = child as Record<string, unknown>;
    else {
      const created: Record<string, unknown> = {};
      node[part] = created;
      node = created;
    }
  }
  node[last] = LIST_FIELDS.has(path.join('.')) && !Array.isArray(value) ? [value] : structuredClone(value);
}

function matrixCells(request: Request, issues: Issue[]): Cell[] {
  const axes = Object.entries(request.matrix ?? {});
  for (const [axis] of axes) {
    if (axisPath(axis) !== undefined) continue;
    issues.push({
      path: `matrix.${axis}`,
      code: 'unknown_axis',
      message: `"${axis}" names no place in a task: use config.<name>, requirements.<name>, retry_policy.<name> or one of ${[...TASK_FIELDS].join(', ')}`,
    });
  }
  for (const [index, entry] of (request.matrix_exclude ?? []).entries()) {
    for (const axis of Object.keys(entry)) {
      if (request.matrix !== undefined && axis in request.matrix) continue;
      issues.push({
        path: `matrix_exclude[${index}].${axis}`,
        code: 'unknown_axis',
        message: `"${axis}" is no axis of the matrix; its axes are: ${axes.map(([name]) => name).join(', ') || 'none'}`,
      });
    }
  }
  const size = axes.reduce((product, [, values]) => product * values.length, 1);
  // Counted before it is built, so that a matrix of billions is an error and not an exhausted memory.
  if (size > MAX_TASKS_PER_RUN) {
    issues.push({
      path: 'matrix',
      code: 'too_many_tasks',
      message: `the matrix has ${size} cells; a run has at most ${MAX_TASKS_PER_RUN} tasks: leave out values or split it into several requests`,
    });
    return [];
  }
  if (issues.length > 0) return [];

  let cells: Cell[] = [{ suffix: '', values: [] }];
  for (const [axis, values] of axes) {
    cells = cells.flatMap((cell) =>
      values.map((value) => ({
        suffix: values.length === 1 ? cell.suffix : `${cell.suffix}-${slug(value)}`,
        values: [...cell.values, [axis, value] as const],
      })),
    );
  }
  const kept = cells.filter((cell) => !isExcluded(cell, request.matrix_exclude ?? []));
  if (kept.length === 0) {
    issues.push({
      path: 'matrix_exclude',
      code: 'empty_matrix',
      message: 'every cell of the matrix is excluded: nothing is left to run',
    });
  }
  return kept;
}

function isExcluded(cell: Cell, excludes: ReadonlyArray<Record<string, AxisValue>>): boolean {
  return excludes.some((entry) =>
    Object.entries(entry).every(([axis, value]) =>
      cell.values.some(([name, own]) => name === axis && JSON.stringify(own) === JSON.stringify(value)),
    ),
  );
}

function slug(value: AxisValue): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const cleaned = text.replace(/[^A-Za-z0-9_]+/g, '-').replace(/^-+|-+$/g, '');
  return cleaned.length > 0 && cleaned.length <= 40
    ? cleaned
    : `${cleaned.slice(0, 24)}${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}

function checkTaskIds(tasks: readonly TaskSpec[]): Issue[] {
  const seen = new Map<string, number>();
  const issues: Issue[] = [];
  for (const [index, { task_id }] of tasks.entries()) {
    const first = seen.get(task_id);
    if (first === undefined) seen.set(task_id, index);
    else {
      issues.push({
        path: `tasks[${index}].task_id`,
        code: 'duplicate_task_id',
        message: `"${task_id}" is the id of tasks[${first}] already: ids are unique in a request`,
      });
    }
  }
  return issues;
}

function checkDependencies(tasks: readonly TaskSpec[]): Issue[] {
  const byId = new Map(tasks.map((task) => [task.task_id, task]));
  const issues: Issue[] = [];
  for (const [index, task] of tasks.entries()) {
    const seen = new Set<string>();
    for (const [position, id] of task.depends_on.entries()) {
      const path = `tasks[${index}].depends_on[${position}]`;
      if (!byId.has(id))
        issues.push({ path, code: 'unknown_dependency', message: `no task of this request is called "${id}"` });
      if (seen.has(id)) issues.push({ path, code: 'duplicate_dependency', message: `"${id}" is named twice` });
      seen.add(id);
    }
  }
  const cycle = findCycle(byId);
  if (cycle !== undefined) {
    issues.push({
      path: 'tasks',
      code: 'dependency_cycle',
      message: `these tasks wait for each other in a circle: ${cycle.join(' -> ')}; take one of the dependencies away`,
    });
  }
  return issues;
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

function firstDuplicate(tasks: readonly Task[]): string | undefined {
  const seen = new Set<string>();
  for (const { task_id } of tasks) {
    if (seen.has(task_id) || !TASK_ID_PATTERN.test(task_id)) return task_id;
    seen.add(task_id);
  }
  return undefined;
}
