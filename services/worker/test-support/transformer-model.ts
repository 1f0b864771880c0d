import { createRandom, type Random } from '@benchwire/shared/stats/random.ts';
import {
  makeNode,
  makeTensor,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from '../src/executors/quantize/onnx-graph.ts';

export type Shape = 'bert' | 'gpt' | 'vit' | 'decoder';

const HIDDEN = 96;
const INNER = 4 * HIDDEN;
const TOKENS = 16;
const VOCABULARY = 300;
const LAYERS = 2;
/** Tokens that a step of the decoder is fed with. */
export const STEP = 2;

const gaussian = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/**
 * A small transformer in the shape of BERT, GPT or ViT, or a decoder with a cache, with seeded weights: attention with one head, and a
 * feed-forward part.
 */
export function transformerModel(shape: Shape, seed = 7, opset = 17): OnnxModel {
  const random = createRandom(seed);
  const node: OnnxNode[] = [];
  const initializer: OnnxTensor[] = [];
  let count = 0;
  const weight = (dims: number[], spread = 1 / Math.sqrt(dims.at(-2) ?? 1)): string => {
    const name = `w${count++}`;
    const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => gaussian(random) * spread);
    initializer.push(makeTensor(name, 'float', dims, values));
    return name;
  };
  const add = (op: string, input: string[], ints: Record<string, number | number[]> = {}): string => {
    const output = `v${count++}`;
    node.push(makeNode(op, input, [output], ints));
    return output;
  };
  const linear = (x: string, rows: number, columns: number): string =>
    add('Add', [add('MatMul', [x, weight([rows, columns])]), weight([columns], 0.1)]);
  const norm = (x: string): string =>
    add('LayerNormalization', [x, weight([HIDDEN], 1), weight([HIDDEN], 0.1)], { axis: -1 });

  let x: string;
  if (shape === 'vit') {
    const patches = add('Conv', ['x', weight([HIDDEN, 3, 8, 8], 0.1)], { strides: [8, 8] });
    initializer.push(makeTensor('as_tokens', 'int64', [3], BigInt64Array.of(1n, BigInt(HIDDEN), -1n)));
    x = add('Transpose', [add('Reshape', [patches, 'as_tokens'])], { perm: [0, 2, 1] });
  } else {
    const tokens = shape === 'decoder' ? STEP : TOKENS;
    x = add('Add', [add('Gather', [weight([VOCABULARY, HIDDEN], 1), 'x']), weight([1, tokens, HIDDEN], 0.1)]);
  }
  /** With what earlier steps have made before it. */
  const appended = (part: string, of_step: string): string => {
    node.push(makeNode('Concat', [`past.${part}`, of_step], [`present.${part}`], { axis: 1 }));
    return `present.${part}`;
  };
  for (let layer = 0; layer < LAYERS; layer++) {
    const input = norm(x);
    const [q = '', own_k = '', own_v = ''] = [0, 1, 2].map(() => linear(input, HIDDEN, HIDDEN));
    const has_cache = shape === 'decoder';
    const [k, v] = has_cache ? [appended(`${layer}.key`, own_k), appended(`${layer}.value`, own_v)] : [own_k, own_v];
    let scores = add('MatMul', [q, add('Transpose', [k], { perm: [0, 2, 1] })]);
    if (shape === 'gpt') {
      const name = `mask${layer}`;
      const mask = Float32Array.from({ length: TOKENS * TOKENS }, (_, i) =>
        i % TOKENS > Math.floor(i / TOKENS) ? -1e4 : 0,
      );
      initializer.push(makeTensor(name, 'float', [TOKENS, TOKENS], mask));
      scores = add('Add', [scores, name]);
    }
    const mixed = add('MatMul', [add('Softmax', [scores], { axis: -1 }), v]);
    x = add('Add', [x, linear(mixed, HIDDEN, HIDDEN)]);
    x = add('Add', [x, linear(add('Relu', [linear(norm(x), HIDDEN, INNER)]), INNER, HIDDEN)]);
  }
  const last = norm(x);
  const gives_tokens = shape === 'gpt' || shape === 'decoder';
  if (gives_tokens) node.push(makeNode('MatMul', [last, weight([HIDDEN, VOCABULARY])], ['y']));
  else {
    const first = add('ReduceMean', [last], { axes: [1], keepdims: 0 });
    node.push(makeNode('Gemm', [first, weight([10, HIDDEN]), weight([10], 0.1)], ['y'], { transB: 1 }));
  }
  const tensor = (name: string, elem_type: number, dims: Array<number | string>) => {
    const dim = dims.map((size) => (typeof size === 'string' ? { dim_param: size } : { dim_value: size }));
    return { name, type: { tensor_type: { elem_type, shape: { dim } } } };
  };
  const input =
    shape === 'vit' ? tensor('x', 1, [1, 3, 32, 32]) : tensor('x', 7, [1, shape === 'decoder' ? STEP : TOKENS]);
  const output = tensor('y', 1, gives_tokens ? [1, shape === 'gpt' ? TOKENS : STEP, VOCABULARY] : [1, 10]);
  const cache = (when: string) =>
    shape !== 'decoder'
      ? []
      : Array.from({ length: LAYERS }, (_, layer) => ['key', 'value'].map((part) => `${when}.${layer}.${part}`))
          .flat()
          .map((name) => tensor(name, 1, [1, `${when}_length`, HIDDEN]));
  return {
    ir_version: 8,
    opset_import: [{ domain: '', version: opset }],
    graph: {
      ...{ name: shape, node, initializer },
      ...{ input: [input, ...cache('past')], output: [output, ...cache('present')] },
    },
  } as unknown as OnnxModel;
}
