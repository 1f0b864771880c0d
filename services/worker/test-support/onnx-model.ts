/**
 * Writes tiny ONNX models byte by byte (onnx.proto3), so that tests need no model files. Only what the tests use.
 */
const ELEMENT = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
} as const;
type Element = keyof typeof ELEMENT;
type Message = (number[] | Buffer)[];

interface Value {
  name: string;
  type?: Element;
  /** What holds the tensor, where it is not alone; a map is from int64 to it. */
  in?: 'sequence' | 'optional' | 'sequence of maps';
  /** A number is a fixed dimension, a name a dynamic one, '' a dynamic one without a name. */
  shape: (number | string)[];
}
interface Node {
  op: string;
  inputs: string[];
  outputs: string[];
  attributes?: Buffer[];
  domain?: string;
}
interface Graph {
  inputs: Value[];
  outputs: Value[];
  nodes: Node[];
  /** int64 vectors by name. */
  initializers?: Record<string, bigint[]>;
  /** TensorProto messages. */
  tensors?: Buffer[];
}

function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}
const int = (field: number, value: number | bigint): number[] => [...varint(field << 3), ...varint(value)];
function bytes(field: number, content: Buffer | string): Buffer {
  const body = Buffer.from(content);
  return Buffer.concat([Buffer.from([...varint((field << 3) | 2), ...varint(body.length)]), body]);
}
const join = (message: Message): Buffer => Buffer.concat(message.map((part) => Buffer.from(part)));

function value({ name, type = 'float32', shape, in: holder }: Value): Buffer {
  const dimensions = shape.map((d) =>
    bytes(1, typeof d === 'number' ? join([int(1, d)]) : d === '' ? '' : bytes(2, d)),
  );
  const tensor = join([int(1, ELEMENT[type]), bytes(2, join(dimensions))]);
  const held = bytes(1, tensor);
  const map = bytes(5, join([int(1, ELEMENT.int64), bytes(2, held)]));
  const whole =
    holder === undefined
      ? held
      : holder === 'optional'
        ? bytes(9, bytes(1, held))
        : bytes(4, bytes(1, holder === 'sequence' ? held : map));
  return join([bytes(1, name), bytes(2, whole)]);
}
function node({ op, inputs, outputs, attributes = [], domain }: Node): Buffer {
  return join([
    ...inputs.map((i) => bytes(1, i)),
    ...outputs.map((o) => bytes(2, o)),
    bytes(4, op),
    ...attributes.map((a) => bytes(5, a)),
    ...(domain === undefined ? [] : [bytes(7, domain)]),
  ]);
}
function graph({ inputs, outputs, nodes, initializers = {}, tensors = [] }: Graph): Buffer {
  return join([
    ...nodes.map((n) => bytes(1, node(n))),
    bytes(2, 'g'),
    ...Object.entries(initializers).map(([name, data]) =>
      bytes(5, join([int(1, data.length), int(2, ELEMENT.int64), ...data.map((d) => int(7, d)), bytes(8, name)])),
    ),
    ...tensors.map((t) => bytes(5, t)),
    ...inputs.map((i) => bytes(11, value(i))),
    ...outputs.map((o) => bytes(12, value(o))),
  ]);
}
/** A model of IR version 8, operator sets 17 and ai.onnx.ml 3. @param more - fields of the ModelProto beside them */
export function onnxModel(content: Graph, more: Buffer[] = []): Buffer {
  const sets = [join([bytes(1, ''), int(2, 17)]), join([bytes(1, 'ai.onnx.ml'), int(2, 3)])];
  return join([int(1, 8), bytes(7, graph(content)), ...sets.map((set) => bytes(8, set)), ...more]);
}

/** A tensor of floats whose content is in a file. */
export function externalTensor(
  name: string,
  dims: number[],
  location: string,
  more: Record<string, string> = {},
): Buffer {
  const entries = Object.entries({ location, ...more });
  return join([
    ...dims.map((d) => int(1, d)),
    int(2, ELEMENT.float32),
    bytes(8, name),
    ...entries.map(([key, text]) => bytes(13, join([bytes(1, key), bytes(2, text)]))),
    int(14, 1),
  ]);
}

/** A tensor of any type by its number in onnx.proto, without its content. @param packed - how its dimensions are written */
export function weights(name: string, type: number, dims: number[], packed = false): Buffer {
  const shape = packed ? [bytes(1, Buffer.from(dims.flatMap((d) => varint(d))))] : dims.map((d) => int(1, d));
  return join([...shape, int(2, type), bytes(8, name)]);
}

/** Attributes of nodes, by what they hold. */
export const attribute = {
  int: (name: string, number: number): Buffer => join([bytes(1, name), int(3, number), int(20, 2)]),
  text: (name: string, content: string): Buffer => join([bytes(1, name), bytes(4, content), int(20, 3)]),
  tensor: (name: string, tensor: Buffer): Buffer => join([bytes(1, name), bytes(5, tensor), int(20, 4)]),
  graph: (name: string, content: Graph): Buffer => join([bytes(1, name), bytes(6, graph(content)), int(20, 5)]),
  sparse: (name: string, values: Buffer): Buffer => join([bytes(1, name), bytes(22, bytes(1, values)), int(20, 11)]),
  ints: (name: string, numbers: number[]): Buffer =>
    join([bytes(1, name), ...numbers.map((n) => int(8, n)), int(20, 7)]),
  texts: (name: string, contents: string[]): Buffer =>
    join([bytes(1, name), ...contents.map((text) => bytes(9, text)), int(20, 8)]),
};

/** A function of the model, as its field 25. */
export function modelFunction(nodes: Node[]): Buffer {
  return bytes(25, join([bytes(1, 'f'), ...nodes.map((n) => bytes(7, node(n)))]));
}

/** y = x · W, where W is beside the graph. */
export function externalModel(size: number, location: string, more: Record<string, string> = {}): Buffer {
  return onnxModel({
    inputs: [{ name: 'x', shape: ['batch', size] }],
    outputs: [{ name: 'y', shape: ['batch', size] }],
    nodes: [{ op: 'MatMul', inputs: ['x', 'W'], outputs: ['y'] }],
    tensors: [externalTensor('W', [size, size], location, more)],
  });
}

/** y = x + x, elementwise. */
export function addModel(shape: (number | string)[], type: Element = 'float32'): Buffer {
  return onnxModel({
    inputs: [{ name: 'x', type, shape }],
    outputs: [{ name: 'y', type, shape }],
    nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'] }],
  });
}

/** Never comes back from its first run: a loop without a bound whose condition stays true. */
export function endlessModel(): Buffer {
  const body = graph({
    inputs: [
      { name: 'i', type: 'int64', shape: [] },
      { name: 'go', type: 'bool', shape: [] },
      { name: 'v', shape: [1] },
    ],
    outputs: [
      { name: 'go_on', type: 'bool', shape: [] },
      { name: 'w', shape: [1] },
    ],
    nodes: [
      { op: 'Identity', inputs: ['go'], outputs: ['go_on'] },
      { op: 'Identity', inputs: ['v'], outputs: ['w'] },
    ],
  });
  return onnxModel({
    inputs: [{ name: 'x', shape: [1] }],
    outputs: [{ name: 'y', shape: [1] }],
    nodes: [
      {
        op: 'Loop',
        inputs: ['', '', 'x'],
        outputs: ['y'],
        attributes: [join([bytes(1, 'body'), bytes(6, body), int(20, 5)])],
      },
    ],
  });
}

/** Asks for `elements` floats at once when it runs. */
export function hugeModel(elements: bigint): Buffer {
  return onnxModel({
    inputs: [{ name: 'x', shape: [1] }],
    outputs: [{ name: 'y', shape: ['n'] }],
    nodes: [{ op: 'Expand', inputs: ['x', 'size'], outputs: ['y'] }],
    initializers: { size: [elements] },
  });
}
