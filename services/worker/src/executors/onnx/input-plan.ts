import type { InputSetting } from '@benchwire/shared/contracts/input-setting.ts';
import { noteOn, type ValueNote } from '@benchwire/shared/contracts/value-note.ts';
import { badInput, badModel, type TaskFailure } from '@benchwire/shared/model/errors.ts';
import { type BatchWishes, batchDimensions } from './batch-dimensions.ts';
import type { FileValues, InputFile } from './input-files.ts';
import { type ChosenRule, ruleInWords, ruleOf } from './input-values.ts';
import { type ElementType, isElementType } from './tensors.ts';
import { refuseUnknownNames } from './unknown-names.ts';

/** An input as ONNX Runtime tells it: dynamic dimensions by name, '' for one without a name. */
export interface DeclaredInput {
  name: string;
  isTensor: boolean;
  type?: string;
  shape?: readonly (number | string)[];
}

/** What the request and the catalogue say about the inputs; plain data, since it travels to the child. */
export interface InputWishes extends BatchWishes {
  batch_sizes: readonly number[];
  /** What inputs are filled with, by name. */
  inputs: Readonly<Record<string, InputSetting>>;
  /** The files that `inputs` names, by input. */
  files: Readonly<Record<string, InputFile>>;
  /** Of a catalogue model: its names for the dimensions, and which one is the batch. */
  known: {
    inputs: Readonly<Record<string, { shape: readonly (number | string)[]; constant?: number }>>;
    batch_dimension: string | null;
  } | null;
}

/** An input of one batch size, ready to be filled. */
export interface PlannedInput extends ChosenRule {
  name: string;
  type: ElementType;
  shape: number[];
}

/** How an axis gets its size: fixed in the model, the batch's, or looked up by name. */
type Axis = { kind: 'fixed'; size: number } | { kind: 'batch' | 'named'; name: string };
interface Input extends ChosenRule {
  name: string;
  type: ElementType;
  axes: Axis[];
}

export interface InputPlan {
  /** In the order of `batch_sizes`. */
  batches: PlannedInput[][];
  /** What was guessed. */
  notes: ValueNote[];
}

/**
 * The inputs of every batch size asked for. Throws `TaskFailure` before anything is measured: bad_input that names input,
 * dimension and config key, or bad_model for inputs that nobody could fill.
 * @param files - what is in `wishes.files`
 */
export function planInputs(
  declared: readonly DeclaredInput[],
  wishes: InputWishes,
  files: Readonly<Record<string, FileValues>> = {},
): InputPlan {
  const { inputs, note } = readInputs(declared, wishes, files);
  refuseUnknownNames(inputs, declared, wishes);
  const capacity = batchCapacity(inputs, wishes);
  const sizes = sizesOfValues(inputs, wishes);
  const batches = wishes.batch_sizes.map((batch_size) => {
    if (capacity !== null && batch_size !== 1 && batch_size !== capacity) {
      throw badInput(
        'BATCH_NOT_POSSIBLE',
        `Batch size ${batch_size} is not possible: the model has no dynamic batch dimension (${describe(declared)}). ` +
          `Set config.batch_sizes to [${capacity}], or say which dimension is the batch in config.batch_dimensions.${anyRankHint(declared)}`,
      );
    }
    return inputs.map((input) => resolveInput(input, batch_size, wishes, sizes));
  });
  const guessed = inputs.filter((input) => input.guessed);
  return {
    batches,
    notes: [...(note === undefined ? [] : [note]), ...(guessed.length === 0 ? [] : [guessedNote(guessed)])],
  };
}

/** An input's dimension with the size that it gets, and whether the request gave the batch a size. */
export type SizedAxis = { kind: Axis['kind']; name: string; size: number; is_pinned: boolean };

/** How each dimension of the inputs gets its size, at the first of `batch_sizes`. Throws as `planInputs` does. */
export function axesOf(
  declared: readonly DeclaredInput[],
  wishes: InputWishes,
  files: Readonly<Record<string, FileValues>>,
): Array<{ name: string; axes: SizedAxis[] }> {
  const { inputs } = readInputs(declared, wishes, files);
  const sizes = sizesOfValues(inputs, wishes);
  return inputs.map((input) => {
    const { shape } = resolveInput(input, wishes.batch_sizes[0] ?? 1, wishes, sizes);
    const axes = input.axes.map((axis, i): SizedAxis => {
      const wished = own(wishes.shapes, input.name)?.[i];
      const is_pinned = axis.kind === 'batch' && typeof wished === 'number' && wished !== 1;
      return { kind: axis.kind, name: axis.kind === 'fixed' ? '' : axis.name, size: shape[i] ?? 0, is_pinned };
    });
    return { name: input.name, axes };
  });
}

const EXAMPLES: Readonly<Record<string, string>> = { string: '["a text"]', bool: 'true' };

/** For an input that may be a single value, or may have dimensions that the model does not tell. */
function anyRankHint(declared: readonly DeclaredInput[]): string {
  const input = declared.find(({ shape }) => shape?.length === 0);
  return input === undefined
    ? ''
    : ` If "${input.name}" is not a single value, give it a shape: config.shapes, as {"${input.name}": ["batch", 3]}.`;
}

function guessedNote(inputs: readonly Input[]): ValueNote {
  const shown = inputs.slice(0, 5).map(({ name, type, rule }) => `${name} (${type}) with ${ruleInWords(rule, type)}`);
  const more = inputs.length > 5 ? ` and ${inputs.length - 5} more` : '';
  const example = `{"${inputs[0]?.name}": ${EXAMPLES[inputs[0]?.type ?? ''] ?? '{"range": [0, 100]}'}}`;
  return noteOn(
    'guessed_input',
    `filled ${shown.join(', ')}${more}: a guess. config.inputs says what to feed, as ${example}`,
  );
}

function readInputs(
  declared: readonly DeclaredInput[],
  wishes: InputWishes,
  files: Readonly<Record<string, FileValues>>,
): { inputs: Input[]; note: ValueNote | undefined } {
  const read = declared.map((input) => {
    const { name } = input;
    if (!input.isTensor || input.shape === undefined) {
      throw badModel('INPUT_NOT_A_TENSOR', `Input "${name}" is not a tensor; only tensors can be generated.`);
    }
    if (!isElementType(input.type)) {
      throw badModel(
        'INPUT_TYPE_UNSUPPORTED',
        `Input "${name}" has elements of type ${input.type}, which cannot be generated.`,
      );
    }
    const known = wishes.known?.inputs[name];
    const { type } = input;
    return {
      ...{ name, type, shape: known?.shape ?? shapeOf(name, input.shape, wishes) },
      ...ruleOf(name, type, own(wishes.inputs, name), own(files, name), known?.constant),
    };
  });
  const { isBatch, note } = batchDimensions(read, wishes);
  const inputs = read.map(({ shape, ...input }) => ({
    ...input,
    axes: shape.map((dimension, axis): Axis => {
      if (typeof dimension === 'number') return { kind: 'fixed', size: dimension };
      return { kind: isBatch({ ...input, shape }, axis) ? 'batch' : 'named', name: dimension };
    }),
  }));
  return { inputs, note };
}

/**
 * ONNX Runtime tells an input of any number of dimensions as it tells a single value: without any. Then the request's shape is the
 * input's; an empty name stands for a dimension that the request calls the batch.
 */
function shapeOf(
  name: string,
  declared: readonly (number | string)[],
  wishes: InputWishes,
): readonly (number | string)[] {
  const wished = own(wishes.shapes, name);
  if (declared.length > 0 || wished === undefined) return declared;
  return wished.map((size) => (size === 'batch' ? '' : size));
}

/** Names of inputs are any text, those of Object's own fields among them. */
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Sizes that lists and files tell: by dimension, and by input and axis for those without a name. */
type Sizes = ReadonlyMap<string, number>;
const place = (input: string, axis: number): string => `${input}\0${axis}`;

function sizesOfValues(inputs: readonly Input[], wishes: InputWishes): Sizes {
  const sizes = new Map<string, number>();
  for (const { name, rule, axes } of inputs) {
    if (rule.kind !== 'values') continue;
    const unknown = axes.flatMap((axis, i) => {
      const isSaid =
        axis.kind !== 'named' ||
        own(wishes.shapes, name) !== undefined ||
        own(wishes.dimensions, axis.name) !== undefined;
      return isSaid ? [] : [{ i, key: axis.name === '' ? place(name, i) : axis.name }];
    });
    if (rule.shape !== null && rule.shape.length > 1 && rule.shape.length === axes.length) {
      for (const { i, key } of unknown) if (!sizes.has(key)) sizes.set(key, rule.shape[i] ?? 0);
    } else if (unknown.length === 1 && unknown[0] !== undefined && !sizes.has(unknown[0].key)) {
      // One item without a batch: what is left once the dimensions that are known are taken out.
      const known = axes.reduce((product, axis, i) => {
        if (i === unknown[0]?.i || axis.kind === 'batch') return product;
        return product * (axis.kind === 'fixed' ? axis.size : Number(own(wishes.dimensions, axis.name) ?? 1));
      }, 1);
      const size = rule.values.length / known;
      if (Number.isInteger(size)) sizes.set(unknown[0].key, size);
    }
  }
  return sizes;
}

/**
 * Null when the batch dimension is free, so that every batch size fits; else the one size the model has room for:
 * the first dimension of its first input where that is fixed, as far as it can be known.
 */
function batchCapacity(inputs: readonly Input[], wishes: InputWishes): number | null {
  const pinned = inputs.flatMap(({ name, axes }) => {
    const axis = axes.findIndex(({ kind }) => kind === 'batch');
    const size = axis < 0 ? undefined : own(wishes.shapes, name)?.[axis];
    // A 1 in config.shapes is what one item looks like, so it stands for any batch.
    return size === undefined || size === 1 || size === 'batch' ? [] : [size];
  });
  if (pinned[0] !== undefined) return pinned[0];
  if (inputs.some(({ axes }) => axes.some(({ kind }) => kind === 'batch'))) return null;
  const first = inputs.find(({ axes }) => axes.length > 1)?.axes[0];
  return first?.kind === 'fixed' ? first.size : 1;
}

function resolveInput(input: Input, batch_size: number, wishes: InputWishes, sizes: Sizes): PlannedInput {
  const { name, type, rule, guessed } = input;
  const wished = own(wishes.shapes, name);
  if (wished !== undefined && wished.length !== input.axes.length) {
    throw badInput(
      'SHAPE_DOES_NOT_FIT',
      `config.shapes.${name} has ${wished.length} dimensions, the model's input has ${input.axes.length}.`,
    );
  }
  const shape = input.axes.map((axis, i) => {
    const size = wished?.[i];
    switch (axis.kind) {
      case 'fixed':
        if (size === undefined || size === axis.size || (size === 'batch' && axis.size === batch_size))
          return axis.size;
        throw badInput(
          'SHAPE_DOES_NOT_FIT',
          `config.shapes.${name} gives ${size} for dimension ${i}, which the model fixes at ${axis.size}.`,
        );
      case 'batch':
        return size === undefined || size === 1 || size === 'batch' ? batch_size : size;
      case 'named': {
        const known = typeof size === 'number' ? size : own(wishes.dimensions, axis.name);
        if (typeof known === 'number') return known;
        return sizes.get(axis.name === '' ? place(name, i) : axis.name) ?? fail(unresolved(input, i, axis.name));
      }
      default:
        return axis satisfies never;
    }
  });
  if (rule.kind === 'values') {
    const count = shape.reduce((product, size) => product * size, 1);
    const { length } = rule.values;
    // Fewer are repeated: one item makes a batch.
    if (length === 0 ? count !== 0 : count % length !== 0) {
      const message = `config.inputs.${name} gives ${length} values, and the input [${shape.join(', ')}] takes ${count}: give as many, or a number that divides them.`;
      throw badInput('INPUT_VALUES_DO_NOT_FIT', message);
    }
  }
  return { name, type, shape, rule, guessed };
}

function fail(error: TaskFailure): never {
  throw error;
}

function unresolved(input: Input, axis: number, name: string): TaskFailure {
  const shape = `[${input.axes.map((a) => (a.kind === 'fixed' ? a.size : a.kind === 'batch' ? 'batch' : a.name || '?')).join(', ')}]`;
  const set = name
    ? `Set config.dimensions, as {"${name}": 128} (or {"${name}": "batch"} if it counts the items of a batch), or config.shapes, as {"${input.name}": [...]}.`
    : `It has no name, so set the input's whole shape in config.shapes, as {"${input.name}": [...]}.`;
  return badInput(
    'DIMENSION_UNKNOWN',
    `Dimension ${axis}${name ? ` ("${name}")` : ''} of input "${input.name}" ${shape} is dynamic, and its size is not given. ${set}`,
  );
}

function describe(declared: readonly DeclaredInput[]): string {
  return declared.map(({ name, shape }) => `${name}: [${shape?.map((d) => d || '?').join(', ')}]`).join(', ');
}
