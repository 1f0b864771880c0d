import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { modelInputs } from '@benchwire/shared/model/model-inputs.ts';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { ort } from './child-session.ts';
import { type DeclaredInput, type InputWishes, planInputs } from './input-plan.ts';
import { sizesInOneForm } from './sizes-in-one-form.ts';

const input = (shape: (number | string)[], name = 'x', type = 'float32'): DeclaredInput => ({
  ...{ name, type, shape },
  isTensor: true,
});
const wishes = (changes: Partial<InputWishes> = {}): InputWishes => ({
  ...{ batch_sizes: [1], dimensions: {}, shapes: {}, batch_dimensions: undefined, inputs: {}, files: {}, known: null },
  ...changes,
});
const oneForm = (declared: DeclaredInput[], changes: Partial<InputWishes>) => sizesInOneForm(declared, wishes(changes));

const PICTURE = [input(['n', 3, 'h', 'w'])];
const TWO = [input(['unk__630', 8]), input(['unk__631', 8], 'y')];
const UNNAMED = [input(['', 3, '', ''])];

describe('writings that feed the same', () => {
  test.each<[string, DeclaredInput[], Array<Partial<InputWishes>>]>([
    [
      'shapes and dimensions',
      PICTURE,
      [
        { dimensions: { h: 224, w: 192 } },
        { shapes: { x: [1, 3, 224, 192] } },
        { shapes: { x: ['batch', 3, 224, 192] } },
        { shapes: { x: [1, 3, 224, 192] }, dimensions: { w: 192 } },
        { dimensions: { w: 192, h: 224, n: 'batch' } },
        { dimensions: { h: 224, w: 192 }, batch_dimensions: ['n'] },
      ],
    ],
    ['a size that the model fixes, written out', [input([1, 3, 8, 8])], [{}, { shapes: { x: [1, 3, 8, 8] } }]],
    [
      'a batch that is guessed, written out',
      TWO,
      [
        {},
        { batch_dimensions: ['unk__631', 'unk__630'] },
        { dimensions: { unk__630: 'batch', unk__631: 'batch' } },
        { shapes: { x: [1, 8], y: ['batch', 8] } },
      ],
    ],
    ['dimensions without a name', UNNAMED, [{ shapes: { x: [1, 3, 8, 9] } }, { shapes: { x: ['batch', 3, 8, 9] } }]],
    [
      'a size that the values have',
      [input(['rows', 'columns'])],
      [
        {
          inputs: {
            x: [
              [1, 2],
              [3, 4],
            ],
          },
          batch_dimensions: [],
        },
        {
          inputs: {
            x: [
              [1, 2],
              [3, 4],
            ],
          },
          batch_dimensions: [],
          dimensions: { columns: 2 },
        },
        {
          inputs: {
            x: [
              [1, 2],
              [3, 4],
            ],
          },
          batch_dimensions: [],
          shapes: { x: [2, 2] },
        },
      ],
    ],
    [
      'a size that several inputs share',
      [input(['n', 't']), input(['n', 't'], 'mask'), input(['n', 2, 't'], 'past')],
      [
        { dimensions: { t: 16 } },
        { shapes: { x: [1, 16] }, dimensions: { t: 16 } },
        { shapes: { x: [1, 16], mask: [1, 16], past: [1, 2, 16] } },
      ],
    ],
    ['an input of any number of dimensions', [input([])], [{ shapes: { x: ['batch', 3] } }]],
  ])('%s have one form', (_, declared, writings) => {
    const forms = writings.map((each) => oneForm(declared, each));
    expect(forms[0]).toBeDefined();
    for (const form of forms) expect(form).toEqual(forms[0]);
  });

  test('the form of sizes with names is `dimensions`, as short as can be, so that histories written so go on', () => {
    expect(oneForm(PICTURE, { shapes: { x: [1, 3, 224, 192] } })).toEqual({
      ...{ dimensions: { h: 224, w: 192 }, shapes: {}, batch_dimensions: undefined },
    });
  });
});

test('what feeds something else keeps a form of its own', () => {
  const forms = [
    oneForm(PICTURE, { dimensions: { h: 224, w: 192 } }),
    oneForm(PICTURE, { dimensions: { h: 192, w: 224 } }),
    oneForm(PICTURE, { dimensions: { h: 224, w: 192 }, batch_dimensions: [], shapes: { x: [1, 3, 224, 192] } }),
    oneForm(PICTURE, { shapes: { x: [4, 3, 224, 192] } }),
  ].map((form) => JSON.stringify(form));
  expect(new Set(forms).size).toBe(forms.length);
});

test('of a catalogue model: what the catalogue has anyway is left out, and a shape is a size as well', () => {
  const known = { inputs: { x: { shape: ['batch', 'samples'] } }, batch_dimension: 'batch' };
  const form = (changes: Partial<InputWishes>) => {
    const all = wishes({ known, ...changes, dimensions: { samples: 512, ...changes.dimensions } });
    return sizesInOneForm([input(['', ''])], all, { samples: 512 });
  };
  const none = { dimensions: {}, shapes: {}, batch_dimensions: undefined };
  for (const same of [{}, { shapes: { x: [1, 512] } }, { dimensions: { samples: 512 } }] as Array<Partial<InputWishes>>)
    expect(form(same)).toEqual(none);
  const other = { ...none, dimensions: { samples: 256 } };
  expect(form({ shapes: { x: ['batch', 256] } })).toEqual(other);
  expect(form({ dimensions: { samples: 256 } })).toEqual(other);
});

test('sizes that do not fit have no form: the task says what is wrong with them', () => {
  expect(oneForm(PICTURE, { dimensions: { height: 224 } })).toBeUndefined();
  expect(oneForm(PICTURE, { shapes: { x: [1, 3] } })).toBeUndefined();
});

const dimension = fc.oneof(fc.constantFrom('n', 'batch', 't', 'h', ''), fc.integer({ min: 0, max: 5 }));
const shape = fc.array(dimension, { maxLength: 4 });
const models = fc
  .array(shape, { minLength: 1, maxLength: 3 })
  .map((shapes) => shapes.map((each, i) => input(each, `x${i}`)));
const size = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant('batch' as const));
const written = fc.record({
  dimensions: fc.dictionary(fc.constantFrom('n', 'batch', 't', 'h'), size, { maxKeys: 3 }),
  batch_dimensions: fc.option(fc.subarray(['n', 'batch', 't']), { nil: undefined }),
  said: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  sizes: fc.array(size, { minLength: 12, maxLength: 12 }),
});

test('whatever is written: the form feeds the same for every batch size, and is its own form', () => {
  let planned = 0;
  fc.assert(
    fc.property(models, written, (declared, { said, sizes, ...others }) => {
      const shapes = Object.fromEntries(
        declared.flatMap(({ name, shape = [] }, i) =>
          said[i]
            ? [[name, shape.map((each, axis) => (typeof each === 'number' ? each : (sizes[i * 4 + axis] ?? 1)))]]
            : [],
        ),
      );
      const asWritten = wishes({ ...others, shapes });
      const form = sizesInOneForm(declared, asWritten);
      if (form === undefined) return;
      planned++;
      for (const batch_size of [1, 2, 3, 5]) {
        const fed = (sizes: Partial<InputWishes>): unknown => {
          try {
            return planInputs(declared, { ...asWritten, ...sizes, batch_sizes: [batch_size] }).batches;
          } catch {
            return 'refused';
          }
        };
        if (fed({}) !== 'refused') expect(fed(form)).toEqual(fed({}));
      }
      expect(sizesInOneForm(declared, wishes(form))).toEqual(form);
    }),
    { numRuns: 300 },
  );
  expect(planned).toBeGreaterThan(10);
});

describe('the inputs that a file declares', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-inputs-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const vad = join(repositoryRoot, 'node_modules/@ricky0123/vad-web/dist');
  test.each(readdirSync(vad).filter((file) => file.endsWith('.onnx')))(
    '%s: as ONNX Runtime reads them',
    async (file) => {
      const session = await ort.InferenceSession.create(join(vad, file));
      const read = session.inputMetadata.map((each) =>
        each.isTensor
          ? { name: each.name, isTensor: true, type: each.type, shape: [...each.shape] }
          : { name: each.name, isTensor: false },
      );
      expect(await modelInputs(join(vad, file))).toEqual(read);
      await session.release();
    },
  );
});
