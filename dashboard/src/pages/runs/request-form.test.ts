import { request } from '@benchwire/shared/contracts/request.ts';
import { expect, test } from 'vitest';
import { EMPTY_FORM, requestOf } from './request-form.ts';

test('a filled form is a request that the contract takes', () => {
  const made = requestOf({
    ...EMPTY_FORM,
    name: 'nightly',
    model: './models/bert base.onnx',
    hardware: ['cpu', 'cuda'],
    batch_sizes: '1 2,4',
    placement: 'each',
    priority: '5',
    commit: 'abc123',
  });
  const parsed = request.parse(made);
  expect(parsed).toMatchObject({
    name: 'nightly',
    priority: 5,
    source: { commit: 'abc123' },
    tasks: [{ task_id: 'bert-base', placement: 'each', config: { batch_sizes: [1, 2, 4], iterations: 100 } }],
  });
});

test('what is no number reaches the server as it is, so that it can say so', () => {
  const made = requestOf({ ...EMPTY_FORM, model: 'm', batch_sizes: 'one' });
  const parsed = request.safeParse(made);
  expect(parsed.error?.issues[0]?.path).toEqual(['tasks', 0, 'config', 'batch_sizes', 0]);
});
