import { dequantized, packed, type QuantizedBlocks, quantizeBlocks } from './blocks.ts';
import {
  DATA_TYPE,
  floatsOf,
  graphsOf,
  makeNode,
  makeTensor,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  opsetOf,
  toNumber,
  useMicrosoftOperators,
} from './onnx-graph.ts';
import { liftConstants, type Target } from './targets.ts';

/** Sums over the weights that were quantized: the energy of what they were, and of what they are off by now. */
export interface WeightError {
  signal: number;
  noise: number;
}

/** What takes the place of a multiplication. */
interface Replacement {
  nodes: OnnxNode[];
  initializers: OnnxTensor[];
  /** What the weight at this place is now. */
  at(row: number, column: number): number;
}

export type WeightFormat = 'int8' | 'int4' | 'int3' | 'int2' | 'int8_dynamic';

const BITS = { int8: 8, int4: 4, int3: 3, int2: 2, int8_dynamic: 8 } as const;
/** Activations are brought to 8 bits inside of the kernel, which is what makes it fast on processors. */
const ACCURACY_LEVEL = 4;

/** Rewrites one multiplication, in place, so that its weights are stored in that format. @returns the error of its weights */
export function rewriteTarget(model: OnnxModel, target: Target, format: WeightFormat, block_size: number): WeightError {
  const { graph, node, weight, matrix } = target;
  const { nodes, initializers, at } = replacementOf(target, format, block_size, opsetOf(model));
  const used = new Set(graph.node.flatMap(({ output }) => output));
  const place = graph.node.indexOf(node);
  // The quantized input of several multiplications is computed once.
  graph.node.splice(
    place,
    1,
    ...nodes.filter(({ output }) => !used.has(output[0] ?? '') || node.output.includes(output[0] ?? '')),
  );
  graph.initializer = [...graph.initializer.filter((tensor) => tensor !== weight), ...initializers];
  graph.input = graph.input.filter(({ name }) => name !== weight.name);
  if (format !== 'int8_dynamic') useMicrosoftOperators(model);
  const error: WeightError = { signal: 0, noise: 0 };
  for (let row = 0; row < matrix.rows; row++) {
    for (let column = 0; column < matrix.columns; column++) {
      const was = matrix.at(row, column);
      error.signal += was * was;
      error.noise += (was - at(row, column)) ** 2;
    }
  }
  return error;
}

function replacementOf(target: Target, format: WeightFormat, block_size: number, opset: number): Replacement {
  if (format === 'int8_dynamic') return dynamicInt8(target);
  const { matrix } = target;
  const blocks = quantizeBlocks(matrix, BITS[format], block_size);
  const replacement = format === 'int3' ? dequantizeLinear(target, blocks, opset) : matMulNBits(target, blocks);
  return { ...replacement, at: (row, column) => dequantized(blocks, matrix.rows, row, column) };
}

/** ONNX Runtime's operator for weights in blocks: docs/ContribOperators.md of ONNX Runtime. */
function matMulNBits({ node, weight, matrix }: Target, blocks: QuantizedBlocks): Omit<Replacement, 'at'> {
  const { rows, columns } = matrix;
  const { bits, block_size, levels, scales, zero_points } = blocks;
  const count = Math.ceil(rows / block_size);
  const name = weight.name;
  const initializers = [
    makeTensor(`${name}_levels`, 'uint8', [columns, count, (block_size * bits) / 8], packed(levels, bits, block_size)),
    makeTensor(`${name}_scales`, 'float', [columns * count], scales),
  ];
  if (zero_points !== null) {
    const bytes = packed(zero_points, bits, count);
    initializers.push(makeTensor(`${name}_zero_points`, 'uint8', [bytes.length], bytes));
  }
  const [a = ''] = node.input;
  return {
    initializers,
    nodes: withBias(node, (output) => [
      makeNode('MatMulNBits', [a, ...initializers.map((tensor) => tensor.name)], [output], {
        ...{ domain: 'com.microsoft', name: node.name, K: rows, N: columns, bits, block_size },
        accuracy_level: ACCURACY_LEVEL,
      }),
    ]),
  };
}

/** No operator computes on 3 bits: they are stored as int4, and brought back to fp32 where they are used. */
function dequantizeLinear(
  { node, weight, matrix }: Target,
  blocks: QuantizedBlocks,
  opset: number,
): Omit<Replacement, 'at'> {
  const { rows, columns } = matrix;
  const { block_size, levels, scales } = blocks;
  const count = Math.ceil(rows / block_size);
  const name = weight.name;
  // Two's complement in 4 bits.
  const signed = levels.map((level) => (level - 4) & 0xf);
  const shape = (key: string, ...dims: number[]): OnnxTensor =>
    makeTensor(`${name}_${key}`, 'int64', [dims.length], BigInt64Array.from(dims, BigInt));
  const initializers = [
    makeTensor(`${name}_levels`, 'int4', [columns * count, block_size], packed(signed, 4, block_size)),
    makeTensor(`${name}_scales`, 'float', [columns * count], scales),
    shape('shape', columns, count * block_size),
  ];
  const padded = rows < count * block_size;
  // Since opset 10 the limits are inputs.
  if (padded && opset >= 10) initializers.push(shape('first', 0), shape('end', rows), shape('axis', 1));
  const slice =
    opset >= 10
      ? makeNode(
          'Slice',
          ['padded', 'first', 'end', 'axis'].map((key) => `${name}_${key}`),
          [`${name}_rows`],
        )
      : makeNode('Slice', [`${name}_padded`], [`${name}_rows`], { starts: [0], ends: [rows], axes: [1] });
  const [a = ''] = node.input;
  return {
    initializers,
    nodes: withBias(node, (output) => [
      makeNode('DequantizeLinear', [`${name}_levels`, `${name}_scales`], [`${name}_blocks`], {
        domain: 'com.microsoft',
        axis: 0,
      }),
      makeNode('Reshape', [`${name}_blocks`, `${name}_shape`], [`${name}_${padded ? 'padded' : 'rows'}`]),
      ...(padded ? [slice] : []),
      makeNode('Transpose', [`${name}_rows`], [`${name}_fp32`], { perm: [1, 0] }),
      makeNode('MatMul', [a, `${name}_fp32`], [output], { name: node.name }),
    ]),
  };
}

/** Input and weights in 8 bits, multiplied as whole numbers: ONNX's own operators since opset 11. */
function dynamicInt8(target: Target): Replacement {
  const { node, weight, matrix, scope } = target;
  const { rows, columns } = matrix;
  // One block: a scale a column.
  const blocks = quantizeBlocks(matrix, 8, rows);
  const name = weight.name;
  const levels = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      levels[row * columns + column] = blocks.levels[column * rows + row] ?? 0;
  const [a = ''] = node.input;
  const input = `${a}_as_uint8${scope}`;
  return {
    at: (row, column) => dequantized(blocks, rows, row, column),
    initializers: [
      // Unsigned: products of unsigned and signed bytes overflow on processors without VNNI.
      makeTensor(`${name}_levels`, 'uint8', [rows, columns], levels),
      makeTensor(`${name}_zero_point`, 'uint8', [], Uint8Array.of(128)),
      makeTensor(`${name}_scales`, 'float', [columns], blocks.scales),
    ],
    nodes: withBias(node, (output) => [
      makeNode('DynamicQuantizeLinear', [a], [input, `${input}_scale`, `${input}_zero_point`]),
      makeNode(
        'MatMulInteger',
        [input, `${name}_levels`, `${input}_zero_point`, `${name}_zero_point`],
        [`${output}_int32`],
        { name: node.name },
      ),
      makeNode('Cast', [`${output}_int32`], [`${output}_float`], { to: DATA_TYPE.float }),
      makeNode('Mul', [`${input}_scale`, `${name}_scales`], [`${output}_scale`]),
      makeNode('Mul', [`${output}_float`, `${output}_scale`], [output]),
    ]),
  };
}

/** What a `Gemm` adds is added afterwards. */
function withBias(node: OnnxNode, nodes: (output: string) => OnnxNode[]): OnnxNode[] {
  const [output = ''] = node.output;
  const bias = node.op_type === 'Gemm' ? node.input[2] : undefined;
  if (bias === undefined || bias === '') return nodes(output);
  return [...nodes(`${output}_product`), makeNode('Add', [`${output}_product`, bias], [output])];
}

/** The largest finite number of fp16. */
const MAX_FP16 = 65_504;

/**
 * Stores all weights of fp32 as fp16; where they are used they are brought back, so what is fed and fetched stays fp32.
 * @returns the error, and how many tensors stay because a value does not fit
 */
export function storeAsFloat16(model: OnnxModel): WeightError & { tensors: number; left: number } {
  const error = { signal: 0, noise: 0, tensors: 0, left: 0 };
  for (const graph of graphsOf(model.graph)) {
    liftConstants(graph);
    const casts: OnnxNode[] = [];
    graph.initializer = graph.initializer.map((tensor) => {
      // Vectors are few bytes, and their exact values matter to normalizations.
      if (tensor.data_type !== DATA_TYPE.float || tensor.dims.length < 2) return tensor;
      const values = floatsOf(tensor);
      if (values.some((value) => Math.abs(value) > MAX_FP16)) {
        error.left++;
        return tensor;
      }
      // Not a Float16Array, which this process may have to do without (onnx/child-session.ts).
      const half = new DataView(new ArrayBuffer(2 * values.length));
      for (const [i, value] of values.entries()) {
        half.setFloat16(2 * i, value, true);
        error.signal += value * value;
        error.noise += (value - Math.f16round(value)) ** 2;
      }
      error.tensors++;
      casts.push(makeNode('Cast', [`${tensor.name}_fp16`], [tensor.name], { to: DATA_TYPE.float }));
      return makeTensor(`${tensor.name}_fp16`, 'float16', tensor.dims.map(toNumber), half);
    });
    const lifted = new Set(casts.map(({ output }) => output[0]));
    graph.input = graph.input.filter(({ name }) => !lifted.has(name));
    graph.node.unshift(...casts);
  }
  return error;
}
