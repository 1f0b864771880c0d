import type { JobTaskOf } from '@benchwire/shared/contracts/executors.ts';
import type { MeasuredBefore } from '@benchwire/shared/contracts/outcome.ts';
import { seriesId, streamSuffix, variantOf, variantWith } from '@benchwire/shared/contracts/series.ts';
import { streamCounts } from '@benchwire/shared/contracts/task.ts';
import { messageOf } from '@benchwire/shared/model/errors.ts';
import type { ExecutorContext } from '../executor.ts';
import type { ResolvedModel } from './model-source.ts';

export interface Before {
  /** Every batch size with where it was measured; undefined when the task has to measure. */
  skipped?: MeasuredBefore[];
  /** Why it measures though it should not if it need not. */
  note?: string;
}

/** Of the query `fresh`. */
const MAX_SERIES = 64;

/**
 * Whether `skip_if_fresh` applies: all batch sizes have a point in their series, of this model file. Asked here and not
 * by the scheduler, since only who has the file knows its hash. Without an answer the task measures.
 */
export async function measuredBefore(
  context: Pick<ExecutorContext, 'device' | 'findFresh'>,
  task: JobTaskOf<'onnx'>,
  model: ResolvedModel,
  precision: string | null,
  inputs_sha256: string | null = null,
): Promise<Before> {
  const { skip_if_fresh, config } = task;
  if (skip_if_fresh === undefined || skip_if_fresh === false) return {};
  const metrics = ['', ...streamCounts(config).map(streamSuffix)].map((suffix) => `latency_ms${suffix}`);
  const sizes = new Map(config.batch_sizes.map((batch_size) => [seriesOf(batch_size, 'latency_ms'), batch_size]));
  const all = config.batch_sizes.flatMap((batch_size) => metrics.map((metric) => seriesOf(batch_size, metric)));
  // More series than one question takes are measured.
  if (all.length > MAX_SERIES) return {};
  function seriesOf(batch_size: number, metric: string): string {
    return seriesId({
      benchmark: task.benchmark,
      model: model.name,
      executor: task.executor,
      precision: precision ?? '',
      batch_size,
      scenario: config.scenario,
      variant: variantWith(variantOf(task), inputs_sha256),
      fingerprint: context.device.fingerprint,
      metric,
      is_simulated: false,
    });
  }
  try {
    const rows = await context.findFresh({
      series_ids: all,
      model_sha256: model.sha256,
      ...(skip_if_fresh === true ? {} : { max_age_seconds: skip_if_fresh.max_age_seconds }),
    });
    const skipped = rows.flatMap(({ series_id, value, run_id, task_id, attempt, measured_at }) => {
      const batch_size = sizes.get(series_id);
      return batch_size === undefined ? [] : [{ batch_size, latency_ms: value, run_id, task_id, attempt, measured_at }];
    });
    if (rows.length < all.length) return {};
    return { skipped: skipped.toSorted((a, b) => a.batch_size - b.batch_size) };
  } catch (error) {
    return { note: `measured, because it could not be found out whether it was before: ${messageOf(error)}` };
  }
}
