import { access } from 'node:fs/promises';
import { FEATURES } from '../detect/candidates.ts';

/** Says of candidate boundaries how likely each is a true change. */
export interface BoundaryJudge {
  /** Log odds, one for each row of features; above 0 a change is the likelier. */
  score(features: readonly Float32Array[]): Promise<Float32Array>;
}

/**
 * Reads a judge trained by test/training/train.py. The runtime is loaded with it, not before: without a model file no
 * native code is needed.
 *
 * @param file - an ONNX model, `features` float32 [n, columns] to `score` float32 [n, 1]
 * @returns undefined, after one word to `warn`, where the file or the runtime is missing or the two don't fit: the rules alone are
 *   the fallback
 */
export async function loadBoundaryJudge(
  file: string,
  warn: (message: string) => void,
): Promise<BoundaryJudge | undefined> {
  try {
    await access(file);
    const { InferenceSession, Tensor } = await import('onnxruntime-node');
    const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
    const score = async (features: readonly Float32Array[]): Promise<Float32Array> => {
      if (features.length === 0) return new Float32Array(0);
      const flat = new Float32Array(features.length * FEATURES.length);
      for (const [i, row] of features.entries()) flat.set(row, i * FEATURES.length);
      const input = new Tensor('float32', flat, [features.length, FEATURES.length]);
      const { score: output } = await session.run({ features: input });
      if (output === undefined || !(output.data instanceof Float32Array))
        throw new TypeError(`${file} gives no float32 output named score`);
      return output.data;
    };
    // A model of other features is refused here, not at the first series.
    await score([new Float32Array(FEATURES.length)]);
    return { score };
  } catch (error) {
    warn(`no learned judge of boundaries, the rules decide alone: ${file}: ${(error as Error).message}`);
    return undefined;
  }
}
