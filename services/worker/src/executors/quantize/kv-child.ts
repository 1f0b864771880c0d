/** Quantizes the cache of a decoder, and compares what it gives with what the model gave; in the process of child.ts. */
import { stat } from 'node:fs/promises';
import { TaskFailure } from '@benchwire/shared/model/errors.ts';
import type { InferenceSession } from 'onnxruntime-node';
import { createSession, type Feeds, fetchable, makeFeeds, ort, planned } from '../onnx/child-session.ts';
import type { FromChild } from '../onnx/messages.ts';
import { runError } from '../onnx/ort-errors.ts';
import { type CachePart, namesOf, quantizeKvCache } from './kv-cache.ts';
import { dequantizeCache, quantizeCache } from './kv-values.ts';
import type { Quantized, QuantizeStart } from './messages.ts';
import { readModel, writeModel } from './onnx-graph.ts';
import { type FloatOutputs, OutputComparison } from './output-error.ts';

/** Together, of files. */
export async function bytesOf(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Writes the model with a cache in `bits` bits. @throws TaskFailure */
export async function quantizeCacheOf(
  start: QuantizeStart,
  bits: number,
  send: (message: FromChild) => Promise<void>,
): Promise<Quantized> {
  await send({ type: 'progress', phase: `storing the cache in ${bits} bits` });
  const model = await readModel(start.model_path);
  const { parts, left } = quantizeKvCache(model, start.model_name, bits, start.block_size);
  const size_bytes = await writeModel(model, start.output_path);
  const compared = await compare(start, parts, bits, send);
  return {
    ...compared,
    ...{ size_bytes, stored: { [start.to]: parts.length }, left: Object.fromEntries(left), weights_snr_db: null },
    original_bytes: await bytesOf(start.model_files),
    onnxruntime_version: ort.env.versions.node ?? ort.env.versions.common,
  };
}

/** Both models get the same past, one of them quantized; what they give is compared, and the caches that they give as well. */
async function compare(
  start: QuantizeStart,
  parts: readonly CachePart[],
  bits: number,
  send: (message: FromChild) => Promise<void>,
): Promise<Pick<Quantized, 'outputs' | 'kv_cache' | 'notes'>> {
  const original = await createSession(start, {});
  const quantized = await createSession({ ...start, model_path: start.output_path }, {});
  const outputs = new OutputComparison();
  const caches = new OutputComparison();
  const size = { bytes: 0, original_bytes: 0 };
  try {
    const [plan = []] = (await planned(original, start)).batches;
    for (let sample = 0; sample < start.samples; sample++) {
      await send({ type: 'progress', phase: 'comparing outputs' });
      const feeds = makeFeeds(plan, { ...start, seed: (start.seed + sample) >>> 0 });
      const was = await run(original, feeds, start);
      const is = await run(quantized, quantizedFeeds(feeds, parts, bits), start);
      outputs.add(...pairOf(was, is, parts));
      for (const part of parts) {
        const names = namesOf(part.present);
        const levels = is[names.levels]?.data as Uint8Array;
        const [scales, lows] = [names.scales, names.lows].map((name) => is[name]?.data as Uint16Array);
        if (scales === undefined || lows === undefined) continue;
        const values = dequantizeCache({ levels, scales, lows }, part.width, bits, part.block);
        const wanted = was[part.present]?.data as Float32Array;
        caches.add(rows(part.present, wanted, 1), rows(part.present, values, 1));
        if (sample > 0) continue;
        size.original_bytes += wanted.byteLength;
        size.bytes += levels.byteLength + scales.byteLength + lows.byteLength;
      }
    }
  } finally {
    await Promise.all([original.release(), quantized.release()]);
  }
  const notes = [
    ...(outputs.result() === null ? ['the model has no outputs beside its cache to compare'] : []),
    ...(size.bytes === 0 ? ['the cache is empty at these sizes: set the dimension of the past in `dimensions`'] : []),
  ];
  const kv_cache = size.bytes === 0 ? null : { ...size, snr_db: caches.result()?.snr_db ?? null };
  return { outputs: outputs.result(), kv_cache, notes };
}

type Outputs = Awaited<ReturnType<InferenceSession['run']>>;

const rows = (name: string, data: ArrayLike<number>, rows_of: number): FloatOutputs =>
  new Map([[name, { data, rows_of }]]);

/** Outputs of both that are numbers with a fraction, without the caches. */
function pairOf(was: Outputs, is: Outputs, parts: readonly CachePart[]): [FloatOutputs, FloatOutputs] {
  const caches = new Set(parts.map(({ present }) => present));
  const names = Object.keys(was).filter((name) => !caches.has(name) && was[name]?.type === 'float32');
  const of = (outputs: Outputs): FloatOutputs =>
    new Map(
      names.map((name) => [
        name,
        { data: (outputs[name]?.data ?? []) as Float32Array, rows_of: outputs[name]?.dims.at(-1) ?? 1 },
      ]),
    );
  return [of(was), of(is)];
}

/** The same inputs, with each part of the past in few bits. */
function quantizedFeeds(feeds: Feeds, parts: readonly CachePart[], bits: number): Feeds {
  const own = { ...feeds };
  for (const { past, width, block } of parts) {
    const tensor = own[past];
    if (tensor === undefined) continue;
    delete own[past];
    const { levels, scales, lows } = quantizeCache(tensor.data as Float32Array, width, bits, block);
    const dims = tensor.dims.slice(0, -1);
    const names = namesOf(past);
    own[names.levels] = new ort.Tensor('uint8', levels, [...dims, (width * bits) / 8]);
    own[names.scales] = new ort.Tensor('float16', scales, [...dims, width / block]);
    own[names.lows] = new ort.Tensor('float16', lows, [...dims, width / block]);
  }
  return own;
}

async function run(session: InferenceSession, feeds: Feeds, start: QuantizeStart): Promise<Outputs> {
  const { names } = fetchable(session);
  try {
    return names === null ? await session.run(feeds) : await session.run(feeds, names);
  } catch (error) {
    throw new TaskFailure(runError(error, start.provider, 1, []), { cause: error });
  }
}
