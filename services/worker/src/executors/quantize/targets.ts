import type { Matrix } from './blocks.ts';
import {
  DATA_TYPE,
  floatAttribute,
  floatsOf,
  graphsOf,
  intAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  toNumber,
} from './onnx-graph.ts';

/** A multiplication by a matrix of weights, which can be stored in fewer bits. */
export interface Target {
  graph: OnnxGraph;
  node: OnnxNode;
  weight: OnnxTensor;
  matrix: Matrix;
  /** Ends the names of what is added: a graph inside of another one may not use its names again. */
  scope: string;
}

export interface Targets {
  targets: Target[];
  /** Matrices that stay as they are, by why. */
  left: Map<string, number>;
}

/** What a model multiplies by: every `MatMul` and `Gemm` whose second factor is a matrix of fp32 weights. */
export function findTargets(model: OnnxModel, min_rows: number): Targets {
  const targets: Target[] = [];
  const left = new Map<string, number>();
  for (const [depth, graph] of [...graphsOf(model.graph)].entries()) {
    const scope = depth === 0 ? '' : `_${depth}`;
    liftConstants(graph);
    const weights = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
    const users = countUsers(graph);
    for (const node of graph.node) {
      const weight = weights.get(node.input[1] ?? '');
      if (weight === undefined || !isMultiplication(node) || weight.dims.length < 2) continue;
      const why = reasonAgainst(node, weight, users.get(weight.name) ?? 0, min_rows);
      const values = why === undefined ? floatsOf(weight) : undefined;
      if (values?.every(Number.isFinite))
        targets.push({ graph, node, weight, matrix: matrixOf(node, weight, values), scope });
      else if (why === undefined) left.set(NOT_FINITE, (left.get(NOT_FINITE) ?? 0) + 1);
      else left.set(why, (left.get(why) ?? 0) + 1);
    }
  }
  return { targets, left };
}

const NOT_FINITE = 'values that are not finite';

const isMultiplication = ({ op_type, domain }: OnnxNode): boolean =>
  (domain === '' || domain === 'ai.onnx') && (op_type === 'MatMul' || op_type === 'Gemm');

function reasonAgainst(node: OnnxNode, weight: OnnxTensor, users: number, min_rows: number): string | undefined {
  if (weight.data_type !== DATA_TYPE.float) return 'not fp32';
  if (weight.dims.length > 2) return 'more than two dimensions';
  if (users > 1) return 'used in several places, so that the original has to stay';
  if (shapeOf(node, weight).rows < min_rows) return `fewer than ${min_rows} rows`;
  const isPlain = (floatAttribute(node, 'alpha') ?? 1) === 1 && (floatAttribute(node, 'beta') ?? 1) === 1;
  if (!isPlain || (intAttribute(node, 'transA') ?? 0) !== 0) return 'a Gemm that scales or transposes its input';
  return undefined;
}

function shapeOf(node: OnnxNode, weight: OnnxTensor): { rows: number; columns: number; transposed: boolean } {
  const [first = 0, second = 0] = weight.dims.map(toNumber);
  const transposed = intAttribute(node, 'transB') === 1;
  return transposed ? { rows: second, columns: first, transposed } : { rows: first, columns: second, transposed };
}

function matrixOf(node: OnnxNode, weight: OnnxTensor, values: Float32Array): Matrix {
  const { rows, columns, transposed } = shapeOf(node, weight);
  return {
    rows,
    columns,
    at: transposed
      ? (row, column) => values[column * rows + row] ?? 0
      : (row, column) => values[row * columns + column] ?? 0,
  };
}

/** Weights may stand in nodes of their own, `Constant`: they become initializers, so that there is one place for them. */
export function liftConstants(graph: OnnxGraph): void {
  graph.node = graph.node.filter(({ op_type, attribute, output }) => {
    const tensor = op_type === 'Constant' ? attribute.find(({ name }) => name === 'value')?.t : undefined;
    const [name] = output;
    if (tensor == null || name === undefined || tensor.data_type !== DATA_TYPE.float || tensor.dims.length < 2)
      return true;
    graph.initializer.push({ ...tensor, name });
    return false;
  });
}

/** How often each value is used, in this graph and those inside of it. */
function countUsers(graph: OnnxGraph): Map<string, number> {
  const users = new Map<string, number>();
  for (const { node, output } of graphsOf(graph)) {
    for (const name of [...node.flatMap(({ input }) => input), ...output.map((end) => end.name)])
      users.set(name, (users.get(name) ?? 0) + 1);
  }
  return users;
}
