import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readLabelled, TUNE_FILE } from '../bench/detection/labelled.ts';
import { scoresOf } from '../bench/detection/score.ts';
import { candidatesOf, FEATURES } from './candidate-features.ts';

/**
 * Scores the rules alone, and with a trained judge that may refuse more of their boundaries, on series that people have
 * marked: `node test/training/evaluate.ts MODEL.onnx`. Neither was fitted to these marks, but the last word on a threshold is.
 */
const [model = ''] = process.argv.slice(2);
const session = await InferenceSession.create(model);
const series = readLabelled(TUNE_FILE);

const judged: Array<{ changes: number[]; scores: Float32Array }> = [];
for (const { values } of series) {
  const { proposal, features } = candidatesOf(values, DEFAULT_SETTINGS);
  judged.push({ changes: proposal.changes, scores: await judge(features) });
}
process.stdout.write('least score  F1     cover  consensus F1\n');
for (const least of [Number.NEGATIVE_INFINITY, -5, -4, -3, -2, -1, 0]) {
  const found = judged.map(({ changes, scores }) => changes.filter((_, i) => (scores[i] as number) > least));
  const { f1, cover, consensus_f1 } = scoresOf(series, found);
  const name = least === Number.NEGATIVE_INFINITY ? 'rules alone' : String(least);
  process.stdout.write(`${name.padEnd(12)} ${f1}  ${cover}  ${consensus_f1}\n`);
}

async function judge(features: readonly Float32Array[]): Promise<Float32Array> {
  if (features.length === 0) return new Float32Array(0);
  const flat = new Float32Array(features.length * FEATURES.length);
  for (const [i, row] of features.entries()) flat.set(row, i * FEATURES.length);
  const { score } = await session.run({ features: new Tensor('float32', flat, [features.length, FEATURES.length]) });
  return score?.data as Float32Array;
}
