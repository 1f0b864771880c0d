import { CATALOGUE } from '@benchwire/shared/catalogue/catalogue.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import { planInputs } from '@benchwire/worker/src/executors/onnx/input-plan.ts';
import { resolveModel } from '@benchwire/worker/src/executors/onnx/model-source.ts';
import { generateElements } from '@benchwire/worker/src/executors/onnx/tensors.ts';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { median } from './report.ts';

/** The baseline of `harness`: what anybody would write to time a model. Same inputs, default options. Prints ms. */
const [model = '', iterations = '100', warmup = '10'] = process.argv.slice(2);
const known = CATALOGUE[model];
if (known === undefined) throw new Error(`no model ${model}`);
const { path } = await resolveModel(
  model,
  undefined,
  { model_folders: [], cache_folder: { path: '/nonexistent', is_default: false }, fetch, max_download_bytes: 0 },
  new AbortController().signal,
);
const session = await InferenceSession.create(path);
const { batches } = planInputs(session.inputMetadata, {
  batch_sizes: [1],
  dimensions: Object.fromEntries(Object.entries(known.dimensions).map(([name, { size }]) => [name, size])),
  shapes: {},
  batch_dimensions: undefined,
  inputs: {},
  files: {},
  known: { inputs: known.inputs, batch_dimension: known.batch_dimension },
});
const random = createRandom(42);
const feeds = Object.fromEntries(
  (batches[0] ?? []).map(({ name, type, shape, rule }) => [
    name,
    new Tensor(type as 'float32', generateElements(type, shape, rule, random) as Float32Array, shape),
  ]),
);

for (let i = 0; i < Number(warmup); i++) await session.run(feeds);
const latencies_ms: number[] = [];
for (let i = 0; i < Number(iterations); i++) {
  const started = performance.now();
  await session.run(feeds);
  latencies_ms.push(performance.now() - started);
}
process.stdout.write(String(median(latencies_ms)));
