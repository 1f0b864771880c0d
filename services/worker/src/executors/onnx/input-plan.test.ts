import { TaskFailure } from '@benchwire/shared/model/errors.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DeclaredInput, type InputWishes, planInputs } from './input-plan.ts';
import { generateElements, halfBits } from './tensors.ts';

const input = (shape: (number | string)[], name = 'x', type = 'float32'): DeclaredInput => ({
  name,
  isTensor: true,
  type,
  shape,
});
const wishes = (changes: Partial<InputWishes> = {}): InputWishes => ({
  batch_sizes: [1],
  dimensions: {},
  shapes: {},
  batch_dimensions: undefined,
  inputs: {},
  files: {},
  known: null,
  ...changes,
});
const shapesOf = (declared: DeclaredInput[], changes: Partial<InputWishes>): number[][][] =>
  planInputs(declared, wishes(changes)).batches.map((inputs) => inputs.map(({ shape }) => shape));
function errorOf(declared: DeclaredInput[], changes: Partial<InputWishes>): { code: string; message: string } {
  try {
    planInputs(declared, wishes(changes));
  } catch (error) {
    if (error instanceof TaskFailure) return error.task_error;
    throw error;
  }
  throw new Error('it was planned');
}

describe('planInputs', () => {
  test.each<[string, DeclaredInput[], Partial<InputWishes>, number[][][]]>([
    ['a named batch', [input(['N', 3])], { batch_sizes: [1, 4] }, [[[1, 3]], [[4, 3]]]],
    [
      'a shape of an input without any, which may have any number of dimensions',
      [input([])],
      { batch_sizes: [1, 4], shapes: { x: ['batch', 3] } },
      [[[1, 3]], [[4, 3]]],
    ],
    ['a whole shape of such an input', [input([])], { shapes: { x: [2, 3] } }, [[[2, 3]]]],
    ['a single value', [input([])], {}, [[[]]]],
    ['a batch that is not first', [input([2, 'batch', 8])], { batch_sizes: [3] }, [[[2, 3, 8]]]],
    [
      'the same batch in every input',
      [input(['b', 2]), input([5, 'b'], 'y')],
      { batch_sizes: [7] },
      [
        [
          [7, 2],
          [5, 7],
        ],
      ],
    ],
    [
      'a dynamic first dimension',
      [input(['p2o.0', 3, 'p2o.1'])],
      { batch_sizes: [2], dimensions: { 'p2o.1': 9 } },
      [[[2, 3, 9]]],
    ],
    [
      'a first dimension without a name',
      [input(['', 3]), input(['', 1], 'y')],
      { batch_sizes: [2] },
      [
        [
          [2, 3],
          [2, 1],
        ],
      ],
    ],
    ['a first dimension that is given a size', [input(['tokens'])], { dimensions: { tokens: 12 } }, [[[12]]]],
    [
      'a whole shape, its 1 being the batch',
      [input(['', 3, '', ''])],
      { batch_sizes: [2], shapes: { x: [1, 3, 8, 8] } },
      [[[2, 3, 8, 8]]],
    ],
    ['a whole shape with its own batch', [input(['', ''])], { batch_sizes: [8], shapes: { x: [8, 5] } }, [[[8, 5]]]],
    ['a model without a batch', [input([1, 3])], { batch_sizes: [1] }, [[[1, 3]]]],
    ['a model with a fixed batch', [input([8, 3])], { batch_sizes: [8] }, [[[8, 3]]]],
    ['a scalar beside a batch', [input(['batch', 4]), input([], 'sr', 'int64')], { batch_sizes: [2] }, [[[2, 4], []]]],
    ['no inputs at all', [], {}, [[]]],
  ])('%s', (_, declared, changes, expected) => {
    expect(shapesOf(declared, changes)).toEqual(expected);
  });

  test('a catalogue model goes by the catalogue’s names', () => {
    const known = {
      inputs: { input: { shape: ['batch', 'samples'] }, sr: { shape: [], constant: 16_000 } },
      batch_dimension: 'batch',
    };
    const declared = [input(['', ''], 'input'), input([], 'sr', 'int64')];
    const [plan] = planInputs(declared, wishes({ batch_sizes: [2], dimensions: { samples: 512 }, known })).batches;
    expect(plan?.map(({ shape, rule }) => ({ shape, rule }))).toEqual([
      { shape: [2, 512], rule: { kind: 'random', min: 0, max: 1 } },
      { shape: [], rule: { kind: 'constant', value: 16_000 } },
    ]);
  });

  test.each<[string, DeclaredInput[], Partial<InputWishes>, string, RegExp]>([
    [
      'an unknown size',
      [input(['batch', 'height'])],
      {},
      'DIMENSION_UNKNOWN',
      /"height".*"x" \[batch, height\].*config\.dimensions/,
    ],
    ['an unknown size without a name', [input(['batch', ''])], {}, 'DIMENSION_UNKNOWN', /config\.shapes, as \{"x"/],
    [
      'a batch where there is none',
      [input([1, 3])],
      { batch_sizes: [1, 2] },
      'BATCH_NOT_POSSIBLE',
      /Batch size 2.*x: \[1, 3\].*\[1\]/,
    ],
    [
      'a batch where nobody knows the dimensions',
      [input([])],
      { batch_sizes: [2] },
      'BATCH_NOT_POSSIBLE',
      /give it a shape: config\.shapes, as \{"x": \["batch", 3\]\}/,
    ],
    ['another than the fixed batch', [input([8, 3])], { batch_sizes: [4] }, 'BATCH_NOT_POSSIBLE', /\[8\]/],
    [
      'a shape that pins another batch',
      [input(['', 2])],
      { batch_sizes: [4], shapes: { x: [8, 2] } },
      'BATCH_NOT_POSSIBLE',
      /\[8\]/,
    ],
    ['a shape of another rank', [input(['', 2])], { shapes: { x: [2] } }, 'SHAPE_DOES_NOT_FIT', /1 dimensions.*has 2/],
    [
      'a shape against the model',
      [input(['', 2])],
      { shapes: { x: [1, 3] } },
      'SHAPE_DOES_NOT_FIT',
      /3 for dimension 1.*fixes at 2/,
    ],
    ['an input that is not there', [input(['', 2])], { shapes: { z: [1] } }, 'INPUT_UNKNOWN', /"z".*inputs are: x/],
    [
      'a dimension that is not there',
      [input(['', 'w'])],
      { dimensions: { h: 1 } },
      'DIMENSION_NOT_IN_MODEL',
      /"h".*are: w/,
    ],
    [
      'the batch as a dimension',
      [input(['batch', 2])],
      { dimensions: { batch: 4 } },
      'DIMENSION_NOT_IN_MODEL',
      /config\.batch_sizes/,
    ],
    ['a type without elements', [input(['n'], 'x', 'bfloat16')], {}, 'INPUT_TYPE_UNSUPPORTED', /"x".*bfloat16/],
    ['a sequence', [{ name: 'x', isTensor: false }], {}, 'INPUT_NOT_A_TENSOR', /"x" is not a tensor/],
  ])('says what is wrong with %s', (_, declared, changes, code, message) => {
    const error = errorOf(declared, changes);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test('either plans shapes without holes for every batch size, or fails clearly', () => {
    const dimension = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constantFrom('', 'batch', 'w'));
    const declared = fc.array(fc.array(dimension, { maxLength: 4 }), { maxLength: 3 });
    const sizes = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(declared, sizes, (shapes, batch_sizes) => {
        const inputs = shapes.map((shape, i) => input(shape, `x${i}`));
        const hasW = shapes.some((shape) => shape.includes('w'));
        try {
          const plans = planInputs(inputs, wishes({ batch_sizes, dimensions: hasW ? { w: 5 } : {} })).batches;
          expect(plans.length).toBe(batch_sizes.length);
          for (const [i, { shape }] of plans.flat().map((p, i) => [i % shapes.length, p] as const)) {
            expect(shape.length).toBe(shapes[i]?.length);
            for (const size of shape) expect(size).toBeGreaterThan(0);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(TaskFailure);
        }
      }),
    );
  });
});

const RANDOM = { kind: 'random', min: 0, max: 1 } as const;

describe('generateElements', () => {
  test('is repeatable, of the right length, and as said for each type', () => {
    const make = (type: Parameters<typeof generateElements>[0]) =>
      generateElements(type, [3, 5], RANDOM, createRandom(1));
    expect(make('float32')).toEqual(make('float32'));
    for (const x of make('float32')) expect(Number(x) >= 0 && Number(x) < 1).toBe(true);
    expect(new Set<unknown>(make('int32'))).toEqual(new Set([0, 1]));
    expect(new Set<unknown>(make('int64'))).toEqual(new Set([0n, 1n]));
    expect(new Set<unknown>(make('bool'))).toEqual(new Set([0, 1]));
    expect(make('float16')).toBeInstanceOf(Uint16Array);
    expect(generateElements('int64', [], { kind: 'constant', value: 16_000 }, createRandom(1))).toEqual(
      BigInt64Array.of(16_000n),
    );
    expect(generateElements('float32', [2, 0], RANDOM, createRandom(1)).length).toBe(0);
  });

  test.each([
    [0, 0],
    [1, 0x3c00],
    [-2, 0xc000],
    [0.333251953125, 0x3555],
    [65_504, 0x7bff],
    [1e6, 0x7c00],
    [1e-9, 0],
    [Number.NaN, 0x7e00],
  ])('half floats: %d has the bits %d', (value, bits) => {
    expect(halfBits(value)).toBe(bits);
  });
});
