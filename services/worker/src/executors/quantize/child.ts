/** The process that a model is quantized in, and its outputs are compared in; started by `run-child.ts`. */
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { kvCacheBits } from '@benchwire/shared/contracts/task.ts';
import { messageOf, TaskFailure } from '@benchwire/shared/model/errors.ts';
import type { InferenceSession } from 'onnxruntime-node';
import { createSession, fetchable, makeFeeds, ort, planned } from '../onnx/child-session.ts';
import type { FromChild } from '../onnx/messages.ts';
import { runError } from '../onnx/ort-errors.ts';
import { bytesOf, quantizeCacheOf } from './kv-child.ts';
import type { QuantizeStart } from './messages.ts';
import { decibels, type FloatOutputs, OutputComparison } from './output-error.ts';
import { countMatrices, quantizeWeights, type Rewritten, storeWeightsAsFloat16 } from './quantize-model.ts';
import type { WeightFormat } from './rewrite.ts';

process.on('message', (message: QuantizeStart) => void main(message));
// The worker is gone, and nobody is left to quantize for.
process.on('disconnect', () => process.exit(0));

async function main(start: QuantizeStart): Promise<void> {
  try {
    await quantize(start);
    await send({ type: 'done' });
  } catch (error) {
    const failed =
      error instanceof TaskFailure ? error.task_error : taskError('unknown', 'UNEXPECTED', messageOf(error));
    await send({ type: 'failed', error: failed });
  }
  process.disconnect();
}

function send(message: FromChild): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, undefined, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

async function quantize(start: QuantizeStart): Promise<void> {
  const bits = kvCacheBits(start.to);
  if (bits !== undefined) {
    await send({ type: 'quantized', quantized: await quantizeCacheOf(start, bits, send) });
    return;
  }
  const reference = await Reference.of(start);
  const notes = reference.draws_numbers
    ? ['the model draws random numbers: equal inputs give other outputs, so what quantization costs cannot be measured']
    : [];
  const rewritten = start.to === 'mixed' ? await mixed(start, reference) : await rewrite(start);
  await send({ type: 'progress', phase: 'comparing outputs' });
  const compared = reference.draws_numbers ? null : await reference.compare(start.output_path);
  if (compared !== null && compared.not_finite > 0)
    notes.push(
      `${compared.not_finite} values of the outputs are finite in one of the models only, and are not compared`,
    );
  const outputs = compared?.result() ?? null;
  if (outputs === null && notes.length === 0)
    notes.push('the model has no outputs with numbers other than 0 to compare');
  const { signal, noise, size_bytes, stored, left } = rewritten;
  await send({
    type: 'quantized',
    quantized: {
      ...{ size_bytes, stored, left, outputs, notes, kv_cache: null },
      original_bytes: await bytesOf(start.model_files),
      weights_snr_db: decibels(signal, noise),
      onnxruntime_version: ort.env.versions.node ?? ort.env.versions.common,
    },
  });
}

async function rewrite(start: QuantizeStart): Promise<Rewritten> {
  const { to, model_path, model_name, output_path, block_size } = start;
  await send({ type: 'progress', phase: `storing weights as ${to}` });
  if (to === 'fp16') return await storeWeightsAsFloat16(model_path, model_name, output_path);
  const format = to as WeightFormat;
  return await quantizeWeights(model_path, model_name, output_path, block_size, () => format);
}

/**
 * int4 for as many matrices as the error of the outputs allows, int8 for the others. How much a matrix matters is the error with that
 * one alone in int4; then the least sensitive ones are taken, as many as still fit, found by halving.
 */
async function mixed(start: QuantizeStart, reference: Reference): Promise<Rewritten> {
  const { model_path, model_name, output_path, block_size, max_error } = start;
  if (reference.draws_numbers)
    throw new TaskFailure(
      taskError(
        'bad_model',
        'NOT_REPEATABLE',
        `${model_name} draws random numbers, so the error of its outputs cannot be kept below max_error: choose int4 or int8 for all.`,
      ),
    );
  const errorWith = async (formatOf: (matrix: number) => WeightFormat | undefined): Promise<number> => {
    await quantizeWeights(model_path, model_name, output_path, block_size, formatOf);
    return (await reference.compare(output_path)).result()?.relative_error ?? 0;
  };
  const count = await countMatrices(model_path, block_size);
  const sensitivity: Array<{ matrix: number; error: number }> = [];
  for (let matrix = 0; matrix < count; matrix++) {
    await send({ type: 'progress', phase: `trying int4 on matrix ${matrix + 1} of ${count}` });
    sensitivity.push({ matrix, error: await errorWith((other) => (other === matrix ? 'int4' : undefined)) });
  }
  const order = sensitivity.sort((a, b) => a.error - b.error).map(({ matrix }) => matrix);
  const formats = (in_int4: number): ((matrix: number) => WeightFormat) => {
    const chosen = new Set(order.slice(0, in_int4));
    return (matrix) => (chosen.has(matrix) ? 'int4' : 'int8');
  };
  const least = await errorWith(formats(0));
  if (least > max_error)
    throw new TaskFailure(
      taskError(
        'bad_model',
        'ERROR_TOO_LARGE',
        `With all matrices in int8 the outputs of ${model_name} are off by ${least.toPrecision(3)}, more than max_error ${max_error}: raise it, or make block_size smaller.`,
      ),
    );
  let fits = 0;
  let too_many = count + 1;
  while (too_many - fits > 1) {
    const middle = Math.floor((fits + too_many) / 2);
    await send({ type: 'progress', phase: `trying ${middle} of ${count} matrices in int4` });
    if ((await errorWith(formats(middle))) <= max_error) fits = middle;
    else too_many = middle;
  }
  return await quantizeWeights(model_path, model_name, output_path, block_size, formats(fits));
}

/** The model as it was, with what it gives for some inputs. */
class Reference {
  readonly #start: QuantizeStart;
  readonly #outputs: FloatOutputs[];
  /** Whether the same inputs give other outputs each time. */
  readonly draws_numbers: boolean;

  private constructor(start: QuantizeStart, outputs: FloatOutputs[], again: FloatOutputs) {
    this.#start = start;
    this.#outputs = outputs;
    const comparison = new OutputComparison();
    comparison.add(outputs[0] ?? new Map(), again);
    this.draws_numbers = (comparison.result()?.relative_error ?? 0) > 1e-4;
  }

  static async of(start: QuantizeStart): Promise<Reference> {
    await send({ type: 'progress', phase: 'running the model as it is' });
    const session = await createSession(start, {});
    const outputs: FloatOutputs[] = [];
    for (let sample = 0; sample < start.samples; sample++) outputs.push(await outputsOf(session, start, sample));
    const again = await outputsOf(session, start, 0);
    await session.release();
    return new Reference(start, outputs, again);
  }

  async compare(path: string): Promise<OutputComparison> {
    const session = await createSession({ ...this.#start, model_path: path }, {});
    const comparison = new OutputComparison();
    try {
      for (const [sample, reference] of this.#outputs.entries()) {
        await send({ type: 'progress', phase: 'comparing outputs' });
        comparison.add(reference, await outputsOf(session, this.#start, sample));
      }
    } finally {
      await session.release();
    }
    return comparison;
  }
}

const FLOATS: ReadonlySet<string> = new Set(['float32', 'float64']);

async function outputsOf(session: InferenceSession, start: QuantizeStart, sample: number): Promise<FloatOutputs> {
  const { batches } = await planned(session, start);
  const [plan = []] = batches;
  const feeds = makeFeeds(plan, { ...start, seed: (start.seed + sample) >>> 0 });
  const { names } = fetchable(session);
  try {
    const results = names === null ? await session.run(feeds) : await session.run(feeds, names);
    const floats = Object.entries(results).filter(([, { type }]) => FLOATS.has(type));
    return new Map(
      floats.map(([name, { data, dims }]) => [name, { data: data as Float32Array, rows_of: dims.at(-1) ?? 1 }]),
    );
  } catch (error) {
    throw new TaskFailure(runError(error, start.provider, 1, plan), { cause: error });
  }
}
