import { createHash } from 'node:crypto';
import { shorten } from '../format/shorten.ts';
import { MAX_AXES, MAX_EXCLUDE_CHECKS, MAX_ISSUES } from './limits.ts';
import { type AxisValue, type Issue, MAX_TASKS_PER_RUN, type Request } from './request.ts';

/** One combination of the matrix' values. */
export interface Cell {
  suffix: string;
  values: ReadonlyArray<readonly [axis: string, value: AxisValue]>;
}

/** `config.model="a", precision="fp16"`. */
export function describeCell(cell: Cell): string {
  return cell.values.map(([axis, value]) => `${shorten(axis, 100)}=${shorten(JSON.stringify(value), 100)}`).join(', ');
}

/** Not `executor`: another executor has another config, so that is another task. */
const TASK_FIELDS = new Set(['type', 'benchmark', 'priority', 'placement', 'repetitions', 'timeout_seconds']);
const TASK_ROOTS = new Set(['config', 'requirements', 'retry_policy']);
const NEVER_AN_AXIS = new Set(['task_id', 'executor', 'depends_on', ...TASK_ROOTS]);

/** The place in a task that an axis sets, or undefined for a place that may not be set. */
function axisPath(axis: string): string[] | undefined {
  const parts = axis.split('.');
  const [root] = parts;
  if (root === undefined || parts.length > 8) return undefined;
  if (parts.some((part) => part === '' || part === '__proto__' || part === 'constructor')) return undefined;
  if (parts.length > 1) return TASK_ROOTS.has(root) ? parts : undefined;
  if (NEVER_AN_AXIS.has(root)) return undefined;
  return TASK_FIELDS.has(root) ? [root] : ['config', root];
}

/** Fields that hold a list take a single axis value as a list of one: `requirements.hardware: [cpu, cuda]` means two cells. */
const LIST_FIELDS = new Set(['requirements.hardware', 'config.batch_sizes']);

/** A copy with the axis' value in its place; what is beside the path is shared with the original. */
export function withAxis(
  target: Readonly<Record<string, unknown>>,
  axis: string,
  value: AxisValue,
): Readonly<Record<string, unknown>> {
  const path = axisPath(axis) ?? [];
  return withValue(target, path, LIST_FIELDS.has(path.join('.')) && !Array.isArray(value) ? [value] : value);
}

function withValue(target: unknown, path: readonly string[], value: unknown): Record<string, unknown> {
  const [name, ...rest] = path;
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  if (name === undefined) return { ...base };
  const own = Object.hasOwn(base, name) ? (base as Record<string, unknown>)[name] : undefined;
  return { ...base, [name]: rest.length === 0 ? value : withValue(own, rest, value) };
}

/** All combinations that are not excluded; what is wrong with the matrix is added to `issues`. */
export function matrixCells(request: Request, issues: Issue[]): Cell[] {
  const axes = Object.entries(request.matrix ?? {});
  checkAxes(request, axes, issues);
  if (issues.length > 0) return [];

  let cells: Cell[] = [{ suffix: '', values: [] }];
  for (const [axis, values] of axes) {
    const slugs = slugsOf(values);
    cells = cells.flatMap((cell) =>
      values.map((value, index) => ({
        suffix: values.length === 1 ? cell.suffix : `${cell.suffix}-${slugs[index]}`,
        values: [...cell.values, [axis, value] as const],
      })),
    );
  }
  const kept = withoutExcluded(cells, request.matrix_exclude ?? []);
  if (kept.length === 0) {
    issues.push({
      path: 'matrix_exclude',
      code: 'empty_matrix',
      message: 'every cell of the matrix is excluded: nothing is left to run',
    });
  }
  return kept;
}

function checkAxes(request: Request, axes: ReadonlyArray<[string, AxisValue[]]>, issues: Issue[]): void {
  if (axes.length > MAX_AXES) {
    issues.push({
      path: 'matrix',
      code: 'too_many_axes',
      message: `the matrix has ${axes.length} axes, at most ${MAX_AXES} are possible: what is the same in every cell belongs into the tasks`,
    });
    return;
  }
  const places = new Map<string, string>();
  for (const [axis, values] of axes) {
    const path = `matrix.${axis}`;
    const place = axisPath(axis)?.join('.');
    if (place === undefined) {
      const message = `"${shorten(axis, 100)}" cannot be set by a matrix: use config.<name>, requirements.<name>, retry_policy.<name> or one of ${[...TASK_FIELDS].join(', ')}`;
      issues.push({ path, code: 'unknown_axis', message });
      continue;
    }
    const other = places.get(place);
    if (other !== undefined) {
      const message = `"${shorten(axis, 100)}" sets ${shorten(place, 100)}, as "${shorten(other, 100)}" does`;
      issues.push({ path, code: 'duplicate_axis', message });
    }
    places.set(place, axis);
    const twice = firstRepeated(values.map((value) => JSON.stringify(value)));
    if (twice !== undefined) {
      const message = `the value ${shorten(twice, 100)} is there twice: use repetitions to run the same thing again`;
      issues.push({ path, code: 'duplicate_value', message });
    }
  }
  const excludes = request.matrix_exclude ?? [];
  const names = axes.map(([name]) => shorten(name, 100)).join(', ') || 'none';
  for (const [index, entry] of excludes.entries()) {
    if (issues.length > MAX_ISSUES) return;
    for (const axis of Object.keys(entry).slice(0, MAX_ISSUES)) {
      if (request.matrix !== undefined && Object.hasOwn(request.matrix, axis)) continue;
      issues.push({
        path: `matrix_exclude[${index}].${shorten(axis, 100)}`,
        code: 'unknown_axis',
        message: `"${shorten(axis, 100)}" is not an axis of the matrix; its axes are: ${names}`,
      });
    }
  }
  // Counted before it is built, so that a matrix of billions is an error and not an exhausted memory.
  const size = axes.reduce((product, [, values]) => product * values.length, 1);
  if (size > MAX_TASKS_PER_RUN) {
    issues.push({
      path: 'matrix',
      code: 'too_many_tasks',
      message: `the matrix has ${size} cells; a run has at most ${MAX_TASKS_PER_RUN} tasks: leave out values or split it into several requests`,
    });
  }
  const sets = new Set(excludes.map(axesOf)).size;
  if (sets * size > MAX_EXCLUDE_CHECKS) {
    issues.push({
      path: 'matrix_exclude',
      code: 'too_many_excludes',
      message: `the entries name ${sets} different sets of axes, and the matrix has ${size} cells: the product may be ${MAX_EXCLUDE_CHECKS} at most, so name the same axes in more of the entries`,
    });
  }
}

const axesOf = (entry: Readonly<Record<string, AxisValue>>): string => JSON.stringify(Object.keys(entry).sort());

function firstRepeated(values: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return values.find((value) => seen.size === seen.add(value).size);
}

/** One look-up per cell and set of axes, so that many entries on many cells stay fast. */
function withoutExcluded(cells: readonly Cell[], excludes: ReadonlyArray<Record<string, AxisValue>>): Cell[] {
  const byAxes = new Map<string, { axes: string[]; excluded: Set<string> }>();
  for (const entry of excludes) {
    const axes = Object.keys(entry).sort();
    const name = JSON.stringify(axes);
    const group = byAxes.get(name) ?? { axes, excluded: new Set() };
    group.excluded.add(JSON.stringify(axes.map((axis) => entry[axis])));
    byAxes.set(name, group);
  }
  return cells.filter((cell) => {
    if (byAxes.size === 0) return true;
    const values = new Map(cell.values);
    return ![...byAxes.values()].some(({ axes, excluded }) =>
      excluded.has(JSON.stringify(axes.map((axis) => values.get(axis)))),
    );
  });
}

/** A short name per value for the task ids; values that would have the same name (-1 and 1) get a hash behind it. */
function slugsOf(values: readonly AxisValue[]): string[] {
  const plain = values.map(slug);
  const count = new Map<string, number>();
  for (const name of plain) count.set(name, (count.get(name) ?? 0) + 1);
  return values.map((value, index) => {
    const own = plain[index] ?? '';
    return count.get(own) === 1 ? own : `${own}-${hash8(JSON.stringify(value))}`;
  });
}

function hash8(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function slug(value: AxisValue): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const cleaned = text.replace(/[^A-Za-z0-9_]+/g, '-').replace(/^-+|-+$/g, '');
  return cleaned.length > 0 && cleaned.length <= 40 ? cleaned : `${cleaned.slice(0, 24)}${hash8(text)}`;
}
