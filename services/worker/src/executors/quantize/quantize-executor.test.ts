import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outcomeResults } from '@benchwire/shared/contracts/outcome.ts';
import { type QuantizeConfig, quantizeConfig } from '@benchwire/shared/contracts/task.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { noProcessesLeft } from '../../../test-support/no-processes-left.ts';
import { onnxContext } from '../../../test-support/onnx-context.ts';
import { addModel, endlessModel } from '../../../test-support/onnx-model.ts';
import { type Shape, transformerModel } from '../../../test-support/transformer-model.ts';
import type { ExecutorContext } from '../executor.ts';
import { createOnnxExecutor } from '../onnx/onnx-executor.ts';
import {
  floatsOf,
  makeNode,
  makeTensor,
  type OnnxModel,
  type OnnxTensor,
  readModel,
  toNumber,
  writeModel,
} from './onnx-graph.ts';
import { createQuantizeExecutor } from './quantize-executor.ts';

let folder = '';
const stored = new Map<string, Buffer>();

const common = () => ({
  model_folders: [folder],
  cache_folder: { path: join(folder, 'cache'), is_default: false },
  fetch,
  max_download_bytes: 1 << 20,
  hang_seconds: 60,
  max_memory_mb: null,
  env: process.env,
});

const quantizer = () =>
  createQuantizeExecutor({
    ...common(),
    store: async ({ sha256 }, content) => {
      const parts: Uint8Array[] = [];
      for await (const part of content) parts.push(part);
      stored.set(sha256, Buffer.concat(parts));
    },
  });

function contextOf(
  config: Partial<QuantizeConfig> & Pick<QuantizeConfig, 'model' | 'to'>,
  signal?: AbortSignal,
): ExecutorContext<'quantize'> {
  const { task, ...context } = onnxContext({ model: '-' }, signal);
  const { task_id, benchmark, timeout_seconds } = task;
  const own = { executor: 'quantize', config: quantizeConfig.parse(config) } as const;
  return { ...context, task: { task_id, benchmark, timeout_seconds, ...own } };
}

/** Token ids that the models of this file know. */
const inputsOf = (shape: Shape) => (shape === 'vit' ? {} : { inputs: { x: { range: [0, 299] as [number, number] } } });

async function quantize(shape: Shape, config: Partial<QuantizeConfig> & Pick<QuantizeConfig, 'to'>) {
  const report = await quantizer().execute(contextOf({ model: `${shape}.onnx`, ...inputsOf(shape), ...config }));
  expect(report.error).toBeNull();
  expect(outcomeResults.parse(report.results)).toEqual(report.results);
  const { artifact, metrics = {} } = report.results;
  const bytes = stored.get(artifact?.sha256 ?? '');
  if (artifact === undefined || bytes === undefined) throw new Error('nothing was stored');
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(artifact.sha256);
  expect(bytes).toHaveLength(artifact.size_bytes);
  const path = join(folder, artifact.name);
  await writeFile(path, bytes);
  return { report, metrics, path, size_bytes: bytes.length };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quantize-test-'));
  for (const shape of ['bert', 'gpt', 'vit', 'decoder'] as const)
    await writeModel(transformerModel(shape), join(folder, `${shape}.onnx`));
  await writeFile(join(folder, 'add.onnx'), addModel(['batch', 3]));
  await writeFile(join(folder, 'endless.onnx'), endlessModel());
});
afterEach(() => noProcessesLeft());
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the cache of a decoder in 8, 4 and 2 bits: its bytes are the arithmetic ones, its error is reported beside them', async () => {
  const before = { dimensions: { past_length: 30 } };
  const found = [];
  for (const [to, bits] of [
    ['kv_int8', 8],
    ['kv_int4', 4],
    ['kv_int2', 2],
  ] as const) {
    const { metrics, report } = await quantize('decoder', { to, samples: 2, ...before });
    expect(report).toMatchObject({ precision: to, results: { notes: expect.arrayContaining([`stored: 4 × ${to}`]) } });
    // Two layers with keys and values of 32 tokens with 96 numbers, each 32 of them with a scale and a lowest value in fp16.
    expect(metrics.kv_cache_bytes?.value).toBe(4 * 32 * ((96 * bits) / 8 + 3 * 4));
    expect(metrics.kv_cache_compression?.value).toBeCloseTo((96 * 4) / ((96 * bits) / 8 + 12), 6);
    expect(metrics.weights_snr).toBeUndefined();
    expect(metrics.outputs_cosine?.value).toBeGreaterThan(0.9);
    expect(metrics.top1_agreement?.value).toBeGreaterThanOrEqual(0);
    found.push(metrics.kv_cache_snr?.value ?? 0);
  }
  // Six decibels a bit.
  const [of8 = 0, of4 = 0, of2 = 0] = found;
  expect(of8 - of4).toBeGreaterThan(18);
  expect(of4 - of2).toBeGreaterThan(9);
  const none = await quantizer().execute(contextOf({ model: 'gpt.onnx', to: 'kv_int4', ...inputsOf('gpt') }));
  expect(none.error).toMatchObject({ class: 'bad_model', code: 'NOTHING_TO_QUANTIZE' });
});

/** Matrices that a model of ours multiplies by, by name. */
function matrices(
  model: OnnxModel,
): Map<string, { rows: number; columns: number; values: Float32Array; transposed: boolean }> {
  const found = new Map();
  const weights = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
  for (const { op_type, input } of model.graph.node) {
    const weight = weights.get(input[1] ?? '');
    if ((op_type !== 'MatMul' && op_type !== 'Gemm') || weight === undefined) continue;
    const [first = 0, second = 0] = weight.dims.map(toNumber);
    const transposed = op_type === 'Gemm';
    const [rows, columns] = transposed ? [second, first] : [first, second];
    found.set(weight.name, { rows, columns, values: floatsOf(weight), transposed });
  }
  return found;
}

/** The bits of one level, lowest first. */
const level = (bytes: Uint8Array, bits: number, index: number): number =>
  ((bytes[Math.floor((index * bits) / 8)] ?? 0) >> ((index * bits) % 8)) & (2 ** bits - 1);

/** What the stored weights stand for, read from the file by the definitions of the operators, in double precision. */
function decoded(model: OnnxModel, name: string, rows: number, columns: number, to: string): number[] {
  const tensor = (key: string): OnnxTensor | undefined =>
    model.graph.initializer.find((each) => each.name === `${name}_${key}`);
  const scales = floatsOf(tensor('scales') as OnnxTensor);
  const bytes = tensor('levels')?.raw_data ?? new Uint8Array();
  const zeros = tensor('zero_points')?.raw_data;
  const values: number[] = [];
  const blocks = Math.ceil(rows / 32);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (to === 'int8_dynamic') {
        values.push(((bytes[row * columns + column] ?? 0) - 128) * (scales[column] ?? 0));
        continue;
      }
      const block = column * blocks + Math.floor(row / 32);
      const at = block * 32 + (row % 32);
      const scale = scales[block] ?? 0;
      if (to === 'int3') {
        const four = level(bytes, 4, at);
        values.push((four > 7 ? four - 16 : four) * scale);
        continue;
      }
      const bits = Number(to.slice(3));
      const own = Math.ceil((blocks * bits) / 8);
      const zero =
        zeros === undefined
          ? 2 ** (bits - 1)
          : level(zeros.subarray(column * own, (column + 1) * own), bits, Math.floor(row / 32));
      values.push((level(bytes, bits, at) - zero) * scale);
    }
  }
  return values;
}

const BITS = { int8: 8, int8_dynamic: 8, int4: 4, int3: 4, int2: 2 } as const;

describe.each(['bert', 'gpt', 'vit'] as const)('a model in the shape of %s', (shape) => {
  test.each(['int8', 'int8_dynamic', 'int4', 'int3', 'int2'] as const)(
    'as %s has the size that its bits come to, and the error of its weights is that of the file',
    async (to) => {
      const original = await readModel(join(folder, `${shape}.onnx`));
      const { metrics, path, size_bytes } = await quantize(shape, { to });
      const made = await readModel(path);
      let bound = (await stat(join(folder, `${shape}.onnx`))).size;
      let [signal, noise] = [0, 0];
      for (const [name, { rows, columns, values, transposed }] of matrices(original)) {
        const scales = to === 'int8_dynamic' ? columns : columns * Math.ceil(rows / 32);
        const zero_points = to === 'int2' ? scales / 4 : 0;
        bound += (rows * columns * BITS[to]) / 8 + 4 * scales + zero_points - 4 * rows * columns;
        const stands_for = decoded(made, name, rows, columns, to);
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < columns; column++) {
            const was = values[transposed ? column * rows + row : row * columns + column] ?? 0;
            signal += was ** 2;
            noise += (was - (stands_for[row * columns + column] ?? 0)) ** 2;
          }
        }
      }
      expect(size_bytes).toBeGreaterThan(bound * 0.95);
      expect(size_bytes).toBeLessThan(bound * 1.05);
      expect(metrics.weights_snr?.value).toBeCloseTo(10 * Math.log10(signal / noise), 6);
      expect(metrics.model_size?.value).toBe(size_bytes / 1e6);
      expect(metrics.outputs_cosine?.value).toBeGreaterThan(to === 'int2' || to === 'int3' ? 0.3 : 0.9);
    },
    120_000,
  );

  test('as fp16 has half the weights, and hardly an error', async () => {
    const { metrics } = await quantize(shape, { to: 'fp16' });
    expect(metrics.compression_ratio?.value).toBeGreaterThan(1.8);
    expect(metrics.compression_ratio?.value).toBeLessThan(2);
    expect(metrics.weights_snr?.value).toBeGreaterThan(65);
    expect(metrics.top1_agreement?.value).toBeGreaterThan(95);
  });

  test('what was made is measured by the onnx executor, under the name of what it was made of', async () => {
    const { path } = await quantize(shape, { to: 'int4' });
    const context = onnxContext({ model: path, iterations: 3, warmup_iterations: 1, ...inputsOf(shape) });
    const measured = await createOnnxExecutor(common()).execute(context);
    expect(measured.error).toBeNull();
    expect(measured.precision).toBe('int4');
    expect(Object.keys(measured.results.batch_sizes ?? {})).toEqual(['1']);
  });
});

test('the more bits, the smaller the error', async () => {
  const errors: number[] = [];
  for (const to of ['int2', 'int3', 'int4', 'int8'] as const) {
    const { metrics } = await quantize('vit', { to });
    errors.push(metrics.outputs_relative_error?.value ?? Number.NaN);
  }
  expect(errors).toEqual(errors.toSorted((a, b) => b - a));
}, 120_000);

test('mixed keeps the error that it is given, and stores less the more is allowed', async () => {
  const sizes: number[] = [];
  for (const max_error of [0.05, 0.1, 1]) {
    const { metrics, size_bytes } = await quantize('bert', { to: 'mixed', max_error });
    expect(metrics.outputs_relative_error?.value).toBeLessThanOrEqual(max_error);
    sizes.push(size_bytes);
  }
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  expect(new Set(sizes).size).toBeGreaterThan(1);
}, 120_000);

describe('what cannot be done is said', () => {
  const codeOf = async (config: Partial<QuantizeConfig> & Pick<QuantizeConfig, 'model' | 'to'>) =>
    (await quantizer().execute(contextOf(config))).error;

  test('a model without matrices', async () => {
    expect(await codeOf({ model: 'add.onnx', to: 'int4' })).toMatchObject({
      code: 'NOTHING_TO_QUANTIZE',
      retriable: false,
    });
  });

  test('an error that no choice can keep', async () => {
    const error = await codeOf({ model: 'vit.onnx', to: 'mixed', max_error: 1e-9 });
    expect(error).toMatchObject({ code: 'ERROR_TOO_LARGE', class: 'bad_model' });
    expect(error?.message).toContain('max_error');
  });

  test('operators that are too old', async () => {
    const model = transformerModel('vit');
    model.opset_import = [{ domain: '', version: 9 as never }];
    model.graph.node = [makeNode('MatMul', ['x', 'w'], ['y'])];
    model.graph.initializer = [makeTensor('w', 'float', [32, 32], new Float32Array(1024).fill(0.5))];
    model.graph.output = [{ name: 'y' }];
    await writeModel(model, join(folder, 'old.onnx'));
    expect(await codeOf({ model: 'old.onnx', to: 'int8_dynamic' })).toMatchObject({ code: 'OPSET_TOO_OLD' });
  });

  test('a file that is no model, and one that is not there', async () => {
    await writeFile(join(folder, 'page.onnx'), '<!doctype html>');
    expect(await codeOf({ model: 'page.onnx', to: 'int4' })).toMatchObject({ class: 'bad_model' });
    expect(await codeOf({ model: 'gone.onnx', to: 'int4' })).toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  test('weights that are not finite stay, and are counted', async () => {
    const model = transformerModel('vit');
    const [broken] = matrices(model).keys();
    const tensor = model.graph.initializer.find(({ name }) => name === broken);
    if (tensor === undefined) throw new Error('the model has no matrix');
    const values = floatsOf(tensor);
    values[0] = Number.NaN;
    tensor.raw_data = new Uint8Array(values.buffer);
    await writeModel(model, join(folder, 'broken.onnx'));
    const { results, error } = await quantizer().execute(contextOf({ model: 'broken.onnx', to: 'int4' }));
    expect(error).toBeNull();
    expect(results.notes?.join()).toContain('1 × values that are not finite');
    // Its outputs are not numbers, so there is nothing to compare.
    expect(results.metrics?.outputs_cosine).toBeUndefined();
    expect(results.value_notes?.[0]?.text).toMatch(/no outputs with numbers/);
  });
});

test('a task that is stopped leaves nothing behind', async () => {
  const stop = new AbortController();
  const running = quantizer().execute(
    contextOf({ model: 'bert.onnx', ...inputsOf('bert'), to: 'mixed', samples: 500 }, stop.signal),
  );
  stop.abort('cancelled');
  expect((await running).error).toMatchObject({ class: 'cancelled' });
});
