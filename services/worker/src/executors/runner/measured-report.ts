import type { MetricResult, OutcomeResults, TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { RunnerMetric, RunnerTask } from '@benchwire/shared/contracts/runner.ts';
import { streamCounts, type TorchConfig } from '@benchwire/shared/contracts/task.ts';
import { noteOn } from '@benchwire/shared/contracts/value-note.ts';
import { badInput } from '@benchwire/shared/model/errors.ts';
import { medianInterval } from '@benchwire/shared/stats/median-interval.ts';
import { quantileSorted, sorted } from '@benchwire/shared/stats/quantile.ts';
import type { ExecutorContext, ExecutorReport } from '../executor.ts';
import type { FedInputs } from '../onnx/fed-inputs.ts';
import { createSampleSink } from '../samples/sample-sink.ts';
import type { JobMessage } from './runner-job.ts';

/** Settings of the measured loop, which mean the same in every executor with a runner. */
type MeasuredConfig = Pick<
  TorchConfig,
  'scenario' | 'iterations' | 'warmup_iterations' | 'max_seconds' | 'target_qps' | 'concurrency' | 'mix'
>;

/** @throws TaskFailure for arrivals without a rate, and for several models at once that wait for arrivals */
export function measureSettings(config: MeasuredConfig): RunnerTask['measure'] {
  const { scenario, iterations, warmup_iterations, max_seconds, target_qps = null } = config;
  if (scenario === 'server' && target_qps === null)
    throw badInput('TARGET_QPS_MISSING', 'The server scenario needs config.target_qps, the mean arrivals per second.');
  if (scenario === 'server' && (streamCounts(config).length > 0 || config.mix !== undefined))
    throw badInput(
      'CONCURRENCY_WITH_SERVER',
      'config.concurrency and config.mix measure models that never wait, and the server scenario waits for arrivals: leave one of both out.',
    );
  return { scenario, iterations, warmup_iterations, max_seconds, target_qps };
}

/** Takes what a runner says of a measured task into its report. @param fed - with what each batch size is fed, where that is known */
export function createReader(
  context: Pick<ExecutorContext, 'emit' | 'measured' | 'device'> & { task: { config: MeasuredConfig } },
  report: ExecutorReport,
  fed: ReadonlyMap<number, FedInputs> = new Map(),
): (message: JobMessage) => Promise<void> {
  const { config } = context.task;
  const { results } = report;
  const on_device = context.device.class !== 'cpu';
  const device_memory = new Map<number, number | null>();
  const settings = { ...config, target_qps: config.target_qps ?? null, concurrency: streamCounts(config) };
  const memoryOf = ({ batch_size, peak_rss_mb }: { batch_size: number; peak_rss_mb: number | null }) => {
    const memory_mb = on_device ? (device_memory.get(batch_size) ?? null) : peak_rss_mb;
    const reason = 'the library does not report the memory of this device';
    return { memory_mb, unavailable: memory_mb === null ? { memory_mb: reason } : ({} as Record<string, string>) };
  };
  const sink = createSampleSink(context, settings, memoryOf, results, fed, () => Promise.resolve());
  return async (message) => {
    if (message.type === 'loaded') {
      results.timings = { ...results.timings, ...message.timings };
      report.environment = { ...report.environment, ...message.facts };
      if (message.notes.length > 0) results.notes = [...(results.notes ?? []), ...message.notes];
      addMetrics(results, 1, message.metrics);
    } else if (message.type === 'note') {
      const { text, code, batch_size } = message;
      if (code === undefined) results.notes = [...(results.notes ?? []), text];
      else
        results.value_notes = [
          ...(results.value_notes ?? []),
          noteOn(code, text, { batch_size: batch_size ?? undefined }),
        ];
    } else if (message.type === 'window') {
      const { batch_size, times_ms, latencies_ms } = message;
      await sink({
        type: 'window',
        batch_size,
        times_ms: Float64Array.from(times_ms),
        latencies_ms: Float64Array.from(latencies_ms),
      });
    } else if (message.type === 'batch') {
      const { batch_size, compile_ms, metrics } = message;
      device_memory.set(batch_size, message.device_memory_mb);
      if (compile_ms !== null) results.timings = { ...results.timings, [`batch_${batch_size}_compile_ms`]: compile_ms };
      const streams = message.streams.map((each) => ({
        ...each,
        latencies_ms: each.latencies_ms.map((of_stream) => Float64Array.from(of_stream)),
      }));
      await sink({ ...message, type: 'batch', streams });
      addMetrics(results, batch_size, metrics);
    }
  };
}

/** What was measured besides the latency. A batch size other than 1 is in the name: such metrics belong to none. */
function addMetrics(results: OutcomeResults, batch_size: number, metrics: readonly RunnerMetric[]): void {
  const added = metrics.map(({ metric, unit, better, values }): [string, MetricResult] => {
    const name = batch_size === 1 ? metric : `${metric}_at_batch_${batch_size}`;
    const ascending = sorted(Float64Array.from(values));
    const interval = medianInterval(ascending);
    return [
      name,
      {
        value: quantileSorted(ascending, 0.5),
        unit,
        ci_low: interval?.low ?? null,
        ci_high: interval?.high ?? null,
        min: ascending[0] ?? Number.NaN,
        max: ascending.at(-1) ?? Number.NaN,
        samples: values.length,
        better,
      },
    ];
  });
  if (added.length > 0) results.metrics = { ...results.metrics, ...Object.fromEntries(added) };
}

/** Where every measured window was empty. */
export function noSamples({ results }: ExecutorReport): TaskError | null {
  if (results.batch_sizes !== undefined) return null;
  const text = 'No request arrived within max_seconds; raise config.target_qps or config.max_seconds.';
  return badInput('NO_SAMPLES', text).task_error;
}
