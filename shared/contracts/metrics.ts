import { decode, encode } from '@msgpack/msgpack';
import { z } from 'zod';
import { messageOf } from '../runtime/errors.ts';
import { type Parsed, parseWith } from '../runtime/issues.ts';
import { messageVersion, runId, taskId, token } from './ids.ts';

/** JetStream stream METRICS: what a task measures while it runs; the hot path, so MessagePack and columnar. */
export const METRICS_SUBJECTS = 'bw.metrics.*.*';
export function metricsSubject(batch: { run_id: string; task_id: string }): string {
  return `bw.metrics.${batch.run_id}.${batch.task_id}`;
}

export function metricsOfRun(run_id: string): string {
  return `bw.metrics.${run_id}.*`;
}

/** One metric's points: `values[i]` was measured at `times_ms[i]` (epoch milliseconds, may have fractions). */
export const metricColumns = z
  .object({
    metric: z.string().min(1).max(256),
    unit: z.string().max(32).nullable(),
    /** Null where the metric belongs to no batch size. */
    batch_size: z.int().min(1).nullable(),
    times_ms: z.array(z.number()),
    values: z.array(z.number()),
  })
  .refine((c) => c.times_ms.length === c.values.length, 'times_ms and values must be equally long');
export type MetricColumns = z.infer<typeof metricColumns>;

export const metricBatch = z.object({
  v: messageVersion,
  run_id: runId,
  task_id: taskId,
  attempt: z.int().min(1),
  worker_id: token,
  /** 0, 1, 2, … within the attempt; with it a redelivered batch is known. */
  sequence: z.int().min(0),
  columns: z.array(metricColumns).min(1),
});
export type MetricBatch = z.infer<typeof metricBatch>;

export function metricBatchId(b: Pick<MetricBatch, 'run_id' | 'task_id' | 'attempt' | 'sequence'>): string {
  return `${b.run_id}.${b.task_id}.${b.attempt}.m${b.sequence}`;
}

export function encodeMetricBatch(batch: MetricBatch): Uint8Array {
  return encode(batch);
}

/** Unpacks a batch and checks it; bytes that are no MessagePack are an issue like any other. */
export function parseMetricBatch(bytes: Uint8Array): Parsed<MetricBatch> {
  try {
    return parseWith(metricBatch, decodeMetricBatch(bytes));
  } catch (error) {
    const message = `not MessagePack: ${messageOf(error)}`;
    return { ok: false, issues: [{ path: '(message)', code: 'invalid_msgpack', message }] };
  }
}

/** Unpacks the bytes; the caller validates what comes out. Throws RangeError or DecodeError on bytes that are no MessagePack. */
export function decodeMetricBatch(bytes: Uint8Array): unknown {
  return decode(bytes);
}
