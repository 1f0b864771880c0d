import type { OutcomeResults } from '@benchwire/shared/contracts/outcome.ts';
import type { ExecutorContext } from '../executor.ts';
import type { FedInputs } from '../onnx/fed-inputs.ts';
import type { BatchMessage, FromChild, MeasureSettings, WindowMessage } from '../onnx/messages.ts';
import { type MeasuredMemory, summarize } from './summary.ts';

/** A message of metrics must stay well below NATS's 1 MB; a point takes at most 18 bytes. */
const POINTS_PER_BATCH = 10_000;

/**
 * Takes what the measuring process sends: streams each window as metric points, and adds each batch size to
 * `results` when it is done, so that a later crash does not take the earlier results along.
 */
export function createSampleSink(
  context: Pick<ExecutorContext, 'emit' | 'measured'>,
  settings: MeasureSettings,
  memoryOf: (batch: BatchMessage) => MeasuredMemory,
  results: OutcomeResults,
  /** What each batch size is fed with. */
  fed: ReadonlyMap<number, FedInputs>,
  /** Called when `results` has one batch size more. */
  onMeasured: () => Promise<void>,
): (message: FromChild) => Promise<void> {
  let windows: Float64Array[] = [];

  const onWindow = async ({ batch_size, times_ms, latencies_ms }: WindowMessage): Promise<void> => {
    windows.push(latencies_ms);
    for (let from = 0; from < latencies_ms.length; from += POINTS_PER_BATCH) {
      await context.emit({
        metric: 'latency_ms',
        unit: 'ms',
        batch_size,
        times_ms: Array.from(times_ms.subarray(from, from + POINTS_PER_BATCH)),
        values: Array.from(latencies_ms.subarray(from, from + POINTS_PER_BATCH)),
      });
    }
  };

  const onBatch = async (batch: BatchMessage): Promise<void> => {
    const samples = concatenate(windows);
    windows = [];
    const prefix = results.timings?.first_run_ms === undefined ? '' : `batch_${batch.batch_size}_`;
    results.timings = {
      ...results.timings,
      [`${prefix}first_run_ms`]: batch.first_run_ms,
      [`${prefix}warmup_ms`]: batch.warmup_ms,
    };
    if (samples.length === 0) {
      const note = `batch size ${batch.batch_size}: no request arrived within max_seconds (${settings.max_seconds})`;
      results.notes = [...(results.notes ?? []), note];
      return;
    }
    const inputs = fed.get(batch.batch_size);
    const summary = {
      ...summarize(samples, batch, settings, memoryOf(batch)),
      ...(inputs === undefined ? {} : { inputs }),
    };
    results.batch_sizes = { ...results.batch_sizes, [String(batch.batch_size)]: summary };
    context.measured(batch.batch_size, summary);
    await onMeasured();
  };

  return async (message) => {
    switch (message.type) {
      case 'loaded':
        results.timings = { ...results.timings, load_ms: message.load_ms, session_ms: message.session_ms };
        return;
      case 'window':
        return onWindow(message);
      case 'batch':
        return onBatch(message);
      case 'progress':
      case 'proof':
      case 'plan':
      case 'quantized':
      case 'failed':
      case 'done':
        return;
      default:
        message satisfies never;
    }
  };
}

function concatenate(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
