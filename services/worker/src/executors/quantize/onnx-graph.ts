import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import protobuf from 'protobufjs';

/** The part of onnx.proto that quantization looks at; the rest is kept as it is. Numbers of 64 bits come as `Long`. */
export interface OnnxModel {
  ir_version: Long;
  opset_import: Array<{ domain: string; version: Long }>;
  graph: OnnxGraph;
  functions?: unknown[];
}

export interface OnnxGraph {
  node: OnnxNode[];
  initializer: OnnxTensor[];
  input: OnnxValueInfo[];
  output: OnnxValueInfo[];
}

/** What a graph takes or gives. */
export interface OnnxValueInfo {
  name: string;
  type?: {
    tensor_type?: {
      elem_type: number;
      shape?: { dim?: Array<{ dim_value?: Long | number; dim_param?: string }> };
    };
  };
}

export interface OnnxNode {
  name: string;
  op_type: string;
  domain: string;
  input: string[];
  output: string[];
  attribute: OnnxAttribute[];
}

interface OnnxAttribute {
  name: string;
  type: number;
  i?: Long | number;
  f?: number;
  t?: OnnxTensor;
  g?: OnnxGraph;
  ints?: Array<Long | number>;
  graphs?: OnnxGraph[];
}

export interface OnnxTensor {
  name: string;
  dims: Array<Long | number>;
  data_type: number;
  raw_data?: Uint8Array;
  float_data?: number[];
  external_data?: Array<{ key: string; value: string }>;
  data_location?: number;
}

/** As protobufjs has numbers of 64 bits. */
interface Long {
  toNumber(): number;
}

/** TensorProto.DataType of onnx.proto. */
export const DATA_TYPE = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10, int4: 22 } as const;
/** AttributeProto.AttributeType of onnx.proto. */
const ATTRIBUTE_TYPE = { int: 2, ints: 7 } as const;
const EXTERNAL = 1;

const schema = protobuf.parse(readFileSync(new URL('./onnx.proto', import.meta.url), 'utf8'), { keepCase: true }).root;
const modelProto = schema.lookupType('onnx.ModelProto');

/** Reads a model with all of its weights, also those in files beside it. Throws what reading and decoding throw. */
export async function readModel(path: string): Promise<OnnxModel> {
  const model = modelProto.decode(await readFile(path)) as unknown as OnnxModel;
  const files = new Map<string, Buffer>();
  for (const graph of graphsOf(model.graph)) {
    for (const tensor of tensorsOf(graph)) {
      if (tensor.data_location !== EXTERNAL) continue;
      const fact = new Map(tensor.external_data?.map(({ key, value }) => [key, value]));
      const location = fact.get('location') ?? '';
      const file = files.get(location) ?? (await readFile(join(dirname(path), location)));
      files.set(location, file);
      const offset = Number(fact.get('offset') ?? 0);
      const length = fact.get('length');
      tensor.raw_data = file.subarray(offset, length === undefined ? undefined : offset + Number(length));
      tensor.external_data = [];
      delete tensor.data_location;
    }
  }
  return model;
}

/** Writes the model with its weights in one file. @returns its size in bytes */
export async function writeModel(model: OnnxModel, path: string): Promise<number> {
  const bytes = modelProto.encode(model as unknown as protobuf.Message).finish();
  await writeFile(path, bytes);
  return bytes.length;
}

/** The graph and those inside of its nodes (the branches of an `If`, the body of a `Loop`). */
export function* graphsOf(graph: OnnxGraph): Generator<OnnxGraph> {
  yield graph;
  for (const { attribute } of graph.node)
    for (const { g, graphs = [] } of attribute)
      for (const inner of g == null ? graphs : [g, ...graphs]) yield* graphsOf(inner);
}

function* tensorsOf({ node, initializer }: OnnxGraph): Generator<OnnxTensor> {
  yield* initializer;
  for (const { attribute } of node) for (const { t } of attribute) if (t != null) yield t;
}

export function toNumber(value: Long | number): number {
  return typeof value === 'number' ? value : value.toNumber();
}

/** The version of ONNX's own operators that the model uses; 1 where it says none. */
export function opsetOf({ opset_import }: OnnxModel): number {
  const own = opset_import.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  return own === undefined ? 1 : toNumber(own.version);
}

/** Says that the model uses operators of ONNX Runtime's own. */
export function useMicrosoftOperators(model: OnnxModel): void {
  if (!model.opset_import.some(({ domain }) => domain === 'com.microsoft'))
    model.opset_import.push({ domain: 'com.microsoft', version: 1 as unknown as Long });
}

export function intAttribute(node: OnnxNode, name: string): number | undefined {
  const value = node.attribute.find((attribute) => attribute.name === name)?.i;
  return value == null ? undefined : toNumber(value);
}

export function floatAttribute(node: OnnxNode, name: string): number | undefined {
  return node.attribute.find((attribute) => attribute.name === name)?.f;
}

/** A node; its attributes are whole numbers, or lists of them. */
export function makeNode(
  op_type: string,
  input: string[],
  output: string[],
  { domain = '', name = '', ...ints }: { domain?: string; name?: string } & Record<string, IntAttribute> = {},
): OnnxNode {
  return {
    ...{ name, op_type, domain, input, output },
    attribute: Object.entries(ints).map(([key, value]) =>
      typeof value === 'object'
        ? { name: key, type: ATTRIBUTE_TYPE.ints, ints: value }
        : { name: key, type: ATTRIBUTE_TYPE.int, i: Number(value) },
    ),
  };
}

type IntAttribute = number | number[] | string;

export function makeTensor(
  name: string,
  type: keyof typeof DATA_TYPE,
  dims: readonly number[],
  data: ArrayBufferView,
): OnnxTensor {
  const raw_data = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dims: [...dims], data_type: DATA_TYPE[type], raw_data };
}

/** The values of a tensor of fp32, in its own order. */
export function floatsOf(tensor: OnnxTensor): Float32Array {
  const { raw_data, float_data = [] } = tensor;
  if (raw_data === undefined || raw_data.length === 0) return Float32Array.from(float_data);
  // Copied: what was read from a file need not begin at a multiple of 4.
  return new Float32Array(Uint8Array.from(raw_data).buffer);
}
