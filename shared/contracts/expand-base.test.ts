import { describe, expect, it } from 'vitest';
import { expand } from './expand.ts';
import { request } from './request.ts';
import { workloadKey } from './series.ts';

const written = (task: object, more: object = {}) =>
  request.parse({
    ...{ name: 'r', source: { commit: 'head567', branch: 'x' }, base: { commit: 'base567' } },
    tasks: [{ task_id: 't', executor: 'command', ...task }],
    ...more,
  });
const command = { config: { command: ['run', '--at', '{commit}'], env: { A: '1', B: '2' } } };
const codes = (...args: Parameters<typeof written>): string[] => {
  const expansion = expand(written(...args));
  return expansion.ok ? [] : expansion.issues.map(({ path, code }) => `${path} ${code}`);
};

describe('a base in a request', () => {
  it('gives each task a base side with the request’s prepare and its own fields', () => {
    const base = { commit: 'base567', branch: 'main', pairs: 4, prepare: ['git', 'checkout', '{commit}'] };
    const expansion = expand(written({ ...command, base: { env: { B: '3' } } }, { base }));
    const side = expansion.ok ? expansion.tasks[0]?.base_side : undefined;
    expect(side).toMatchObject({ commit: 'base567', branch: 'main', pairs: 4 });
    expect(side?.config).toEqual({
      ...{ command: ['run', '--at', '{commit}'], env: { A: '1', B: '3' } },
      prepare: ['git', 'checkout', '{commit}'],
    });
  });

  it('goes with every copy of a task: cells, repetitions, pools', () => {
    const asked = written(
      { ...command, repetitions: 2, placement: 'each' },
      { matrix: { 'config.env.A': ['5', '6'] } },
    );
    const unbound = expand(asked);
    const ids = unbound.ok ? unbound.tasks.map(({ task_id }) => task_id) : [];
    const expansion = expand(asked, new Map(ids.map((id) => [id, ['p', 'q']])));
    const sides = expansion.ok ? expansion.tasks.map(({ base_side }) => base_side?.config) : [];
    expect(sides).toHaveLength(8);
    expect(sides.map((config) => config !== undefined && 'env' in config && config.env?.A)).toEqual([
      ...['5', '5', '5', '5', '6', '6', '6', '6'],
    ]);
  });

  it('is none of a task that leaves it out, nor of a test', () => {
    const more = { tasks: [{ task_id: 'a', executor: 'command', ...command }] };
    const without = { task_id: 'b', executor: 'command', ...command, base: false };
    const test = { task_id: 'c', executor: 'command', type: 'test', ...command };
    const expansion = expand(written({}, { tasks: [...more.tasks, without, test] }));
    expect(expansion.ok && expansion.tasks.map(({ base_side }) => base_side !== undefined)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('is another model for onnx, and its hash is not the head’s', () => {
    const config = { model: 'a.onnx', sha256: 'a'.repeat(64) };
    const task = { executor: 'onnx', config, base: { model: 'b.onnx' } };
    const expansion = expand(written(task, { files: [] }));
    const side = expansion.ok ? expansion.tasks[0]?.base_side : undefined;
    expect(side?.config).toMatchObject({ model: 'b.onnx' });
    expect(side?.config).not.toHaveProperty('sha256');
  });

  it('takes longer, so that its run times are learned apart', () => {
    const plain = expand(written(command, { base: undefined }));
    const paired = expand(written(command));
    if (!plain.ok || !paired.ok || !plain.tasks[0] || !paired.tasks[0]) throw new Error('no tasks');
    expect(workloadKey(paired.tasks[0])).not.toBe(workloadKey(plain.tasks[0]));
  });

  it('is refused where it says nothing, with what to do', () => {
    const same = { config: { command: ['run'] } };
    expect(codes(same)).toEqual(['tasks[0] base_is_the_same']);
    expect(codes({ executor: 'onnx', config: { model: 'a.onnx' } })).toEqual(['tasks[0] base_is_the_same']);
    expect(codes(command, { base: { commit: 'head567' } })).toEqual(['tasks[0] base_is_the_same']);
    expect(codes({ ...command, base: { sha256: 'a'.repeat(64) } })).toEqual(['tasks[0].base.sha256 unknown_field']);
    expect(codes({ ...command, base: { env: { A: '9' } } }, { base: undefined })).toEqual([
      'tasks[0].base base_missing',
    ]);
    expect(codes({ ...command, base: false })).toEqual(['base base_unused']);
    const onnx = { executor: 'onnx', config: { model: 'a.onnx' }, base: { model: 'b.onnx' }, skip_if_fresh: true };
    expect(codes(onnx)).toEqual(['tasks[0].skip_if_fresh base_and_skip_if_fresh']);
  });
});
