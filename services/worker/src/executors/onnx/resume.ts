import type { OutcomeResults } from '@benchwire/shared/contracts/outcome.ts';
import { variantOf, variantWith } from '@benchwire/shared/contracts/series.ts';
import type { OnnxConfig } from '@benchwire/shared/contracts/task.ts';
import type { ExecutorContext, SavedCheckpoint } from '../executor.ts';
import type { ResolvedModel } from './model-source.ts';

export interface Resume {
  /** What earlier attempts have measured and this one need not; nothing when it starts over. */
  results: OutcomeResults;
  /** Batch sizes that are still to be measured. */
  left: number[];
  /** For the checkpoints of this attempt. */
  conditions: string;
}

/** Where an attempt begins: at the batch sizes that no earlier attempt has measured under the same conditions. */
export async function resumeFrom(
  context: Pick<ExecutorContext, 'checkpoints'>,
  config: OnnxConfig,
  model: ResolvedModel,
  provider: string,
  inputs_sha256: string | null = null,
): Promise<Resume> {
  const conditions = conditionsOf(config, model, provider, inputs_sha256);
  const saved = await context.checkpoints.load();
  return { ...goOn(saved, conditions, config.batch_sizes), conditions };
}

/** Whatever makes two measurements of one batch size different ones, beside the device. */
function conditionsOf(
  config: OnnxConfig,
  model: ResolvedModel,
  provider: string,
  inputs_sha256: string | null,
): string {
  const { precision, scenario, iterations, warmup_iterations, max_seconds } = config;
  const variant = variantWith(variantOf({ executor: 'onnx', config }), inputs_sha256);
  return JSON.stringify([
    model.sha256,
    provider,
    variant,
    precision,
    scenario,
    iterations,
    warmup_iterations,
    max_seconds,
    ...(config.concurrency === undefined ? [] : [config.concurrency]),
  ]);
}

/** Pure. */
function goOn(
  saved: SavedCheckpoint | undefined,
  conditions: string,
  batch_sizes: readonly number[],
): Omit<Resume, 'conditions'> {
  const found = Object.entries(saved?.results?.batch_sizes ?? {}).filter(([size]) =>
    batch_sizes.includes(Number(size)),
  );
  if (saved === undefined || found.length === 0) return { results: {}, left: [...batch_sizes] };
  const sizes = found.map(([size]) => size).join(', ');
  const other = saved.same_device
    ? saved.conditions === conditions
      ? undefined
      : 'the model or its settings are others'
    : 'this is other hardware or another environment';
  if (other !== undefined) {
    const note = `attempt ${saved.attempt} had measured batch sizes ${sizes}, but ${other}, so they are measured again`;
    return { results: { notes: [note] }, left: [...batch_sizes] };
  }
  const { timings, providers, placement, value_notes, notes = [] } = saved.results ?? {};
  // Those that the saving attempt had itself taken over have their note already.
  const own = found.filter(([, result]) => result.measured_by_attempt === undefined).map(([size]) => size);
  const note = `batch sizes ${own.join(', ')} were measured by attempt ${saved.attempt} on ${saved.worker_id}`;
  return {
    results: {
      ...(timings === undefined ? {} : { timings }),
      ...(providers === undefined ? {} : { providers }),
      ...(placement === undefined ? {} : { placement }),
      ...(value_notes === undefined ? {} : { value_notes }),
      batch_sizes: Object.fromEntries(
        // Of a chain of attempts each keeps the one that really measured it.
        found.map(([size, result]) => [size, { measured_by_attempt: saved.attempt, ...result }]),
      ),
      notes: own.length === 0 ? notes : [...notes, note],
    },
    left: batch_sizes.filter((size) => !found.some(([done]) => Number(done) === size)),
  };
}
