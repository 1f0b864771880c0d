import { expect, it } from 'vitest';
import { checkRequest } from './check-request.ts';
import { type ModelOptions, modelRequest } from './model-request.ts';

const none: ModelOptions = {
  ...{ model: [], hardware: undefined, 'batch-sizes': undefined, precision: undefined },
  ...{ progressive: false, incremental: false },
};

function tasksOf(options: Partial<ModelOptions>) {
  const written = modelRequest({ ...none, ...options });
  return written === undefined ? undefined : checkRequest(written).tasks;
}

it('makes a task for each model on each hardware', () => {
  const tasks = tasksOf({ model: ['silero-vad-v5'], hardware: 'cpu, cuda', 'batch-sizes': '1,2,4' });
  expect(tasks).toMatchObject([
    { config: { model: 'silero-vad-v5', batch_sizes: [1, 2, 4] }, requirements: { hardware: ['cpu'] } },
    { config: { model: 'silero-vad-v5', batch_sizes: [1, 2, 4] }, requirements: { hardware: ['cuda'] } },
  ]);
});

it('takes several models, and paths as they are written, as a request file does', () => {
  const tasks = tasksOf({ model: ['silero-vad-v5,./a.onnx', 'sub/b.onnx', 'https://example.com/c.onnx'] });
  expect(tasks?.map(({ config }) => 'model' in config && config.model)).toEqual([
    'silero-vad-v5',
    './a.onnx',
    'sub/b.onnx',
    'https://example.com/c.onnx',
  ]);
});

it('leaves it to a file without --model', () => {
  expect(tasksOf({})).toBeUndefined();
});

it.each([
  [{ model: ['silero-vad-v7'] }, /--model: .*Did you mean silero-vad-v5/],
  [{ model: ['silero-vad-v5'], hardware: 'gpu' }, /--hardware: .*"gpu"/],
  [{ model: ['silero-vad-v5'], hardware: '' }, /--hardware: /],
  [{ model: ['silero-vad-v5'], 'batch-sizes': '1,two' }, /--batch-sizes: /],
  [{ model: ['silero-vad-v5'], 'batch-sizes': '1,1' }, /--batch-sizes: .*differ/],
  [{ model: ['silero-vad-v5'], 'batch-sizes': '0' }, /--batch-sizes: /],
  [{ 'batch-sizes': '1' }, /--batch-sizes goes with --model/],
  [{ progressive: true }, /--progressive goes with --model/],
])('%j: %s', (options, message) => {
  expect(() => tasksOf(options)).toThrow(message);
});
