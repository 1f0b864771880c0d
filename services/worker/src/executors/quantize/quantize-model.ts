import { badModel } from '@benchwire/shared/model/errors.ts';
import { type OnnxModel, opsetOf, readModel, writeModel } from './onnx-graph.ts';
import { rewriteTarget, storeAsFloat16, type WeightError, type WeightFormat } from './rewrite.ts';
import { findTargets } from './targets.ts';

/** What a rewritten model is like. */
export interface Rewritten extends WeightError {
  size_bytes: number;
  stored: Record<string, number>;
  left: Record<string, number>;
}

/** `DynamicQuantizeLinear` is there since this version of ONNX's operators. */
const OPSET_OF_DYNAMIC = 11;

/**
 * Writes a model whose matrices have their weights in the formats that `formatOf` says by the order of the matrices; undefined
 * for one that stays as it is. Throws `TaskFailure` for a model in which nothing can be quantized.
 */
export async function quantizeWeights(
  path: string,
  name: string,
  output_path: string,
  block_size: number,
  formatOf: (matrix: number) => WeightFormat | undefined,
): Promise<Rewritten> {
  const model = await readModel(path);
  const { targets, left } = findTargets(model, Math.min(block_size, 32));
  if (targets.length === 0) throw nothingToQuantize(name, left);
  const error: WeightError = { signal: 0, noise: 0 };
  const stored: Record<string, number> = {};
  for (const [index, target] of targets.entries()) {
    const format = formatOf(index);
    if (format === undefined) continue;
    if (format === 'int8_dynamic') refuseOldOperators(model, name);
    const { signal, noise } = rewriteTarget(model, target, format, block_size);
    error.signal += signal;
    error.noise += noise;
    stored[format] = (stored[format] ?? 0) + 1;
  }
  return { ...error, size_bytes: await writeModel(model, output_path), stored, left: Object.fromEntries(left) };
}

/** How many matrices of a model can be quantized. */
export async function countMatrices(path: string, block_size: number): Promise<number> {
  return findTargets(await readModel(path), Math.min(block_size, 32)).targets.length;
}

/** Writes a model whose weights are stored as fp16. Throws `TaskFailure` for one without weights in fp32. */
export async function storeWeightsAsFloat16(path: string, name: string, output_path: string): Promise<Rewritten> {
  const model = await readModel(path);
  const { tensors, left, ...error } = storeAsFloat16(model);
  if (tensors === 0) throw nothingToQuantize(name, new Map());
  return {
    ...error,
    size_bytes: await writeModel(model, output_path),
    stored: { fp16: tensors },
    left: left === 0 ? {} : { 'values beyond the range of fp16': left },
  };
}

function nothingToQuantize(name: string, left: ReadonlyMap<string, number>): Error {
  const reasons = [...left].map(([why, count]) => `${count} × ${why}`).join(', ');
  return badModel(
    'NOTHING_TO_QUANTIZE',
    `${name} has no matrix of fp32 weights that can be stored in fewer bits${reasons === '' ? '' : ` (${reasons})`}. ` +
      'MatMul and Gemm with constant weights can; convolutions can only be stored as fp16.',
  );
}

function refuseOldOperators(model: OnnxModel, name: string): void {
  if (opsetOf(model) >= OPSET_OF_DYNAMIC) return;
  throw badModel(
    'OPSET_TOO_OLD',
    `${name} uses ONNX opset ${opsetOf(model)}, and int8_dynamic needs ${OPSET_OF_DYNAMIC} or later: export it anew, or quantize to int8, which does not.`,
  );
}
