import { badInput, badModel, type TaskFailure } from './errors.ts';
import { type ElementType, isElementType } from './tensors.ts';

/** An input as ONNX Runtime tells it: dynamic dimensions by name, '' for one without a name. */
export interface DeclaredInput {
  name: string;
  isTensor: boolean;
  type?: string;
  shape?: readonly (number | string)[];
}

/** What the request and the catalogue say about the inputs; plain data, since it travels to the child. */
export interface InputWishes {
  batch_sizes: readonly number[];
  /** Sizes of dynamic dimensions by name; the catalogue's defaults are in it already. */
  dimensions: Readonly<Record<string, number>>;
  shapes: Readonly<Record<string, readonly number[]>>;
  /** Of a catalogue model: its names for the dimensions, and which one is the batch. */
  known: {
    inputs: Readonly<Record<string, { shape: readonly (number | string)[]; constant?: number }>>;
    batch_dimension: string | null;
  } | null;
}

/** An input of one batch size, ready to be filled. */
export interface PlannedInput {
  name: string;
  type: ElementType;
  shape: number[];
  constant: number | null;
}

/** How an axis gets its size: fixed in the model, the batch's, or looked up by name. */
type Axis = { kind: 'fixed'; size: number } | { kind: 'batch' } | { kind: 'named'; name: string };
interface Input {
  name: string;
  type: ElementType;
  axes: Axis[];
  constant: number | null;
}

const BATCH_NAME = /^(n|b|bs|batch|batch[_-]?(size|dim)|(num|n)[_-]?batch(es)?)$/i;

/**
 * The inputs of every batch size asked for, in the order of `batch_sizes`. Throws `TaskFailure` before anything is
 * measured: bad_input that names input, dimension and config key, or bad_model for inputs that nobody could fill.
 *
 * Which dimension is the batch: the catalogue's; else one that is called so (`batch`, `batch_size`, `N`, …); else the
 * dynamic first dimension of the first input, unless config.dimensions gives it a size.
 */
export function planInputs(declared: readonly DeclaredInput[], wishes: InputWishes): PlannedInput[][] {
  const inputs = readInputs(declared, wishes);
  refuseUnknownNames(inputs, wishes);
  const capacity = batchCapacity(inputs, wishes);
  return wishes.batch_sizes.map((batch_size) => {
    if (capacity !== null && batch_size !== 1 && batch_size !== capacity) {
      throw badInput(
        'BATCH_NOT_POSSIBLE',
        `Batch size ${batch_size} is not possible: the model has no dynamic batch dimension (${describe(declared)}). ` +
          `Set config.batch_sizes to [${capacity}].`,
      );
    }
    return inputs.map((input) => resolveInput(input, batch_size, wishes));
  });
}

function readInputs(declared: readonly DeclaredInput[], wishes: InputWishes): Input[] {
  const shapes = declared.map((input) => {
    if (!input.isTensor || input.shape === undefined) {
      throw badModel('INPUT_NOT_A_TENSOR', `Input "${input.name}" is no tensor; only tensors can be generated.`);
    }
    if (!isElementType(input.type)) {
      throw badModel(
        'INPUT_TYPE_UNSUPPORTED',
        `Input "${input.name}" has elements of type ${input.type}, which cannot be generated.`,
      );
    }
    const known = wishes.known?.inputs[input.name];
    return {
      name: input.name,
      type: input.type,
      shape: known?.shape ?? input.shape,
      constant: known?.constant ?? null,
    };
  });
  const batch = wishes.known ? wishes.known.batch_dimension : batchName(shapes, wishes);
  return shapes.map(({ shape, ...input }) => ({
    ...input,
    axes: shape.map((dimension, axis): Axis => {
      if (typeof dimension === 'number') return { kind: 'fixed', size: dimension };
      // A dimension without a name equals another only by its place, and the batch's place is the first.
      const isBatch = dimension === batch && (dimension !== '' || axis === 0);
      return isBatch ? { kind: 'batch' } : { kind: 'named', name: dimension };
    }),
  }));
}

function batchName(inputs: readonly { shape: readonly (number | string)[] }[], wishes: InputWishes): string | null {
  const called = inputs.flatMap(({ shape }) => shape).find((d) => typeof d === 'string' && BATCH_NAME.test(d));
  if (typeof called === 'string') return called;
  const first = inputs.find(({ shape }) => shape.length > 0)?.shape[0];
  return typeof first === 'string' && !Object.hasOwn(wishes.dimensions, first) ? first : null;
}

/**
 * Null when the batch dimension is free, so that every batch size fits; else the one size the model has room for:
 * the first dimension of its first input where that is fixed, as far as it can be known.
 */
function batchCapacity(inputs: readonly Input[], wishes: InputWishes): number | null {
  const pinned = inputs.flatMap(({ name, axes }) => {
    const axis = axes.findIndex(({ kind }) => kind === 'batch');
    const size = axis < 0 ? undefined : wishes.shapes[name]?.[axis];
    // A 1 in config.shapes is what one item looks like, so it stands for any batch.
    return size === undefined || size === 1 ? [] : [size];
  });
  if (pinned[0] !== undefined) return pinned[0];
  if (inputs.some(({ axes }) => axes.some(({ kind }) => kind === 'batch'))) return null;
  const first = inputs.find(({ axes }) => axes.length > 1)?.axes[0];
  return first?.kind === 'fixed' ? first.size : 1;
}

function resolveInput(input: Input, batch_size: number, wishes: InputWishes): PlannedInput {
  const wished = wishes.shapes[input.name];
  if (wished !== undefined && wished.length !== input.axes.length) {
    throw badInput(
      'SHAPE_DOES_NOT_FIT',
      `config.shapes.${input.name} has ${wished.length} dimensions, the model's input has ${input.axes.length}.`,
    );
  }
  const shape = input.axes.map((axis, i) => {
    const size = wished?.[i];
    switch (axis.kind) {
      case 'fixed':
        if (size === undefined || size === axis.size) return axis.size;
        throw badInput(
          'SHAPE_DOES_NOT_FIT',
          `config.shapes.${input.name} gives ${size} for dimension ${i}, which the model fixes at ${axis.size}.`,
        );
      case 'batch':
        return size === undefined || size === 1 ? batch_size : size;
      case 'named':
        return size ?? wishes.dimensions[axis.name] ?? fail(unresolved(input, i, axis.name));
      default:
        return axis satisfies never;
    }
  });
  return { name: input.name, type: input.type, shape, constant: input.constant };
}

function fail(error: TaskFailure): never {
  throw error;
}

function unresolved(input: Input, axis: number, name: string): TaskFailure {
  const shape = `[${input.axes.map((a) => (a.kind === 'fixed' ? a.size : a.kind === 'batch' ? 'batch' : a.name || '?')).join(', ')}]`;
  const set = name
    ? `Set config.dimensions, as {"${name}": 128}, or config.shapes, as {"${input.name}": [...]}.`
    : `It has no name, so set the input's whole shape in config.shapes, as {"${input.name}": [...]}.`;
  return badInput(
    'DIMENSION_UNKNOWN',
    `Dimension ${axis}${name ? ` ("${name}")` : ''} of input "${input.name}" ${shape} is dynamic, and its size is not given. ${set}`,
  );
}

function refuseUnknownNames(inputs: readonly Input[], wishes: InputWishes): void {
  const names = inputs.map(({ name }) => name);
  for (const name of Object.keys(wishes.shapes)) {
    if (names.includes(name)) continue;
    throw badInput('INPUT_UNKNOWN', `config.shapes names "${name}", but the model's inputs are: ${names.join(', ')}.`);
  }
  const dynamic = inputs.flatMap(({ axes }) => axes.flatMap((a) => (a.kind === 'named' && a.name ? [a.name] : [])));
  for (const name of Object.keys(wishes.dimensions)) {
    if (dynamic.includes(name)) continue;
    const hint = BATCH_NAME.test(name) ? ' The batch is set with config.batch_sizes.' : '';
    throw badInput(
      'DIMENSION_NOT_IN_MODEL',
      `config.dimensions names "${name}", but the model's dynamic dimensions are: ${[...new Set(dynamic)].join(', ') || 'none'}.${hint}`,
    );
  }
}

function describe(declared: readonly DeclaredInput[]): string {
  return declared.map(({ name, shape }) => `${name}: [${shape?.map((d) => d || '?').join(', ')}]`).join(', ');
}
