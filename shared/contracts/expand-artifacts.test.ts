import { describe, expect, it } from 'vitest';
import { expand } from './expand.ts';
import { request } from './request.ts';
import { variantOf, workloadKey } from './series.ts';
import type { Task } from './task.ts';

const quantize = { task_id: 'q', type: 'quantize', config: { model: 'silero-vad-v5', to: 'int4' } };
const measure = { task_id: 'm', config: { model: { artifact_of: 'q' } } };

function tasks(body: unknown): Task[] {
  const expansion = expand(request.parse(body));
  if (!expansion.ok) throw new Error(JSON.stringify(expansion.issues));
  return expansion.tasks;
}

function issues(...list: unknown[]): Array<{ path: string; message: string }> {
  const expansion = expand(request.parse({ tasks: list }));
  return expansion.ok ? [] : expansion.issues;
}

describe('a model that another task makes', () => {
  it('is waited for, and known by what it is made of', () => {
    const [made, measured] = tasks({ tasks: [quantize, measure] });
    expect(made).toMatchObject({ executor: 'quantize', type: 'quantize', depends_on: [] });
    expect(measured).toMatchObject({
      depends_on: ['q'],
      config: { model: 'artifact_of:q' },
      made_of: { task_id: 'q', model: 'silero-vad-v5', how: 'int4, blocks of 32' },
    });
  });

  it('is the one of its own cell of a matrix, for every repetition and pool', () => {
    const body = {
      matrix: { seed: [1, 2] },
      tasks: [quantize, { ...measure, repetitions: 2, depends_on: ['q'] }],
    };
    const models = tasks(body).filter(({ executor }) => executor === 'onnx');
    expect(
      models.map(({ task_id, depends_on, config }) => [task_id, depends_on, 'model' in config && config.model]),
    ).toEqual([
      ['m-1-r1', ['q-1'], 'artifact_of:q-1'],
      ['m-1-r2', ['q-1'], 'artifact_of:q-1'],
      ['m-2-r1', ['q-2'], 'artifact_of:q-2'],
      ['m-2-r2', ['q-2'], 'artifact_of:q-2'],
    ]);
  });

  it('of a model that was made itself says both steps', () => {
    const again = { task_id: 'q2', type: 'quantize', config: { model: { artifact_of: 'q' }, to: 'int8' } };
    const [, , measured] = tasks({
      tasks: [quantize, again, { ...measure, config: { model: { artifact_of: 'q2' } } }],
    });
    expect(measured?.made_of).toEqual({
      task_id: 'q2',
      model: 'silero-vad-v5',
      how: 'int4, blocks of 32, then int8, blocks of 32',
    });
  });

  it('may be the export of a model type, quantized or not', () => {
    const exported = { task_id: 'e', type: 'export', config: { model: 'bert', size: 'tiny' } };
    const quantized = { ...quantize, config: { model: { artifact_of: 'e' }, to: 'int4' } };
    const [made, , measured, plain] = tasks({
      tasks: [exported, quantized, measure, { task_id: 'p', config: { model: { artifact_of: 'e' } } }],
    });
    expect(made).toMatchObject({ executor: 'export', type: 'export', config: { opset: 18 } });
    expect(measured?.made_of).toEqual({
      task_id: 'q',
      model: 'bert',
      how: 'tiny, opset 18, then int4, blocks of 32',
    });
    expect(plain?.made_of).toEqual({ task_id: 'e', model: 'bert', how: 'tiny, opset 18' });
  });

  it('has a series by the model and how it was made, whatever the task is called', () => {
    const named = (task_id: string, to: string, model = 'silero-vad-v5') => {
      const all = tasks({
        name: 'r',
        tasks: [
          { task_id, type: 'quantize', config: { model, to } },
          { task_id: 'm', config: { model: { artifact_of: task_id } } },
        ],
      });
      const measured = all[1] as Task;
      return { variant: variantOf(measured), workload: workloadKey(measured) };
    };
    expect(named('a', 'int4')).toEqual(named('b', 'int4'));
    expect(named('a', 'int3').variant).not.toBe(named('a', 'int4').variant);
    expect(named('a', 'int4').workload).not.toBe(named('a', 'int4', 'silero-vad-v6').workload);
    expect(named('a', 'int4').variant).toBe(named('a', 'int4', 'silero-vad-v6').variant);
  });

  it.each([
    [
      'a task that is not there',
      [quantize, { ...measure, config: { model: { artifact_of: 'Q' } } }],
      /called "Q".*"q"/,
    ],
    [
      'a task that makes nothing',
      [
        { ...measure, config: { model: { artifact_of: 'n' } } },
        { task_id: 'n', executor: 'noop' },
      ],
      /makes no model/,
    ],
    ['itself', [{ ...quantize, config: { model: { artifact_of: 'q' }, to: 'int4' } }], /makes itself/],
    ['one of several', [{ ...quantize, repetitions: 2 }, measure], /which one is meant/],
    ['one of each pool', [{ ...quantize, placement: 'each' }, measure], /which one is meant/],
  ])('is refused where it names %s', (_, list, message) => {
    const [first] = issues(...list);
    expect(first?.path).toMatch(/config\.model$/);
    expect(first?.message).toMatch(message);
  });

  it('is refused by an executor that loads no model, and in a form that is none', () => {
    const command = { task_id: 'c', executor: 'command', config: { command: ['true'], model: 'artifact_of:q' } };
    expect(issues(quantize, command)[0]?.message).toMatch(/loads no model/);
    const wrong = request.safeParse({ tasks: [{ ...measure, config: { model: { artifact: 'q' } } }] });
    expect(wrong.error?.issues[0]?.message).toMatch(/\{ artifact_of: TASK \}/);
  });
});
