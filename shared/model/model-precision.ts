import { type Field, NotProtobuf, ProtobufFile } from './protobuf-file.ts';

/** What a model computes with, read from its file. */
export interface ModelPrecision {
  /** In one word: `fp32`, `fp16`, `bf16`, `int8`, `int4`, …; `mixed` where no type has 80 % of the weights. */
  precision: string;
  /** Types of the weights by share, such as `int8 97 %, fp32 3 %`. */
  weights: string;
  /** What runs between the operators, such as `fp32`, or `int8` where they are quantized as well. */
  activations: string | null;
}

/** Element types of onnx.proto that say something about precision; indices, shapes and booleans do not. */
const TYPES: Readonly<Record<number, string>> = {
  1: 'fp32',
  2: 'int8',
  3: 'int8',
  4: 'int16',
  5: 'int16',
  10: 'fp16',
  11: 'fp64',
  16: 'bf16',
  17: 'fp8',
  18: 'fp8',
  19: 'fp8',
  20: 'fp8',
  21: 'int4',
  22: 'int4',
  23: 'fp4',
  25: 'int2',
  26: 'int2',
};
const FLOATS: ReadonlySet<string> = new Set(['fp64', 'fp32', 'fp16', 'bf16', 'fp8', 'fp4']);
const UINT8 = 2;
/** Operators that quantize what flows between them, or compute on it. */
const QUANTIZES =
  /^(QuantizeLinear|DynamicQuantizeLinear|QLinear\w+|ConvInteger|MatMulInteger|QGemm|QAttention|DynamicQuantize\w+|MatMulIntegerToFloat)$/;
/** Weights in blocks, packed into bytes: `bits` says how many each has. */
const PACKED = 'MatMulNBits';
/** One type has at least this share of the weights, or the model is of mixed precision. */
const DOMINANT = 0.8;
const MAX_DEPTH = 100;

interface Found {
  /** Weights by type. */
  elements: Map<string, number>;
  /** By the name of the tensor, how many bits its packed weights have. */
  packed: Map<string, number>;
  /** Tensors of bytes, which may be packed: counted at the end. */
  bytes: Array<{ name: string; elements: number }>;
  /** Types of inputs and outputs. */
  ends: Set<string>;
  quantizes: boolean;
}

/**
 * Reads the types of a model's weights and of what flows between its operators; weights themselves are skipped.
 * @returns null where the file tells nothing: a graph that was compiled for a device, or without weights and numbers
 */
export async function modelPrecision(path: string): Promise<ModelPrecision | null> {
  await using file = await ProtobufFile.open(path);
  const found: Found = { elements: new Map(), packed: new Map(), bytes: [], ends: new Set(), quantizes: false };
  for await (const { number, wire, start, end } of file.fields(0, file.size)) {
    if (wire !== 2) continue;
    if (number === 7) await readGraph(file, start, end, found, 0);
    // A function has its nodes under another number.
    if (number === 25) await readParts(file, { start, end }, 7, (node) => readNode(file, node, found, 1));
  }
  for (const { name, elements } of found.bytes) {
    const bits = found.packed.get(name);
    if (bits === undefined) add(found.elements, 'int8', elements);
    else add(found.elements, `int${bits}`, (elements * 8) / bits);
  }
  return judge(found);
}

function judge({ elements, ends, quantizes }: Found): ModelPrecision | null {
  const floats = [...ends].filter((type) => FLOATS.has(type));
  const total = [...elements.values()].reduce((sum, n) => sum + n, 0);
  const [end = null] = floats;
  if (total === 0) return end === null ? null : { precision: end, weights: 'none', activations: end };
  const shares = [...elements].sort(([, a], [, b]) => b - a).map(([type, n]) => ({ type, share: n / total }));
  const [most] = shares;
  const dominant = most !== undefined && most.share >= DOMINANT ? most.type : 'mixed';
  const widest = shares.find(({ type }) => FLOATS.has(type))?.type ?? end;
  return {
    precision: dominant,
    weights: shares
      .filter(({ share }) => share >= 0.001)
      .map(({ type, share }) => `${type} ${(100 * share).toFixed(share > 0.9995 ? 0 : 1)} %`)
      .join(', '),
    activations: quantizes ? 'int8' : widest,
  };
}

async function readGraph(file: ProtobufFile, start: number, end: number, found: Found, depth: number): Promise<void> {
  if (depth > MAX_DEPTH) throw new NotProtobuf(null);
  for await (const field of file.fields(start, end)) {
    if (field.wire !== 2) continue;
    if (field.number === 1) await readNode(file, field, found, depth);
    else if (field.number === 5) await readTensor(file, field, found);
    else if (field.number === 15) await readParts(file, field, 1, (tensor) => readTensor(file, tensor, found));
    else if (depth === 0 && (field.number === 11 || field.number === 12)) await readEnd(file, field, found);
  }
}

async function readNode(file: ProtobufFile, node: Field, found: Found, depth: number): Promise<void> {
  const inputs: string[] = [];
  let operator = '';
  let bits = 4;
  for await (const field of file.fields(node.start, node.end)) {
    if (field.wire !== 2) continue;
    if (field.number === 1) inputs.push(await file.text(field));
    else if (field.number === 4) operator = await file.text(field);
    else if (field.number === 5) bits = (await readAttribute(file, field, found, depth)) ?? bits;
  }
  if (QUANTIZES.test(operator)) found.quantizes = true;
  if (operator === PACKED && inputs[1] !== undefined) found.packed.set(inputs[1], bits);
}

/** @returns the value of an attribute `bits` */
async function readAttribute(
  file: ProtobufFile,
  attribute: Field,
  found: Found,
  depth: number,
): Promise<number | undefined> {
  let name = '';
  let int: number | undefined;
  for await (const part of file.fields(attribute.start, attribute.end)) {
    if (part.number === 1 && part.wire === 2) name = await file.text(part);
    else if (part.number === 3 && part.wire === 0) int = part.value;
    else if ((part.number === 5 || part.number === 10) && part.wire === 2) await readTensor(file, part, found);
    else if ((part.number === 6 || part.number === 11) && part.wire === 2)
      await readGraph(file, part.start, part.end, found, depth + 1);
  }
  return name === 'bits' ? int : undefined;
}

/** A tensor's dimensions, type and name; a scalar is a constant of the graph and no weight. */
async function readTensor(file: ProtobufFile, { start, end }: Field, found: Found): Promise<void> {
  let elements = 1;
  let dimensions = 0;
  let type = 0;
  let name = '';
  const take = (size: number): void => {
    elements *= size;
    dimensions++;
  };
  for await (const field of file.fields(start, end)) {
    if (field.number === 1 && field.wire === 0) take(field.value);
    else if (field.number === 1 && field.wire === 2) for (const size of await file.varints(field)) take(size);
    else if (field.number === 2 && field.wire === 0) type = field.value;
    else if (field.number === 8 && field.wire === 2) name = await file.text(field);
  }
  const word = TYPES[type];
  if (word === undefined || dimensions === 0 || elements <= 1) return;
  if (type === UINT8) found.bytes.push({ name, elements });
  else add(found.elements, word, elements);
}

/** ValueInfoProto: type (2) > tensor_type (1) > elem_type (1). */
async function readEnd(file: ProtobufFile, info: Field, found: Found): Promise<void> {
  await readParts(file, info, 2, (type) =>
    readParts(file, type, 1, async (tensor) => {
      for await (const field of file.fields(tensor.start, tensor.end)) {
        const word = field.number === 1 && field.wire === 0 ? TYPES[field.value] : undefined;
        if (word !== undefined) found.ends.add(word);
      }
    }),
  );
}

async function readParts(
  file: ProtobufFile,
  { start, end }: Pick<Field, 'start' | 'end'>,
  number: number,
  read: (part: Field) => Promise<void>,
): Promise<void> {
  for await (const part of file.fields(start, end)) if (part.number === number && part.wire === 2) await read(part);
}

function add(elements: Map<string, number>, type: string, n: number): void {
  elements.set(type, (elements.get(type) ?? 0) + n);
}
