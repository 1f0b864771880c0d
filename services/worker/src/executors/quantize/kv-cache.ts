import { badModel } from '@benchwire/shared/model/errors.ts';
import { MIN_SCALE } from './kv-values.ts';
import {
  DATA_TYPE,
  intAttribute,
  makeNode,
  makeTensor,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
  opsetOf,
  toNumber,
} from './onnx-graph.ts';

/** A part of a decoder's cache: an input that the graph appends to, and the output that it makes of both. */
export interface CachePart {
  past: string;
  present: string;
  /** Numbers in a row: the last dimension. */
  width: number;
  /** That share a scale. */
  block: number;
}

/** `Round` and limits of `Slice` as inputs are there since. */
const MIN_OPSET = 11;

/**
 * Has the graph keep its key-value cache in `bits` bits, in place: each `past` becomes three inputs, the levels in bytes, and scales and
 * lowest values in fp16, and each `present` three outputs. What a step appends is quantized once, and computed with as it is in this step.
 * Weights stay as they are.
 * @throws TaskFailure for a model that has no such cache
 */
export function quantizeKvCache(
  model: OnnxModel,
  name: string,
  bits: number,
  block_size: number,
): { parts: CachePart[]; left: Map<string, number> } {
  const { parts, left } = findCache(model, block_size);
  if (parts.length === 0) throw noCache(name, left);
  if (opsetOf(model) < MIN_OPSET)
    throw badModel(
      'OPSET_TOO_OLD',
      `${name} uses ONNX opset ${opsetOf(model)}, and a quantized cache needs ${MIN_OPSET} or later: export it anew.`,
    );
  for (const part of parts) rewritePart(model, part, bits);
  return { parts, left };
}

/** Inputs of fp32 that a `Concat` appends to, whose result is an output. */
function findCache({ graph }: OnnxModel, block_size: number): { parts: CachePart[]; left: Map<string, number> } {
  const parts: CachePart[] = [];
  const left = new Map<string, number>();
  const constants = new Set(graph.initializer.map((tensor) => tensor.name));
  const passed_on = new Map(
    graph.node.flatMap(({ op_type, input, output }) => (op_type === 'Identity' ? [[output[0], input[0]]] : [])),
  );
  const outputs = new Map(graph.output.map(({ name }) => [passed_on.get(name) ?? name, name]));
  for (const input of graph.input) {
    if (constants.has(input.name) || input.type?.tensor_type?.elem_type !== DATA_TYPE.float) continue;
    const append = graph.node.find((node) => node.op_type === 'Concat' && node.input[0] === input.name);
    const present = outputs.get(append?.output[0] ?? '');
    const dims = input.type.tensor_type.shape?.dim ?? [];
    const looks_like = /past|cache/i.test(input.name);
    if (append === undefined || present === undefined || append.input.length !== 2) {
      if (looks_like) count(left, 'not appended to by a Concat that is an output');
      continue;
    }
    const width = toNumber(dims.at(-1)?.dim_value ?? 0);
    const axis = intAttribute(append, 'axis') ?? 0;
    if (axis === -1 || axis === dims.length - 1) count(left, 'appended to along their last dimension');
    else if (width === 0 || width % 4 !== 0) count(left, 'whose last dimension is not a known multiple of 4');
    else parts.push({ past: input.name, present, width, block: width % block_size === 0 ? block_size : width });
  }
  return { parts, left };
}

const count = (counts: Map<string, number>, what: string): unknown => counts.set(what, (counts.get(what) ?? 0) + 1);

function noCache(name: string, left: ReadonlyMap<string, number>): Error {
  const reasons = [...left].map(([why, times]) => `${times} inputs ${why}`).join(', ');
  return badModel(
    'NOTHING_TO_QUANTIZE',
    `${name} has no key-value cache that can be stored in fewer bits${reasons === '' ? '' : ` (${reasons})`}. ` +
      'A decoder has one that takes the cache as fp32 inputs, appends to each with Concat, and gives it as outputs.',
  );
}

/** Names of what takes the place of a tensor of the cache. */
interface CacheNames {
  levels: string;
  scales: string;
  lows: string;
}

export const namesOf = (tensor: string): CacheNames => ({
  levels: `${tensor}_levels`,
  scales: `${tensor}_scales`,
  lows: `${tensor}_lows`,
});

function rewritePart(model: OnnxModel, part: CachePart, bits: number): void {
  const { graph } = model;
  const { past, present, width, block } = part;
  const append = graph.node.find((node) => node.op_type === 'Concat' && node.input[0] === past) as OnnxNode;
  const input = graph.input.find(({ name }) => name === past) as OnnxValueInfo;
  const output = graph.output.find(({ name }) => name === present) as OnnxValueInfo;
  const rank = input.type?.tensor_type?.shape?.dim?.length ?? 0;
  const builder = new Builder(past, rank, opsetOf(model));
  const before = namesOf(past);
  const after = namesOf(present);
  builder.dequantize(before, past, { bits, width, block });
  const added = builder.quantize(append.input[1] ?? '', { bits, width, block });
  const axis = intAttribute(append, 'axis') ?? 0;
  const own = [...builder.nodes];
  const appends = (['levels', 'scales', 'lows'] as const).map((key) =>
    makeNode('Concat', [before[key], added[key]], [after[key]], { axis }),
  );
  // What it needs is there once the node before the append has run.
  const place = graph.node.indexOf(append);
  const of_past = own.slice(0, builder.of_past);
  graph.node.splice(place, 1, append, ...own.slice(builder.of_past), ...appends);
  graph.node.unshift(...of_past);
  graph.initializer.push(...builder.initializers);
  const triple = (of: OnnxValueInfo, names: CacheNames): OnnxValueInfo[] => [
    tensorInfo(of, names.levels, DATA_TYPE.uint8, (width * bits) / 8),
    tensorInfo(of, names.scales, DATA_TYPE.float16, width / block),
    tensorInfo(of, names.lows, DATA_TYPE.float16, width / block),
  ];
  graph.input = graph.input.flatMap((each) => (each === input ? triple(input, before) : [each]));
  graph.output = graph.output.flatMap((each) => (each === output ? triple(output, after) : [each]));
}

/** A tensor like another one, with another last dimension. */
function tensorInfo(of: OnnxValueInfo, name: string, elem_type: number, last: number): OnnxValueInfo {
  const dim = of.type?.tensor_type?.shape?.dim ?? [];
  return { name, type: { tensor_type: { elem_type, shape: { dim: [...dim.slice(0, -1), { dim_value: last }] } } } };
}

interface Layout {
  bits: number;
  width: number;
  block: number;
}

/** Nodes around one part of a cache. Sizes but the last one are copied, so they may be open. */
class Builder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  /** So many of the nodes need nothing but inputs. */
  of_past = 0;
  readonly #prefix: string;
  readonly #rank: number;
  readonly #opset: number;
  #count = 0;

  constructor(prefix: string, rank: number, opset: number) {
    this.#prefix = prefix;
    this.#rank = rank;
    this.#opset = opset;
  }

  /** Brings a quantized tensor back to fp32, as `output`. */
  dequantize(from: CacheNames, output: string, { bits, width, block }: Layout): void {
    const parts: string[] = [];
    // From the highest bits to the lowest ones: what is left after each is what is below it.
    let rest = this.#add('Cast', [from.levels], { to: DATA_TYPE.float });
    for (let part = 8 / bits - 1; part > 0; part--) {
      const unit = this.#number(2 ** (bits * part));
      const level = this.#add('Floor', [this.#add('Div', [rest, unit])]);
      rest = this.#add('Sub', [rest, this.#add('Mul', [level, unit])]);
      parts.unshift(level);
    }
    const levels = parts.length === 0 ? rest : this.#add('Concat', [rest, ...parts], { axis: this.#rank - 1 });
    const factor = (name: string) =>
      this.#reshape(this.#add('Cast', [name], { to: DATA_TYPE.float }), width / block, 1);
    const blocks = this.#reshape(levels, width / block, block);
    const values = this.#add('Add', [this.#add('Mul', [blocks, factor(from.scales)]), factor(from.lows)]);
    this.nodes.push(makeNode('Reshape', [values, this.#shape(width)], [output]));
    this.of_past = this.nodes.length;
  }

  /** Quantizes a tensor of fp32. */
  quantize(values: string, { bits, width, block }: Layout): CacheNames {
    const top = this.#number(2 ** bits - 1);
    const blocks = this.#reshape(values, width / block, block);
    const lowest = this.#reduce('ReduceMin', blocks);
    const range = this.#add('Sub', [this.#reduce('ReduceMax', blocks), lowest]);
    const as_half = (name: string) => this.#add('Cast', [name], { to: DATA_TYPE.float16 });
    const scales = as_half(this.#add('Div', [range, top]));
    const lows = as_half(lowest);
    const as_float = (name: string) => this.#add('Cast', [name], { to: DATA_TYPE.float });
    const scale = this.#add('Max', [as_float(scales), this.#number(MIN_SCALE)]);
    const steps = this.#add('Div', [this.#add('Sub', [blocks, as_float(lows)]), scale]);
    const at_least = this.#add('Max', [this.#add('Round', [steps]), this.#number(0)]);
    const levels = this.#reshape(this.#add('Min', [at_least, top]), width);
    const flat = (name: string) => this.#reshape(name, width / block);
    return { levels: this.#packed(levels, bits, width), scales: flat(scales), lows: flat(lows) };
  }

  /** Levels of a row, several in a byte. */
  #packed(levels: string, bits: number, width: number): string {
    const bytes = (width * bits) / 8;
    let sum = bits === 8 ? levels : '';
    for (let part = 0; bits < 8 && part < 8 / bits; part++) {
      const limits = [part * bytes, (part + 1) * bytes, this.#rank - 1].map((each) => this.#whole([each]));
      const slice = this.#add('Slice', [levels, ...limits]);
      const shifted = part === 0 ? slice : this.#add('Mul', [slice, this.#number(2 ** (bits * part))]);
      sum = sum === '' ? shifted : this.#add('Add', [sum, shifted]);
    }
    return this.#add('Cast', [sum], { to: DATA_TYPE.uint8 });
  }

  /** Over the numbers of each block. Its axes are an input since opset 18. */
  #reduce(op: string, blocks: string): string {
    const axis = this.#rank;
    if (this.#opset >= 18) return this.#add(op, [blocks, this.#whole([axis])], { keepdims: 1 });
    return this.#add(op, [blocks], { keepdims: 1, axes: [axis] });
  }

  /** All dimensions but the last ones stay as they are. */
  #reshape(name: string, ...last: number[]): string {
    return this.#add('Reshape', [name, this.#shape(...last)]);
  }

  #shape(...last: number[]): string {
    return this.#whole([...Array.from({ length: this.#rank - 1 }, () => 0), ...last]);
  }

  #whole(values: number[]): string {
    const name = this.#name();
    this.initializers.push(makeTensor(name, 'int64', [values.length], BigInt64Array.from(values, BigInt)));
    return name;
  }

  #number(value: number): string {
    const name = this.#name();
    this.initializers.push(makeTensor(name, 'float', [], Float32Array.of(value)));
    return name;
  }

  #add(op: string, input: string[], attributes: Record<string, number | number[]> = {}): string {
    const output = this.#name();
    this.nodes.push(makeNode(op, input, [output], attributes));
    return output;
  }

  #name(): string {
    return `${this.#prefix}_quantized_${this.#count++}`;
  }
}
