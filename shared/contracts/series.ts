import { createHash } from 'node:crypto';
import type { Outcome } from './outcome.ts';
import type { SeriesKey } from './series-key.ts';
import { commandConfig, noopConfig, onnxConfig, type Task, type TaskSpec } from './task.ts';

export { type SeriesKey, seriesKey } from './series-key.ts';

function hash(parts: unknown, hexDigits: number): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, hexDigits);
}

/** 20 hex digits (80 bits): safe in a NATS subject, and no collision to expect below 10^11 series. */
export function seriesId(key: SeriesKey): string {
  return hash(
    [
      key.benchmark,
      key.model,
      key.executor,
      key.precision,
      key.batch_size,
      key.scenario,
      key.variant,
      key.fingerprint,
      key.metric,
      key.is_simulated,
    ],
    20,
  );
}

/** Config fields that are in the series key themselves, or say only how long to measure and not what. */
const NOT_IN_VARIANT = new Set([
  'model',
  'batch_sizes',
  'precision',
  'scenario',
  'iterations',
  'warmup_iterations',
  'max_seconds',
  'max_memory_mb',
  'sha256',
]);

/** What a config has where its author wrote nothing; a field added later, with a default, then cuts no history in two. */
const DEFAULTS: Readonly<Record<TaskSpec['executor'], Readonly<Record<string, unknown>>>> = {
  onnx: onnxConfig.parse({ model: '-' }),
  command: commandConfig.parse({ command: ['-'] }),
  noop: noopConfig.parse({}),
};

/** 8 hex digits over the config fields that change what is measured and differ from their default; empty without any. */
export function variantOf(spec: Pick<TaskSpec, 'executor' | 'config'>): string {
  const settings = settingsOf(spec, NOT_IN_VARIANT);
  return settings.length === 0 ? '' : hash(settings, 8);
}

/** Config fields that say nothing about how long an attempt takes; a model's file may change with every build. */
const NOT_IN_WORKLOAD = new Set(['max_memory_mb', 'sha256']);

/**
 * 12 hex digits, equal for tasks whose attempts should take equally long on the same hardware: the executor, the
 * benchmark, and every setting that changes what is measured or how much of it.
 */
export function workloadKey(task: Pick<Task, 'executor' | 'benchmark' | 'config'>): string {
  return hash([task.executor, task.benchmark, settingsOf(task, NOT_IN_WORKLOAD)], 12);
}

/** What a config says that differs from the default, by name. */
function settingsOf(spec: Pick<TaskSpec, 'executor' | 'config'>, without: ReadonlySet<string>): unknown[] {
  const usual = DEFAULTS[spec.executor];
  return Object.entries(spec.config)
    .filter(([name, value]) => value !== undefined && value !== usual[name] && !without.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, sorted(value)]);
}

/** The same value with the fields of its objects in one order: who wrote which one first makes no other setting. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}

/** In a file of its own, since the dashboard can't import this one: it hashes with Node's `crypto`. */
export { directionOf } from './direction.ts';

/** One point of a series: what one outcome says about one metric. */
export interface SeriesPoint {
  series_id: string;
  key: SeriesKey;
  unit: string | null;
  value: number;
  ci_low: number | null;
  ci_high: number | null;
  samples: number;
  steady: boolean | null;
}

/** Metrics of a batch result that have a history, with their units. */
const BATCH_METRICS = [
  ['latency_ms', 'ms'],
  ['latency_p90_ms', 'ms'],
  ['latency_p99_ms', 'ms'],
  ['throughput_items_per_second', 'items/s'],
  ['memory_mb', 'MB'],
] as const;

/** All points of a completed outcome; none for any other status, since a failed measurement is no measurement. */
export function pointsOf(outcome: Outcome): SeriesPoint[] {
  if (outcome.status !== 'completed' || outcome.fingerprint === null) return [];
  const base = {
    benchmark: outcome.benchmark,
    model: outcome.model ?? '',
    executor: outcome.executor,
    precision: outcome.precision ?? '',
    scenario: outcome.scenario ?? '',
    variant: outcome.variant,
    fingerprint: outcome.fingerprint,
    is_simulated: outcome.simulation_status.is_simulated,
  };
  const points: SeriesPoint[] = [];
  const add = (metric: string, batch_size: number | null, point: Omit<SeriesPoint, 'series_id' | 'key'>): void => {
    const key = { ...base, metric, batch_size };
    points.push({ series_id: seriesId(key), key, ...point });
  };
  for (const [batch, result] of Object.entries(outcome.results.batch_sizes ?? {})) {
    for (const [metric, unit] of BATCH_METRICS) {
      const value = result[metric];
      if (value === undefined || value === null) continue;
      const ci = metric === 'latency_ms' ? [result.latency_ci_low_ms, result.latency_ci_high_ms] : [null, null];
      add(metric, Number(batch), {
        unit,
        value,
        ci_low: ci[0] ?? null,
        ci_high: ci[1] ?? null,
        samples: result.samples,
        steady: result.steady,
      });
    }
  }
  for (const [metric, result] of Object.entries(outcome.results.metrics ?? {})) {
    add(metric, null, {
      unit: result.unit,
      value: result.value,
      ci_low: result.ci_low,
      ci_high: result.ci_high,
      samples: result.samples,
      steady: null,
    });
  }
  return points;
}
