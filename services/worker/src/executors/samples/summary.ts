import type { BatchResult, StreamsResult } from '@benchwire/shared/contracts/outcome.ts';
import { streamSuffix } from '@benchwire/shared/contracts/series.ts';
import { noteOn, type ValueNote } from '@benchwire/shared/contracts/value-note.ts';
import { medianInterval } from '@benchwire/shared/stats/median-interval.ts';
import { momentsOf } from '@benchwire/shared/stats/moments.ts';
import { countOutliers } from '@benchwire/shared/stats/outliers.ts';
import { percentileIsEligible } from '@benchwire/shared/stats/percentile-eligibility.ts';
import { quantileSorted, sorted } from '@benchwire/shared/stats/quantile.ts';
import { checkSteadiness } from '@benchwire/shared/stats/steadiness.ts';
import type { BatchMessage, MeasureSettings } from '../onnx/messages.ts';

const PERCENTILES = [
  ['latency_p90_ms', 0.9],
  ['latency_p95_ms', 0.95],
  ['latency_p99_ms', 0.99],
] as const;

/** Of a batch size: null with a reason where it cannot be measured. */
export interface MeasuredMemory {
  memory_mb: number | null;
  unavailable: Record<string, string>;
}

/** The result of one batch size from its samples, in order of time; at least one. For every executor that delivers samples. Pure. */
export function summarize(
  latencies_ms: Float64Array,
  batch: BatchMessage,
  settings: MeasureSettings,
  memory: MeasuredMemory,
): BatchResult {
  const ascending = sorted(latencies_ms);
  const samples = ascending.length;
  const interval = medianInterval(ascending);
  const { mean, stddev, min, max } = momentsOf(latencies_ms);
  const { steady, reason } = checkSteadiness(latencies_ms);
  const calls = batch.calls_per_sample ?? 1;
  const throughput = (samples * calls * batch.batch_size) / batch.measured_seconds;
  const of_streams = streamsOf(batch, throughput);
  const notes = [
    ...notesOf(samples, quantileSorted(ascending, 0.5), batch, settings),
    ...notesOnSpeedup(of_streams.streams, batch.batch_size, reason),
  ];
  const unavailable = {
    ...memory.unavailable,
    ...(interval === null ? { latency_ci_low_ms: TOO_FEW, latency_ci_high_ms: TOO_FEW } : {}),
  };
  const result: BatchResult = {
    latency_ms: quantileSorted(ascending, 0.5),
    latency_ci_low_ms: interval?.low ?? null,
    latency_ci_high_ms: interval?.high ?? null,
    latency_mean_ms: mean,
    latency_min_ms: min,
    latency_max_ms: max,
    latency_stddev_ms: stddev,
    throughput_items_per_second: throughput,
    samples,
    measured_seconds: batch.measured_seconds,
    steady,
    ...(reason === null ? {} : { steady_reason: reason }),
    outliers: countOutliers(ascending),
    memory_mb: memory.memory_mb,
    ...(Object.keys(unavailable).length > 0 ? { unavailable } : {}),
    ...(notes.length > 0 ? { value_notes: notes } : {}),
    ...of_streams,
  };
  for (const [name, p] of PERCENTILES) {
    if (percentileIsEligible(p, samples)) result[name] = quantileSorted(ascending, p);
  }
  return result;
}

/** What several streams did; the speed-up is over the one stream that was measured before them. */
function streamsOf({ batch_size, streams }: BatchMessage, of_one: number): { streams?: Record<string, StreamsResult> } {
  const measured = streams.flatMap(({ streams: count, latencies_ms, measured_seconds }) => {
    const all = sorted(Float64Array.from(latencies_ms.flatMap((each) => [...each])));
    if (all.length === 0 || measured_seconds === 0) return [];
    const interval = medianInterval(all);
    const throughput = (all.length * batch_size) / measured_seconds;
    const result: StreamsResult = {
      throughput_items_per_second: throughput,
      speedup: throughput / of_one,
      latency_ms: quantileSorted(all, 0.5),
      latency_ci_low_ms: interval?.low ?? null,
      latency_ci_high_ms: interval?.high ?? null,
      samples: all.length,
      measured_seconds,
      stream_latencies_ms: latencies_ms.map((each) => (each.length === 0 ? null : quantileSorted(sorted(each), 0.5))),
    };
    if (percentileIsEligible(0.99, all.length)) result.latency_p99_ms = quantileSorted(all, 0.99);
    return [[String(count), result] as const];
  });
  return measured.length === 0 ? {} : { streams: Object.fromEntries(measured) };
}

/** n streams do at most n times what one does; more, by this factor, says that the one was held up. */
const BEYOND_LINEAR = 1.1;

/** What limits the meaning of a speed-up: the one stream that it is over. */
function notesOnSpeedup(
  streams: BatchResult['streams'],
  batch_size: number,
  unsteady_reason: string | null,
): ValueNote[] {
  return Object.entries(streams ?? {}).flatMap(([count, { speedup }]) => {
    const about = { batch_size, metric: `speedup${streamSuffix(Number(count))}` };
    if (speedup > Number(count) * BEYOND_LINEAR) {
      const text = `${count} streams cannot do ${speedup.toPrecision(3)} times what one does: the one stream was held up while it was measured`;
      return [noteOn('disturbed', text, about)];
    }
    if (unsteady_reason === null) return [];
    return [noteOn('not_steady', `the one stream that this is over was not steady: ${unsteady_reason}`, about)];
  });
}

const TOO_FEW = 'too few samples for an interval';

/** A rate that is missed by less may be the arrivals' own scatter. */
const MISSED_BY = 0.05;
/** With fewer samples not even a 90th percentile is told. */
const FEW_SAMPLES = 20;
/** With fewer steps of the clock in a sample, its rounding is more than a percent of it. */
const FEW_CLOCK_STEPS = 100;

function notesOf(samples: number, median_ms: number, batch: BatchMessage, settings: MeasureSettings): ValueNote[] {
  const about = { batch_size: batch.batch_size };
  const notes: ValueNote[] = [];
  if (samples < settings.iterations) {
    const text = `${samples} of ${settings.iterations} iterations: max_seconds (${settings.max_seconds}) was over first`;
    notes.push(noteOn(samples < FEW_SAMPLES ? 'few_samples' : 'fewer_iterations', text, about));
  } else if (samples < FEW_SAMPLES) {
    notes.push(noteOn('few_samples', `${samples} ${samples === 1 ? 'sample' : 'samples'}`, about));
  }
  const steps = (median_ms * (batch.calls_per_sample ?? 1)) / batch.clock_step_ms;
  if (steps < FEW_CLOCK_STEPS) {
    const step = `${Number((batch.clock_step_ms * 1e6).toPrecision(2))} ns`;
    const text = `the median is ${Math.floor(steps)} steps of the clock (${step} each), so the latency is known to ${Number((100 / steps).toPrecision(2))} % at best`;
    notes.push(noteOn('clock_resolution', text, { ...about, metric: 'latency_ms' }));
  }
  const { scenario, target_qps } = settings;
  if (scenario === 'server' && target_qps !== null) {
    const reached = samples / batch.measured_seconds;
    // Arrivals are random: of n of them the rate scatters by 1/√n.
    if (reached < target_qps * (1 - Math.max(MISSED_BY, 3 / Math.sqrt(samples)))) {
      const text = `${Number(reached.toPrecision(3))} of ${target_qps} arrivals per second were answered: the latency is that of a queue that grows`;
      notes.push(noteOn('target_rate_missed', text, about));
    }
  }
  return notes;
}
