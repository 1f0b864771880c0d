import { describe, expect, it } from 'vitest';
import { expand, poolTaskId } from './expand.ts';
import { request } from './request.ts';
import { aloneAgain, taskOfRun } from './task-of-run.ts';

function tasksOf(written: unknown) {
  const expansion = expand(request.parse(written));
  if (!expansion.ok) throw new Error(JSON.stringify(expansion.issues));
  return new Map(expansion.tasks.map((task) => [task.task_id, task]));
}

const noop = (task_id: string, more: object = {}): object => ({ task_id, executor: 'noop', ...more });

describe('a task of a run is found in its request', () => {
  const long = 'x'.repeat(120);
  const tasks = tasksOf({
    name: 'nightly',
    tasks: [
      noop('a', { placement: 'each' }),
      noop('a--b', { placement: 'each' }),
      noop('a1'),
      noop(long, { placement: 'each' }),
      noop('many', { repetitions: 12, benchmark: 'own', depends_on: ['a1'] }),
    ],
  });
  const found = (task_id: string, pool: string | null = null) => {
    const of = taskOfRun(tasks, { task_id, pool });
    return of === undefined ? undefined : [of.task.task_id, of.copy_for];
  };

  it.each([
    ['by its id', 'a1', null, ['a1', null]],
    ['as the copy for a pool', 'a--cpu-1', 'cpu-1', ['a', 'cpu-1']],
    ['before the row knows its pool', 'a--cpu-1', '', ['a', 'cpu-1']],
    ['where the pool has dashes of its own', 'a--cpu--1', 'cpu--1', ['a', 'cpu--1']],
    ['by the longest id', 'a--b--cpu-1', 'cpu-1', ['a--b', 'cpu-1']],
    ['where its id was cut', poolTaskId(long, 'cpu-1'), 'cpu-1', [long, 'cpu-1']],
    ['among repetitions', 'many-r10', null, ['many-r10', null]],
  ])('%s', (_, task_id, pool, expected) => {
    expect(found(task_id, pool)).toEqual(expected);
  });

  it.each(['a12', 'a1--cpu-1', 'a-cpu-1', 'many', 'many-r1'])('%s is none of it', (task_id) => {
    expect(found(task_id, 'cpu-1')).toBeUndefined();
  });
});

it('run once more alone it is one task that waits for nothing, of the same benchmark', () => {
  const tasks = tasksOf({
    name: 'nightly',
    tasks: [noop('a'), noop('many', { repetitions: 3, placement: 'each', benchmark: 'own', depends_on: ['a'] })],
  });
  const { task, copy_for } = taskOfRun(tasks, { task_id: 'many-r2--cpu-1', pool: 'cpu-1' }) ?? {};
  if (task === undefined || copy_for == null) throw new Error('not found');
  const again = tasksOf({ name: 'other', tasks: [aloneAgain(task, copy_for).task] });
  expect([...again.values()]).toEqual([
    expect.objectContaining({
      task_id: 'many-r2',
      benchmark: 'own',
      depends_on: [],
      placement: 'any',
      requirements: expect.objectContaining({ pool: 'cpu-1' }),
    }),
  ]);
});

it('it brings the files that it names, and no others', () => {
  const file = (path: string) => ({
    path,
    parts: [{ name: 'm.onnx', sha256: 'a'.repeat(64), size_bytes: 1 }],
  });
  const onnx = (task_id: string): object => ({ task_id, config: { model: `./${task_id}.onnx` } });
  const tasks = tasksOf({ files: [file('./a.onnx'), file('./b.onnx')], tasks: [onnx('a'), onnx('b')] });
  const found = taskOfRun(tasks, { task_id: 'b', pool: null });
  if (found === undefined) throw new Error('not found');
  const { task, files } = aloneAgain(found.task, null);
  expect(files).toEqual([file('./b.onnx')]);
  expect([...tasksOf({ files, tasks: [task] }).keys()]).toEqual(['b']);
});
