import { expect, it } from 'vitest';
import { distinctModelNames, modelName } from './model-name.ts';

it.each([
  ['silero-vad-v5', 'silero-vad-v5'],
  ['google-bert/bert-base-uncased', 'bert-base-uncased'],
  ['./models/encoder.onnx', 'encoder.onnx'],
  ['/home/me/project/models/encoder.onnx', 'encoder.onnx'],
  ['C:\\Users\\me\\models\\encoder.onnx', 'encoder.onnx'],
  ['/home/me/bert/onnx/model.onnx', 'bert/onnx/model.onnx'],
  ['bert/onnx/model_quantized.onnx', 'bert/onnx/model_quantized.onnx'],
  ['../model.onnx', 'model.onnx'],
  ['https://example.com/files/resnet50.onnx?download=1', 'resnet50.onnx'],
  ['https://huggingface.co/me/bert/resolve/main/onnx/model.onnx', 'bert/resolve/main/onnx/model.onnx'],
  ['', ''],
  ['/', '/'],
  ['a model with blanks', 'a model with blanks'],
])('%j is shown as %j', (model, name) => {
  expect(modelName(model)).toBe(name);
});

it.each([
  [
    ['v1/a.onnx', 'v2/a.onnx', 'b.onnx'],
    ['v1/a.onnx', 'v2/a.onnx', 'b.onnx'],
  ],
  [
    ['/opt/v1/x/a.onnx', '/opt/v2/x/a.onnx'],
    ['v1/x/a.onnx', 'v2/x/a.onnx'],
  ],
  [
    ['/data/bert/onnx/model.onnx', '/old/bert/onnx/model.onnx'],
    ['data/bert/onnx/model.onnx', 'old/bert/onnx/model.onnx'],
  ],
  [
    ['a.onnx', 'x/a.onnx'],
    ['a.onnx', 'x/a.onnx'],
  ],
  [
    ['a.onnx', './a.onnx'],
    ['a.onnx', './a.onnx'],
  ],
  [
    ['https://one.org/a.onnx', 'https://two.org/a.onnx'],
    ['https://one.org/a.onnx', 'https://two.org/a.onnx'],
  ],
  [
    ['/x/a.onnx', '/x/a.onnx', ''],
    ['a.onnx', 'a.onnx', ''],
  ],
])('%j together are %j', (models, names) => {
  expect(models.map(distinctModelNames(models))).toEqual(names);
});
