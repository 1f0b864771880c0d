import { describe, expect, it } from 'vitest';
import { fedInputLines } from './fed-inputs.ts';

const fed = (task_id: string, batch_size: number, inputs: Record<string, [shape: number[], values?: string]>) => ({
  task_id,
  attempt: 1,
  batch_size,
  inputs: Object.fromEntries(
    Object.entries(inputs).map(([name, [shape, values = 'random in [0, 1)']]) => [
      name,
      { type: 'float32', shape, values },
    ]),
  ),
});

describe('what was fed', () => {
  it('names a size that grows with the batch once for all batch sizes, and tasks that are alike together', () => {
    const lines = fedInputLines([
      fed('a', 1, { x: [[1, 3, 8]], sr: [[], '16000'] }),
      fed('a', 4, { x: [[4, 3, 8]], sr: [[], '16000'] }),
      fed('b', 1, { x: [[1, 3, 8]], sr: [[], '16000'] }),
      fed('b', 4, { x: [[4, 3, 8]], sr: [[], '16000'] }),
    ]);
    expect(lines.map(({ tasks, batches, input, shape, values }) => [tasks, batches, input, shape, values])).toEqual([
      [['a', 'b'], [1, 4], 'x', '[batch, 3, 8]', 'random in [0, 1)'],
      [['a', 'b'], [1, 4], 'sr', '[]', '16000'],
    ]);
  });

  it('keeps lines apart where the shapes differ in another way, where values differ, and for one batch size', () => {
    const lines = fedInputLines([
      fed('a', 2, { x: [[2, 3]] }),
      fed('c', 2, { x: [[2, 6]] }),
      fed('c', 3, { x: [[3, 9]] }),
      fed('d', 1, { x: [[1], 'zeros'] }),
      fed('d', 2, { x: [[2], 'ones'] }),
    ]);
    expect(lines.map(({ tasks, shape, values }) => `${tasks} ${shape} ${values}`)).toEqual([
      'a [2, 3] random in [0, 1)',
      'c [2, 6] random in [0, 1)',
      'c [3, 9] random in [0, 1)',
      'd [1] zeros',
      'd [2] ones',
    ]);
    expect(fedInputLines([])).toEqual([]);
  });

  it('says what was guessed', () => {
    const ids = { type: 'int64', shape: [1, 4], values: 'random 0 or 1' };
    const row = (inputs: object) => ({ task_id: 'a', attempt: 1, batch_size: 1, inputs }) as never;
    expect(
      fedInputLines([row({ ids: { ...ids, guessed: true } }), row({ ids })]).map(({ guessed }) => guessed),
    ).toEqual([true, false]);
  });
});
