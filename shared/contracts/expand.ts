import { createHash } from 'node:crypto';
import { parseWith } from '../runtime/issues.ts';
import { countValues } from '../runtime/json-limits.ts';
import { exportInWords, quantizationInWords } from './executors.ts';
import { checkArtifacts } from './expand-artifacts.ts';
import { baseSideOf, checkBase } from './expand-base.ts';
import { checkDependencies, checkFiles, checkImported, checkSeriesPlaces, checkTaskIds } from './expand-checks.ts';
import { type Cell, describeCell, matrixCells, withAxis } from './expand-matrix.ts';
import { filesNamedBy } from './files-named-by.ts';
import { TASK_ID_PATTERN } from './ids.ts';
import { MAX_EXPANDED_VALUES, MAX_ISSUES } from './limits.ts';
import { artifactOf, type MadeOf, makerOf } from './model-artifact.ts';
import { type Issue, MAX_TASKS_PER_RUN, type Request } from './request.ts';
import type { RequestFile } from './request-file.ts';
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
export function expand(written: Request, bindings: PoolBindings = new Map()): Expansion {
  const request = { ...written, tasks: written.tasks.map(waitingForItsModel) };
  const issues: Issue[] = [
    ...checkTaskIds(request.tasks),
    ...checkArtifacts(request),
    ...checkDependencies(request.tasks),
    ...checkSeriesPlaces(request),
    ...checkFiles(request),
    ...checkBase(request),
    ...checkImported(request),
  ];
  const cells = matrixCells(request, issues);
  const { tasks: count, edges } = sizeOf(request.tasks, cells);
  if (count > MAX_TASKS_PER_RUN) {
    issues.push({
      path: request.matrix === undefined ? 'tasks' : 'matrix',
      code: 'too_many_tasks',
      message: `the request expands to ${count} tasks; a run has at most ${MAX_TASKS_PER_RUN}: split it into several requests`,
    });
  }
  if (edges > MAX_EDGES_PER_RUN) {
    issues.push({
      path: 'tasks',
      code: 'too_many_dependencies',
      message: `with its repetitions the request has ${edges} dependencies between tasks, at most ${MAX_EDGES_PER_RUN} are possible: put one task in between that waits for all`,
    });
  }
  const tooMuch = cells.length > 1 ? expandedIssue(request.tasks, cells.length) : undefined;
  if (tooMuch !== undefined) issues.push(tooMuch);
  if (issues.length > 0) return { ok: false, issues };

  const tasks: Task[] = [];
  for (const cell of cells) {
    const copies = expandCell(request, cell, bindings, issues);
    if (issues.length > 0) return { ok: false, issues };
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

/**
 * How many tasks and dependencies the cells come to, without building them. An axis may set the repetitions of all
 * tasks; what is no number there is reported when the cell is applied.
 */
function sizeOf(tasks: readonly TaskSpec[], cells: readonly Cell[]): { tasks: number; edges: number } {
  const repetitions = new Map(tasks.map((task) => [task.task_id, task.repetitions]));
  let ownTasks = 0;
  let ownEdges = 0;
  let plainEdges = 0;
  for (const task of tasks) {
    ownTasks += task.repetitions;
    plainEdges += task.depends_on.length;
    for (const id of task.depends_on) ownEdges += task.repetitions * (repetitions.get(id) ?? 0);
  }
  const size = { tasks: 0, edges: 0 };
  for (const cell of cells) {
    const axis = cell.values.find(([name]) => name === 'repetitions')?.[1];
    const all = typeof axis === 'number' ? Math.max(0, axis) : undefined;
    size.tasks += all === undefined ? ownTasks : all * tasks.length;
    size.edges += all === undefined ? ownEdges : all * all * plainEdges;
  }
  return size;
}

/** Each cell of a matrix copies and checks every task whole: large tasks in many cells are more work than their number tells. */
function expandedIssue(tasks: readonly TaskSpec[], cells: number): Issue | undefined {
  const most = MAX_EXPANDED_VALUES / cells;
  if (countValues(tasks, most) <= most) return undefined;
  const message = `the tasks hold more than ${Math.floor(most)} values, and the matrix copies them ${cells} times: ${MAX_EXPANDED_VALUES} values in all are possible, so leave out cells or split the request`;
  return { path: 'matrix', code: 'too_many_values', message };
}

function expandCell(request: Request, cell: Cell, bindings: PoolBindings, issues: Issue[]): Task[] {
  const specs: TaskSpec[] = [];
  for (const [index, spec] of request.tasks.entries()) {
    specs.push(applyCell(spec, cell, index, issues));
    if (issues.length > MAX_ISSUES) break;
  }
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
      result.push(depends_on.length === 0 ? task : withMadeModel({ ...task, depends_on }, copies));
    }
  }
  return result;
}

function copiesOf(spec: TaskSpec, request: Request, cell: Cell, bindings: PoolBindings): Task[] {
  const digits = String(spec.repetitions).length;
  const files = filesOf(spec, request);
  const base_side = baseSideOf(spec, request);
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
      ...(spec.deadline === undefined && request.deadline !== undefined ? { deadline: request.deadline } : {}),
      pool: null,
      ...(files.length === 0 ? {} : { files }),
      // Its config is one of the task's executor, as the task's own is.
      ...((base_side === undefined ? {} : { base_side }) as object),
    };
    const pools = spec.placement === 'each' ? bindings.get(task_id) : undefined;
    if (pools === undefined) copies.push(task);
    else for (const pool of pools) copies.push({ ...task, task_id: poolTaskId(task_id, pool), pool });
  }
  return copies;
}

/** A task whose model another one makes waits for that one, whether its author says so or not. */
function waitingForItsModel(spec: TaskSpec): TaskSpec {
  const maker = makerOf(modelOf(spec));
  if (maker === undefined || spec.depends_on.includes(maker)) return spec;
  return { ...spec, depends_on: [...spec.depends_on, maker] };
}

/** Names the copy that makes the model, and what it makes it of. */
function withMadeModel(task: Task, copies: ReadonlyMap<string, readonly Task[]>): Task {
  const made_of = madeOfTask(task, copies);
  if (made_of === undefined) return task;
  // Still the config of the task's own executor.
  return { ...task, config: { ...task.config, model: artifactOf(made_of.task_id) }, made_of } as Task;
}

/** Of a model that is made of a made one, every step. */
function madeOfTask(task: Task, copies: ReadonlyMap<string, readonly Task[]>): MadeOf | undefined {
  const written = makerOf(modelOf(task));
  const maker = written === undefined ? undefined : copies.get(written)?.[0];
  if (maker?.executor !== 'quantize' && maker?.executor !== 'export') return undefined;
  const { task_id, config } = maker;
  const before = madeOfTask(maker, copies);
  const how = maker.executor === 'export' ? exportInWords(maker.config) : quantizationInWords(maker.config);
  return {
    task_id,
    model: before?.model ?? config.model,
    how: before === undefined ? how : `${before.how}, then ${how}`,
  };
}

const modelOf = ({ config }: Pick<TaskSpec, 'config'>): string | undefined =>
  'model' in config ? config.model : undefined;

function filesOf(spec: TaskSpec, { files = [] }: Request): RequestFile[] {
  if (files.length === 0) return [];
  const named = new Set(filesNamedBy(spec));
  return files.filter(({ path }) => named.has(path));
}

/** The id of an `each` task's copy for one pool. */
export function poolTaskId(task_id: string, pool: string): string {
  return fitId(`${task_id}--${pool}`);
}

/** Ids longer than the contract's 128 keep their beginning and end in a hash of the whole. */
function fitId(id: string): string {
  if (id.length <= 128) return id;
  return `${id.slice(0, 115)}-${createHash('sha256').update(id).digest('hex').slice(0, 12)}`;
}

function applyCell(spec: TaskSpec, cell: Cell, index: number, issues: Issue[]): TaskSpec {
  if (cell.values.length === 0) return spec;
  let copy: Readonly<Record<string, unknown>> = spec;
  for (const [axis, value] of cell.values) copy = withAxis(copy, axis, value);
  const parsed = parseWith(taskSpec, copy);
  if (parsed.ok) return parsed.value;
  for (const problem of parsed.issues) {
    issues.push({
      path: `tasks[${index}].${problem.path}`,
      code: 'matrix_value',
      message: `with the matrix values ${describeCell(cell)}: ${problem.message}`,
    });
  }
  return spec;
}

function firstDuplicate(tasks: readonly Task[]): string | undefined {
  const seen = new Set<string>();
  for (const { task_id } of tasks) {
    if (seen.has(task_id) || !TASK_ID_PATTERN.test(task_id)) return task_id;
    seen.add(task_id);
  }
  return undefined;
}
