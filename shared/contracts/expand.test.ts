import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expand } from './expand.ts';
import { TASK_ID_PATTERN } from './ids.ts';
import { MAX_TASKS_PER_RUN, request } from './request.ts';
import { task } from './task.ts';

const noop = { task_id: 'a', executor: 'noop' };

function ids(body: unknown, bindings?: ReadonlyMap<string, readonly string[]>): string[] {
  const expansion = expand(request.parse(body), bindings);
  if (!expansion.ok) throw new Error(JSON.stringify(expansion.issues));
  return expansion.tasks.map((t) => t.task_id);
}

function issues(body: unknown): Array<{ path: string; code: string; message: string }> {
  const expansion = expand(request.parse(body));
  return expansion.ok ? [] : expansion.issues;
}

describe('expand', () => {
  it.each([
    ['one task', { tasks: [noop] }, ['a']],
    ['repetitions', { tasks: [{ ...noop, repetitions: 3 }] }, ['a-r1', 'a-r2', 'a-r3']],
    [
      'repetitions that sort',
      { tasks: [{ ...noop, repetitions: 10 }] },
      ['a-r01', 'a-r02', 'a-r03', 'a-r04', 'a-r05', 'a-r06', 'a-r07', 'a-r08', 'a-r09', 'a-r10'],
    ],
    ['a matrix', { matrix: { sleep_ms: [1, 2], value: [3, 4] }, tasks: [noop] }, ['a-1-3', 'a-1-4', 'a-2-3', 'a-2-4']],
    ['an axis of one value', { matrix: { sleep_ms: [1] }, tasks: [noop] }, ['a']],
    [
      'the list of tasks in each cell',
      { matrix: { sleep_ms: [1, 2] }, tasks: [noop, { ...noop, task_id: 'b' }] },
      ['a-1', 'b-1', 'a-2', 'b-2'],
    ],
    ['values with the same name', { matrix: { value: [-1, 1] }, tasks: [noop] }, ['a-1-1bad6b8c', 'a-1-6b86b273']],
    [
      'excluded cells',
      {
        matrix: { sleep_ms: [1, 2], value: [3, 4] },
        matrix_exclude: [
          { sleep_ms: 1, value: 4 },
          { sleep_ms: 2, value: 3 },
        ],
        tasks: [noop],
      },
      ['a-1-3', 'a-2-4'],
    ],
    ['repetitions as an axis', { matrix: { repetitions: [1, 2] }, tasks: [noop] }, ['a-1', 'a-2-r1', 'a-2-r2']],
  ])('%s', (_, body, expected) => {
    expect(ids(body)).toEqual(expected);
  });

  it('sets what an axis names, and a single value of a list field as a list', () => {
    const expansion = expand(
      request.parse({
        name: 'r',
        matrix: {
          model: ['m1', 'm2'],
          batch_sizes: [4],
          'requirements.hardware': ['cpu'],
          'requirements.labels.site': ['lab'],
          timeout_seconds: [60],
        },
        tasks: [{ task_id: 'a', config: { model: 'x' } }],
      }),
    );
    expect(expansion.ok && expansion.tasks).toMatchObject([
      {
        task_id: 'a-m1',
        base_task_id: 'a',
        benchmark: 'r',
        config: { model: 'm1', batch_sizes: [4] },
        requirements: { hardware: ['cpu'], labels: { site: 'lab' } },
        timeout_seconds: 60,
        pool: null,
      },
      { task_id: 'a-m2', config: { model: 'm2' } },
    ]);
  });

  it('keeps dependencies in their cell, and waits for all repetitions', () => {
    const expansion = expand(
      request.parse({
        matrix: { sleep_ms: [1, 2] },
        tasks: [
          { ...noop, repetitions: 2 },
          { ...noop, task_id: 'b', depends_on: ['a'] },
        ],
      }),
    );
    const waits = expansion.ok ? expansion.tasks.filter((t) => t.base_task_id === 'b').map((t) => t.depends_on) : [];
    expect(waits).toEqual([
      ['a-1-r1', 'a-1-r2'],
      ['a-2-r1', 'a-2-r2'],
    ]);
  });

  it('binds each to its pools, and who depends on it waits for all of them', () => {
    const body = {
      tasks: [
        { ...noop, placement: 'each' },
        { ...noop, task_id: 'b', depends_on: ['a'] },
      ],
    };
    expect(ids(body)).toEqual(['a', 'b']);
    expect(ids(body, new Map([['a', ['p1', 'p2']]]))).toEqual(['a--p1', 'a--p2', 'b']);
  });

  it.each([
    ['the same id twice', { tasks: [noop, noop] }, 'tasks[1].task_id', 'duplicate_task_id', 'tasks[0]'],
    [
      'an unknown dependency',
      {
        tasks: [
          { ...noop, depends_on: ['prepair'] },
          { ...noop, task_id: 'prepare' },
        ],
      },
      'tasks[0].depends_on[0]',
      'unknown_dependency',
      'Did you mean "prepare"?',
    ],
    [
      'a dependency named twice',
      { tasks: [noop, { ...noop, task_id: 'b', depends_on: ['a', 'a'] }] },
      'tasks[1].depends_on[1]',
      'duplicate_dependency',
      'twice',
    ],
    [
      'a task that waits for itself',
      { tasks: [{ ...noop, depends_on: ['a'] }] },
      'tasks',
      'dependency_cycle',
      'a -> a',
    ],
    [
      'a circle',
      {
        tasks: [
          { ...noop, depends_on: ['b'] },
          { ...noop, task_id: 'b', depends_on: ['c'] },
          { ...noop, task_id: 'c', depends_on: ['a'] },
        ],
      },
      'tasks',
      'dependency_cycle',
      'a -> b -> c -> a',
    ],
    [
      'an axis for no place',
      { matrix: { 'tasks.x': [1] }, tasks: [noop] },
      'matrix.tasks.x',
      'unknown_axis',
      'config.<name>',
    ],
    [
      'an axis for the executor',
      { matrix: { executor: ['noop'] }, tasks: [noop] },
      'matrix.executor',
      'unknown_axis',
      'cannot be set by a matrix',
    ],
    [
      'an axis for the prototype',
      { matrix: { 'config.__proto__.x': [1] }, tasks: [noop] },
      'matrix.config.__proto__.x',
      'unknown_axis',
      'cannot be set by a matrix',
    ],
    [
      'two axes for one place',
      { matrix: { sleep_ms: [1], 'config.sleep_ms': [2] }, tasks: [noop] },
      'matrix.config.sleep_ms',
      'duplicate_axis',
      'sleep_ms',
    ],
    [
      'a value twice',
      { matrix: { sleep_ms: [1, 1] }, tasks: [noop] },
      'matrix.sleep_ms',
      'duplicate_value',
      'repetitions',
    ],
    [
      'a value that does not fit',
      { matrix: { sleep_ms: [1, 'x'] }, tasks: [noop] },
      'tasks[0].config.sleep_ms',
      'matrix_value',
      'sleep_ms="x": takes a number',
    ],
    [
      'an axis that the executor does not know',
      { matrix: { sleep: [1, 2] }, tasks: [noop] },
      'tasks[0].config.sleep',
      'matrix_value',
      '"sleep_ms"',
    ],
    [
      'an unknown axis to exclude',
      { matrix: { sleep_ms: [1] }, matrix_exclude: [{ toString: 'x' }], tasks: [noop] },
      'matrix_exclude[0].toString',
      'unknown_axis',
      'sleep_ms',
    ],
    [
      'nothing left',
      { matrix: { sleep_ms: [1] }, matrix_exclude: [{ sleep_ms: 1 }], tasks: [noop] },
      'matrix_exclude',
      'empty_matrix',
      'nothing is left',
    ],
    [
      'too many tasks',
      {
        tasks: [
          { ...noop, repetitions: 100_000 },
          { ...noop, task_id: 'b' },
        ],
      },
      'tasks',
      'too_many_tasks',
      '100001',
    ],
    [
      'too many by an axis',
      { matrix: { repetitions: [100_000, 99_999] }, tasks: [noop] },
      'matrix',
      'too_many_tasks',
      '199999',
    ],
    [
      'too many dependencies',
      {
        tasks: [
          { ...noop, repetitions: 2000 },
          { ...noop, task_id: 'b', repetitions: 2000, depends_on: ['a'] },
        ],
      },
      'tasks',
      'too_many_dependencies',
      '4000000',
    ],
  ])('refuses %s', (_, body, path, code, text) => {
    expect(issues(body)).toEqual(expect.arrayContaining([{ path, code, message: expect.stringContaining(text) }]));
  });

  it.each([
    [
      'a matrix of billions',
      {
        matrix: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`a${i}`, [...Array(10).keys()]])),
        tasks: [noop],
      },
    ],
    [
      'thousands of axes',
      { matrix: Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`a${i}`, [1]])), tasks: [noop] },
    ],
    [
      'a circle of 100,000',
      {
        tasks: Array.from({ length: 100_000 }, (_, i) => ({
          ...noop,
          task_id: `t${i}`,
          depends_on: [`t${(i + 1) % 100_000}`],
        })),
      },
    ],
    [
      '100,000 unknown dependencies',
      { tasks: Array.from({ length: 100_000 }, (_, i) => ({ ...noop, task_id: `t${i}`, depends_on: [`x${i}`] })) },
    ],
    [
      'a repetitions axis on many tasks',
      {
        matrix: { repetitions: [...Array(1000).keys()].map((i) => 99_000 + i) },
        tasks: Array.from({ length: 1000 }, (_, i) => ({ ...noop, task_id: `t${i}` })),
      },
    ],
  ])('refuses %s fast', (_, body) => {
    const parsed = request.parse(body);
    const begin = performance.now();
    const expansion = expand(parsed);
    expect(performance.now() - begin).toBeLessThan(2000);
    expect(expansion.ok).toBe(false);
    expect(expansion.ok ? '' : (expansion.issues[0]?.message ?? '').length).toBeLessThan(2000);
  });

  it('expands 100,000 repetitions, and a matrix of as many cells, without delay', () => {
    const repeated = request.parse({ tasks: [{ ...noop, repetitions: MAX_TASKS_PER_RUN }] });
    const axis = (n: number): number[] => [...Array(n).keys()];
    const matrix = request.parse({ matrix: { sleep_ms: axis(250), value: axis(400) }, tasks: [noop] });
    for (const [body, limit_ms] of [
      [repeated, 1000],
      [matrix, 5000],
    ] as const) {
      const begin = performance.now();
      const expansion = expand(body);
      expect(performance.now() - begin).toBeLessThan(limit_ms);
      expect(expansion.ok && expansion.tasks.length).toBe(MAX_TASKS_PER_RUN);
    }
  });
});

describe('expand, for any request', () => {
  const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
  const longId = fc.stringMatching(/^[A-Za-z0-9_-]{100,128}$/);
  const value = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
  );
  const axis = fc.oneof(
    fc.constantFrom('sleep_ms', 'value', 'priority', 'retriable', 'requirements.hardware', 'repetitions'),
    fc.string({ minLength: 1, maxLength: 20 }),
  );
  const anyTask = fc.record(
    {
      task_id: fc.oneof(id, longId),
      executor: fc.constant('noop'),
      repetitions: fc.integer({ min: 1, max: 12 }),
      depends_on: fc.array(id, { maxLength: 3 }),
      placement: fc.constantFrom('any', 'each'),
    },
    { requiredKeys: ['task_id', 'executor'] },
  );
  const anyRequest = fc.record(
    {
      name: fc.string({ minLength: 1, maxLength: 30 }),
      matrix: fc.dictionary(axis, fc.array(value, { minLength: 1, maxLength: 4 }), { maxKeys: 3 }),
      matrix_exclude: fc.array(fc.dictionary(axis, value, { maxKeys: 2 }), { maxLength: 2 }),
      tasks: fc.array(anyTask, { minLength: 1, maxLength: 6 }),
    },
    { requiredKeys: ['tasks'] },
  );
  /** Dependencies on earlier tasks only: always acyclic. */
  const goodRequest = fc
    .record({
      count: fc.integer({ min: 1, max: 6 }),
      repetitions: fc.array(fc.integer({ min: 1, max: 11 }), { minLength: 6, maxLength: 6 }),
      edges: fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 8 }),
      cells: fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 5 }),
    })
    .map(({ count, repetitions, edges, cells }) => ({
      matrix: { sleep_ms: cells },
      tasks: Array.from({ length: count }, (_, i) => ({
        task_id: `t${i}`,
        executor: 'noop',
        repetitions: repetitions[i] ?? 1,
        depends_on: [...new Set(edges.filter(([from, to]) => from === i && to < i).map(([, to]) => `t${to}`))],
      })),
    }));

  it('never throws; its tasks are valid, their ids unique, their dependencies there', () => {
    fc.assert(
      fc.property(anyRequest, (body) => {
        const parsed = request.safeParse(body);
        if (!parsed.success) return;
        const expansion = expand(parsed.data);
        expect(expand(parsed.data)).toEqual(expansion);
        if (!expansion.ok) {
          expect(expansion.issues.length).toBeGreaterThan(0);
          return;
        }
        const names = new Set(expansion.tasks.map((t) => t.task_id));
        expect(names.size).toBe(expansion.tasks.length);
        for (const t of expansion.tasks) {
          expect(t.task_id).toMatch(TASK_ID_PATTERN);
          expect(task.safeParse(t).success).toBe(true);
          for (const dependency of t.depends_on) expect(names.has(dependency)).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('has the size of the product, stays acyclic and inside of the cell', () => {
    fc.assert(
      fc.property(goodRequest, (body) => {
        const expansion = expand(request.parse(body));
        if (!expansion.ok) throw new Error(JSON.stringify(expansion.issues));
        const { tasks } = expansion;
        const size = body.tasks.reduce((sum, t) => sum + t.repetitions, 0) * body.matrix.sleep_ms.length;
        expect(tasks).toHaveLength(size);
        const byId = new Map(tasks.map((t, index) => [t.task_id, { index, cell: JSON.stringify(t.config) }]));
        for (const [index, t] of tasks.entries()) {
          for (const dependency of t.depends_on) {
            const other = byId.get(dependency);
            // Written before it, so in an order in which nothing waits for a later one.
            expect(other?.index).toBeLessThan(index);
            expect(other?.cell).toBe(JSON.stringify(t.config));
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
