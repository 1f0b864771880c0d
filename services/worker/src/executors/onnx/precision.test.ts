import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CATALOGUE } from '@benchwire/shared/catalogue/catalogue.ts';
import { type ModelPrecision, modelPrecision } from '@benchwire/shared/model/model-precision.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { attribute, externalTensor, modelFunction, onnxModel, weights } from '../../../test-support/onnx-model.ts';
import { reportedPrecision } from './precision.ts';

const folder = mkdtempSync(join(tmpdir(), 'bw-precision-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FLOAT = 1;
const UINT8 = 2;
const INT8 = 3;
const INT64 = 7;
const FLOAT16 = 10;
const BFLOAT16 = 16;
const INT4 = 22;

type Graph = Parameters<typeof onnxModel>[0];
const ends: Pick<Graph, 'inputs' | 'outputs'> = {
  inputs: [{ name: 'x', shape: ['n', 64] }],
  outputs: [{ name: 'y', shape: ['n', 64] }],
};
const matMul = { op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] };

async function read(graph: Partial<Graph>, more: Buffer[] = []): Promise<ModelPrecision | null> {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, onnxModel({ ...ends, nodes: [matMul], ...graph }, more));
  return await modelPrecision(path);
}

describe('what a model file is', () => {
  test.each([
    ['floats', [weights('w', FLOAT, [64, 64])], 'fp32'],
    ['dimensions in one field', [weights('w', FLOAT16, [64, 64], true)], 'fp16'],
    ['bfloat16 with a bias of floats', [weights('w', BFLOAT16, [64, 64]), weights('b', FLOAT, [64])], 'bf16'],
    ['bytes', [weights('w', INT8, [64, 64]), weights('s', FLOAT, [64])], 'int8'],
    ['half bytes', [weights('w', INT4, [64, 64]), weights('s', FLOAT16, [64])], 'int4'],
    ['weights beside the graph', [externalTensor('w', [64, 64], 'w.bin')], 'fp32'],
    ['half of each', [weights('w', INT8, [64, 64]), weights('e', FLOAT, [64, 64])], 'mixed'],
    [
      'many indices and constants, which are no weights',
      [weights('w', FLOAT16, [8]), weights('i', INT64, [900])],
      'fp16',
    ],
  ] as const)('%s', async (_, tensors, precision) => {
    expect(await read({ tensors: [...tensors] })).toMatchObject({ precision });
  });

  test('packed weights count by their bits, also where the tensor comes before its node', async () => {
    const packed = (bits: number) => ({
      ...{ op: 'MatMulNBits', domain: 'com.microsoft', inputs: ['x', 'w', 's'], outputs: ['y'] },
      attributes: [attribute.int('bits', bits), attribute.int('block_size', 32)],
    });
    const tensors = [weights('w', UINT8, [64, 2, 16]), weights('s', FLOAT, [128])];
    expect(await read({ nodes: [packed(4)], tensors })).toMatchObject({ precision: 'int4', activations: 'fp32' });
    expect(await read({ nodes: [packed(2)], tensors })).toMatchObject({ precision: 'int2' });
    expect(await read({ nodes: [packed(8)], tensors })).toMatchObject({ precision: 'int8' });
    expect(await read({ tensors })).toMatchObject({ precision: 'int8' });
  });

  test('whether what flows between operators is quantized', async () => {
    const tensors = [weights('w', INT8, [64, 64])];
    expect(await read({ tensors, nodes: [{ ...matMul, op: 'MatMulInteger' }] })).toMatchObject({ activations: 'int8' });
    expect(await read({ tensors, nodes: [matMul] })).toMatchObject({ activations: 'fp32' });
  });

  test('weights in constants, branches and functions count', async () => {
    const constant = (tensor: Buffer) => ({
      ...{ op: 'Constant', inputs: [], outputs: ['w'] },
      attributes: [attribute.tensor('value', tensor)],
    });
    expect(await read({ nodes: [constant(weights('', FLOAT16, [64, 64])), matMul] })).toMatchObject({
      precision: 'fp16',
    });
    const branch = attribute.graph('then_branch', {
      inputs: [],
      outputs: [],
      nodes: [constant(weights('', BFLOAT16, [64]))],
    });
    expect(await read({ nodes: [{ op: 'If', inputs: ['c'], outputs: ['y'], attributes: [branch] }] })).toMatchObject({
      precision: 'bf16',
    });
    const inside = modelFunction([constant(weights('', INT4, [64, 64]))]);
    expect(await read({ nodes: [] }, [inside])).toMatchObject({ precision: 'int4' });
  });

  test('without weights it is its inputs and outputs; without numbers it is not known', async () => {
    expect(await read({ tensors: [] })).toEqual({ precision: 'fp32', weights: 'none', activations: 'fp32' });
    const indices = {
      inputs: [{ name: 'x', type: 'int64', shape: [1] }],
      outputs: [{ name: 'y', type: 'int64', shape: [1] }],
    };
    expect(await read(indices as Partial<Graph>)).toBeNull();
  });
});

describe('reportedPrecision', () => {
  const known = CATALOGUE['silero-vad-v5'] ?? null;
  const int8: ModelPrecision = { precision: 'int8', weights: 'int8 97.0 %, fp32 3.0 %', activations: 'int8' };
  test.each([
    ['the catalogue’s', undefined, known, null, 'fp32'],
    ['another spelling of it', 'float32', known, null, 'fp32'],
    ['what the file is, without being asked', undefined, null, int8, 'int8'],
    ['what the file is, as it was asked for', 'UINT8', null, int8, 'int8'],
    ['the label of a file that tells nothing', 'fp16', null, null, 'fp16'],
    ['nothing, rather than a guess', undefined, null, null, null],
  ] as const)('%s', (_, precision, catalogue, read, expected) => {
    expect(reportedPrecision({ model: 'm', ...(precision ? { precision } : {}) }, catalogue, read)).toBe(expected);
  });

  test('is never another label', () => {
    expect(() => reportedPrecision({ model: 'm', precision: 'fp16' }, known, null)).toThrow(/Ask for "fp32"/);
    expect(() => reportedPrecision({ model: 'm.onnx', precision: 'fp32' }, null, int8)).toThrow(
      /m\.onnx is an int8 model \(weights: int8 97.0 %, fp32 3.0 %\)/,
    );
  });
});
