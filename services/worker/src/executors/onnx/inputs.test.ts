import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InputSetting } from '@benchwire/shared/contracts/input-setting.ts';
import { type OnnxConfig, onnxConfig } from '@benchwire/shared/contracts/task.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onnxContext } from '../../../test-support/onnx-context.ts';
import { addModel, attribute, onnxModel } from '../../../test-support/onnx-model.ts';
import { buildOutcome } from '../../decide/build-outcome.ts';
import { createOnnxExecutor } from './onnx-executor.ts';

let folder = '';
/** A real model's folder, named by its path and not by the catalogue. */
const vad = (createRequire(import.meta.url).resolve.paths('@ricky0123/vad-web') ?? [])
  .map((candidate) => join(candidate, '@ricky0123/vad-web/dist'))
  .find((candidate) => existsSync(candidate));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inputs-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function measure(model: Buffer | string, config: Partial<OnnxConfig> = {}) {
  const isFile = typeof model === 'string';
  if (!isFile) await writeFile(join(folder, 'm.onnx'), model);
  const executor = createOnnxExecutor({
    ...{
      model_folders: [folder, vad ?? ''],
      cache_folder: { path: folder, is_default: false },
      fetch,
      max_download_bytes: 1,
      hang_seconds: 60,
      max_memory_mb: null,
    },
    env: process.env,
  });
  const asked = onnxConfig.parse({
    model: isFile ? model : './m.onnx',
    iterations: 2,
    warmup_iterations: 0,
    ...config,
  });
  const report = await executor.execute(onnxContext(asked));
  const { batch_sizes = {}, value_notes = [] } = report.results;
  return {
    error: report.error === null ? null : `${report.error.code}: ${report.error.message}`,
    /** `x float32[2, 3] random in [0, 1)`, by batch size. */
    fed: Object.fromEntries(
      Object.entries(batch_sizes).map(([size, { inputs = {} }]) => [
        size,
        Object.entries(inputs).map(
          ([name, { type, shape, values }]) => `${name} ${type}[${shape.join(', ')}] ${values}`,
        ),
      ]),
    ),
    notes: value_notes.map(({ code, text }) => `${code}: ${text}`).join('\n'),
    report,
  };
}

const resize = onnxModel({
  inputs: [
    { name: 'x', shape: [1, 1, 8, 8] },
    { name: 'sizes', type: 'int64', shape: [4] },
  ],
  outputs: [{ name: 'y', shape: ['', '', '', ''] }],
  nodes: [
    { op: 'Resize', inputs: ['x', '', '', 'sizes'], outputs: ['y'], attributes: [attribute.text('mode', 'nearest')] },
  ],
});
const labels = onnxModel({
  inputs: [{ name: 'text', type: 'string', shape: ['batch', 1] }],
  outputs: [{ name: 'id', type: 'int64', shape: ['batch', 1] }],
  nodes: [
    {
      ...{ op: 'LabelEncoder', domain: 'ai.onnx.ml', inputs: ['text'], outputs: ['id'] },
      attributes: [attribute.texts('keys_strings', ['a', 'b']), attribute.ints('values_int64s', [1, 2])],
    },
  ],
});
/** Rows of a table by index: what is not in it fails. */
const gather = onnxModel({
  inputs: [
    { name: 'table', shape: [10, 4] },
    { name: 'ids', type: 'int64', shape: ['batch', 'sequence'] },
  ],
  outputs: [{ name: 'y', shape: ['batch', 'sequence', 4] }],
  nodes: [{ op: 'Gather', inputs: ['table', 'ids'], outputs: ['y'] }],
});

describe('what is fed is the user’s to say', () => {
  test('a real model whose rate matters: refused with the likely reason, and measured with the rate', async () => {
    const config = { shapes: { input: [1, 512], state: [2, 1, 128] } };
    const guess = await measure('silero_vad_v5.onnx', { ...config, batch_dimensions: [] });
    expect(guess.error).toMatch(
      /INPUTS_REJECTED: .*sr int64\[\] with random 0 or 1 are guesses, which is a likely reason.*config\.inputs: \{"sr"/,
    );
    const said = await measure('silero_vad_v5.onnx', { ...config, batch_dimensions: [], inputs: { sr: 16_000 } });
    expect(said).toMatchObject({ error: null, notes: '' });
    expect(said.fed['1']).toEqual([
      'input float32[1, 512] random in [0, 1)',
      'state float32[2, 1, 128] random in [0, 1)',
      'sr int64[] 16000',
    ]);
  }, 60_000);

  test.each<[string, Buffer, Partial<OnnxConfig>, RegExp]>([
    ['a list', resize, { inputs: { sizes: [1, 1, 16, 16] } }, /sizes int64\[4\] a list of 4 values/],
    [
      'texts',
      labels,
      { inputs: { text: { strings: ['a', 'b'] } }, batch_sizes: [4] },
      /text string\[4, 1\] a list of 2 values/,
    ],
    ['one text', labels, { inputs: { text: 'a' } }, /text string\[1, 1\] "a"/],
    ['made texts', labels, { inputs: { text: { strings: { length: 3 } } } }, /random words of 3 letters/],
    [
      'a range',
      gather,
      { dimensions: { sequence: 5 }, inputs: { ids: { range: [0, 9] } } },
      /ids int64\[1, 5\] random 0 to 9/,
    ],
    [
      'negative indexes',
      gather,
      { dimensions: { sequence: 2 }, inputs: { ids: { value: -1 } } },
      /ids int64\[1, 2\] -1/,
    ],
    ['a list that tells a size', gather, { inputs: { ids: [3, 1, 2] } }, /ids int64\[1, 3\] a list of 3 values/],
    [
      'a nested list',
      gather,
      {
        inputs: {
          ids: [
            [3, 1],
            [2, 2],
          ],
        },
        batch_sizes: [2],
      },
      /ids int64\[2, 2\] a list of 4 values/,
    ],
    ['true', addModel([2], 'int32'), { inputs: { x: { range: [5, 5] } } }, /x int32\[2\] random 5 to 5/],
    ['a range of floats', addModel(['n']), { inputs: { x: { range: [-1, 1] } } }, /x float32\[1\] random in \[-1, 1\)/],
    ['no number', addModel(['n']), { inputs: { x: 'NaN' } }, /x float32\[1\] NaN/],
    ['half floats', addModel(['n'], 'float16'), { inputs: { x: 0.5 } }, /x float16\[1\] 0\.5/],
  ])('%s', async (_, model, config, expected) => {
    const { error, fed } = await measure(model, config);
    expect(error).toBeNull();
    expect(Object.values(fed).flat().join('; ')).toMatch(expected);
  });

  test.each<[string, Buffer, Record<string, InputSetting>, RegExp]>([
    [
      'a text for a number',
      gather,
      { ids: 'a' },
      /INPUT_VALUE_WRONG: config\.inputs\.ids: .*whole numbers \(int64\), and this is "a"/,
    ],
    ['a fraction', gather, { ids: 1.5 }, /whole numbers.*1\.5/],
    ['a number for a text', labels, { text: 5 }, /takes strings, and 5 is not one: put it in quotes/],
    ['too large a number', addModel([1], 'uint8'), { x: 300 }, /uint8, which 300 is too large for/],
    [
      'a list of another length',
      resize,
      { sizes: [1, 2, 3] },
      /INPUT_VALUES_DO_NOT_FIT: .*3 values, and the input \[4\] takes 4/,
    ],
    ['ragged lists', gather, { ids: [[1, 2], [3]] }, /different lengths/],
    ['an unknown input', gather, { idx: 1 }, /INPUT_UNKNOWN: config\.inputs names "idx".*Did you mean "ids"/],
    ['a file that is not there', gather, { ids: { file: './none.npy' } }, /MODEL_NOT_FOUND: .*none\.npy/],
    ['a file outside', gather, { ids: { file: '/etc/hostname' } }, /OUTSIDE_FOLDERS/],
  ])('%s is refused', async (_, model, inputs, expected) => {
    expect((await measure(model, { inputs, dimensions: model === gather ? { sequence: 2 } : {} })).error).toMatch(
      expected,
    );
  });

  test('by default texts and numbers are made, and it is said that they were guessed', async () => {
    expect((await measure(labels)).notes).toMatch(
      /guessed_input: filled text \(string\) with random words.*config\.inputs/,
    );
    expect((await measure(gather, { dimensions: { sequence: 2 } })).notes).toMatch(
      /guessed_input: filled ids \(int64\)/,
    );
    expect((await measure(addModel(['batch']))).notes).toBe('');
  });
});

describe('files', () => {
  const npy = (descr: string, shape: string, data: Buffer): Buffer => {
    const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117).concat('\n');
    return Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
      Buffer.from([header.length, 0]),
      Buffer.from(header),
      data,
    ]);
  };
  const int64 = (...values: number[]): Buffer => Buffer.from(new BigInt64Array(values.map(BigInt)).buffer);

  test.each<[string, Buffer | string, RegExp]>([
    ['ids.npy', npy('<i8', '1, 3', int64(1, 2, 3)), /ids int64\[1, 3\] file \.\/ids\.npy \(sha256 [0-9a-f]{12}\)/],
    ['ids.bin', int64(4, 5), /ids int64\[1, 2\] file \.\/ids\.bin/],
    ['ids.json', '[[1, 2, 3, 4]]', /ids int64\[1, 4\] file \.\/ids\.json/],
  ])('%s fills an input, and tells its size', async (name, content, expected) => {
    await writeFile(join(folder, name), content);
    const { error, fed } = await measure(gather, { inputs: { ids: { file: `./${name}` } } });
    expect(error).toBeNull();
    expect(fed['1']?.join('; ')).toMatch(expected);
  });

  test.each<[string, Buffer | string, RegExp]>([
    [
      'ids32.npy',
      npy('<i4', '1, 1', Buffer.alloc(4)),
      /takes int64, and file \.\/ids32\.npy.*holds int32: save it as int64/,
    ],
    ['short.npy', npy('<i8', '1, 3', int64(1)), /is cut off: its shape is \[1, 3\]/],
    ['odd.bin', Buffer.alloc(7), /has 7 bytes, which are no int64 elements/],
    ['no.npy', 'text', /is not a NumPy array/],
    ['objects.npy', npy('|O', '1', Buffer.alloc(8)), /type \|O: save them as/],
    ['ids.csv', '1,2', /unknown file extension: use \.npy/],
  ])('%s is refused', async (name, content, expected) => {
    await writeFile(join(folder, name), content);
    expect((await measure(gather, { inputs: { ids: { file: `./${name}` } } })).error).toMatch(expected);
  });

  test('with another content are another series', async () => {
    const variants = new Set<string>();
    for (const content of ['["a"]', '["b"]', '["a"]']) {
      await writeFile(join(folder, 't.json'), content);
      const { report } = await measure(labels, { inputs: { text: { file: './t.json' } } });
      expect(report.error).toBeNull();
      const { task, device } = onnxContext({ model: 'm' });
      const job = { task, variant: 'v', tags: {} };
      const parts = { job, device, report, worker_id: 'w', status: 'completed', error: null, logs: null };
      variants.add(buildOutcome(parts as never).variant);
    }
    expect(variants.size).toBe(2);
  });
});

describe('outputs that are no tensors', () => {
  const classifier = (
    more: Array<{ name: string; type?: 'int64'; shape: (string | number)[] }>,
    more_nodes: boolean,
  ): Buffer =>
    onnxModel({
      inputs: [{ name: 'x', shape: ['batch', 3] }],
      outputs: [{ name: 'probabilities', in: 'sequence of maps', shape: [] }, ...more],
      nodes: [
        { op: 'Softmax', inputs: ['x'], outputs: ['p'] },
        {
          ...{ op: 'ZipMap', domain: 'ai.onnx.ml', inputs: ['p'], outputs: ['probabilities'] },
          attributes: [attribute.ints('classlabels_int64s', [0, 1, 2])],
        },
        ...(more_nodes
          ? [{ op: 'ArgMax', inputs: ['x'], outputs: ['label'], attributes: [attribute.int('axis', 1)] }]
          : []),
      ],
    });

  test('are left out and named, the others are fetched', async () => {
    const { error, notes } = await measure(classifier([{ name: 'label', type: 'int64', shape: ['batch', 1] }], true));
    expect(error).toBeNull();
    expect(notes).toMatch(/outputs_left_out: computed, but not fetched: probabilities \(not a tensor\)/);
  });

  test('alone are a clear error', async () => {
    expect((await measure(classifier([], false))).error).toMatch(/NO_TENSOR_OUTPUT: .*probabilities.*zipmap=False/);
  });

  test('also sequences of tensors, and optional ones', async () => {
    const sequence = onnxModel({
      inputs: [{ name: 'x', shape: ['batch', 3] }],
      outputs: [
        { name: 's', in: 'sequence', shape: [] },
        { name: 'y', shape: ['batch', 3] },
        { name: 'o', in: 'optional', shape: ['batch', 3] },
      ],
      nodes: [
        { op: 'SequenceConstruct', inputs: ['x'], outputs: ['s'] },
        { op: 'Neg', inputs: ['x'], outputs: ['y'] },
        { op: 'Optional', inputs: ['x'], outputs: ['o'] },
      ],
    });
    const { error, notes } = await measure(sequence);
    expect(error).toBeNull();
    expect(notes).toMatch(/s \(not a tensor\), o \(not a tensor\)/);
  });
});

describe('which dimension is the batch', () => {
  const concat = (a: string, b: string): Buffer =>
    onnxModel({
      inputs: [
        { name: 'a:0', shape: [a, 8] },
        { name: 'b:0', shape: [b, 8] },
      ],
      outputs: [{ name: 'y', shape: ['', ''] }],
      nodes: [{ op: 'Concat', inputs: ['a:0', 'b:0'], outputs: ['y'], attributes: [attribute.int('axis', 1)] }],
    });
  const frames = addModel(['num_frames', 80]);
  const cache = onnxModel({
    inputs: [
      { name: 'x', shape: ['batch_size', 'sequence_length', 4] },
      { name: 'past/0 key:0', shape: ['batch_size', 'past_sequence_length', 4] },
    ],
    outputs: [{ name: 'y', shape: ['', '', ''] }],
    nodes: [{ op: 'Concat', inputs: ['x', 'past/0 key:0'], outputs: ['y'], attributes: [attribute.int('axis', 1)] }],
  });

  test.each<[string, Buffer, Partial<OnnxConfig>, Record<string, RegExp>, RegExp]>([
    [
      'all first ones, guessed',
      concat('unk__630', 'unk__631'),
      { batch_sizes: [1, 4] },
      { 4: /a:0 float32\[4, 8\].*b:0 float32\[4, 8\]/ },
      /guessed_batch: .*"unk__630" of a:0, "unk__631" of b:0: a guess.*batch_dimensions: \["unk__630","unk__631"\]/,
    ],
    [
      'all first ones, said',
      concat('unk__630', 'unk__631'),
      { batch_sizes: [4], batch_dimensions: ['unk__630', 'unk__631'] },
      { 4: /a:0 float32\[4, 8\].*b:0 float32\[4, 8\]/ },
      /^$/,
    ],
    [
      'one said in dimensions',
      concat('unk__630', 'unk__631'),
      { batch_sizes: [2], dimensions: { unk__630: 'batch', unk__631: 'batch' } },
      { 2: /a:0 float32\[2, 8\].*b:0 float32\[2, 8\]/ },
      /^$/,
    ],
    [
      'both called so',
      concat('image_batch_size', 'text_batch_size'),
      { batch_sizes: [3] },
      { 3: /a:0 float32\[3, 8\].*b:0 float32\[3, 8\]/ },
      /^$/,
    ],
    [
      'names like numbers and paths',
      concat('630', 'Unsqueeze /a b.0'),
      { batch_sizes: [2], batch_dimensions: ['630', 'Unsqueeze /a b.0'] },
      { 2: /a:0 float32\[2, 8\].*b:0 float32\[2, 8\]/ },
      /^$/,
    ],
    [
      'without names, said in shapes',
      concat('', ''),
      { batch_sizes: [2], shapes: { 'a:0': ['batch', 8], 'b:0': ['batch', 8] } },
      { 2: /a:0 float32\[2, 8\].*b:0 float32\[2, 8\]/ },
      /^$/,
    ],
    ['frames, guessed', frames, {}, { 1: /x float32\[1, 80\]/ }, /guessed_batch: .*"num_frames" of x: a guess/],
    ['frames with a size', frames, { dimensions: { num_frames: 300 } }, { 1: /x float32\[300, 80\]/ }, /^$/],
    ['none', addModel(['N', 3]), { batch_dimensions: [], dimensions: { N: 7 } }, { 1: /x float32\[7, 3\]/ }, /^$/],
    ['N that is given a size', addModel(['N', 3]), { dimensions: { N: 7 } }, { 1: /x float32\[7, 3\]/ }, /^$/],
    [
      'an empty cache',
      cache,
      { batch_sizes: [2], dimensions: { sequence_length: 3, past_sequence_length: 0 } },
      { 2: /x float32\[2, 3, 4\].*past\/0 key:0 float32\[2, 0, 4\]/ },
      /^$/,
    ],
    ['nothing at all', addModel(['n', 3]), { dimensions: { n: 0 } }, { 1: /x float32\[0, 3\]/ }, /^$/],
  ])('%s', async (_, model, config, fed, notes) => {
    const measured = await measure(model, config);
    expect(measured.error).toBeNull();
    for (const [size, expected] of Object.entries(fed)) expect(measured.fed[size]?.join('; ')).toMatch(expected);
    expect(measured.notes).toMatch(notes);
  });

  test.each<[string, Buffer, Partial<OnnxConfig>, RegExp]>([
    [
      'where one first dimension is fixed',
      onnxModel({
        inputs: [
          { name: 'x', shape: ['frames', 2] },
          { name: 'w', shape: [1, 2] },
        ],
        outputs: [{ name: 'y', shape: ['', ''] }],
        nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      }),
      {},
      /DIMENSION_UNKNOWN: .*"frames".*\{"frames": "batch"\} if it counts the items/,
    ],
    [
      'with a name that the model does not have',
      frames,
      { batch_dimensions: ['frames'] },
      /config\.batch_dimensions names "frames".*num_frames.*Did you mean "num_frames"/,
    ],
    [
      'with a size for the batch',
      addModel(['batch', 3]),
      { dimensions: { batch: 4 } },
      /config\.batch_sizes; config\.batch_dimensions says/,
    ],
  ])('%s it is asked for', async (_, model, config, expected) => {
    expect((await measure(model, config)).error).toMatch(expected);
  });
});
