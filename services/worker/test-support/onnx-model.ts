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
  /** A number is a fixed dimension, a name a dynamic one, '' a dynamic one without a name. */
  shape: (number | string)[];
}
interface Node {
  op: string;
  inputs: string[];
  outputs: string[];
  attributes?: Buffer[];
}
interface Graph {
  inputs: Value[];
  outputs: Value[];
  nodes: Node[];
  /** int64 vectors by name. */
  initializers?: Record<string, bigint[]>;
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

function value({ name, type = 'float32', shape }: Value): Buffer {
  const dimensions = shape.map((d) =>
    bytes(1, typeof d === 'number' ? join([int(1, d)]) : d === '' ? '' : bytes(2, d)),
  );
  const tensor = join([int(1, ELEMENT[type]), bytes(2, join(dimensions))]);
  return join([bytes(1, name), bytes(2, bytes(1, tensor))]);
}
function node({ op, inputs, outputs, attributes = [] }: Node): Buffer {
  return join([
    ...inputs.map((i) => bytes(1, i)),
    ...outputs.map((o) => bytes(2, o)),
    bytes(4, op),
    ...attributes.map((a) => bytes(5, a)),
  ]);
}
function graph({ inputs, outputs, nodes, initializers = {} }: Graph): Buffer {
  return join([
    ...nodes.map((n) => bytes(1, node(n))),
    bytes(2, 'g'),
    ...Object.entries(initializers).map(([name, data]) =>
      bytes(5, join([int(1, data.length), int(2, ELEMENT.int64), ...data.map((d) => int(7, d)), bytes(8, name)])),
    ),
    ...inputs.map((i) => bytes(11, value(i))),
    ...outputs.map((o) => bytes(12, value(o))),
  ]);
}
/** A model of IR version 8, operator set 17. */
export function onnxModel(content: Graph): Buffer {
  return join([int(1, 8), bytes(7, graph(content)), bytes(8, join([bytes(1, ''), int(2, 17)]))]);
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
