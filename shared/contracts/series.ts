import { createHash } from 'node:crypto';
import { seriesUnit } from '../metric/series-unit.ts';
import type { PairsOfPoint } from './base.ts';
import type { Better } from './direction.ts';
import type { MetricResult, Outcome } from './outcome.ts';
import { modelInOneForm, type SeriesKey } from './series-key.ts';
import { type SettingsOwner, settingsOf } from './settings.ts';
import { executorNameOf, type Task } from './task.ts';
import { isAbout, type ValueNote, valueNotesOf } from './value-note.ts';

export { type SeriesKey, seriesKey } from './series-key.ts';

function hash(parts: unknown, hexDigits: number): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, hexDigits);
}

/** 20 hex digits (80 bits): safe in a NATS subject, and no collision to expect below 10^11 series. */
export function seriesId(key: SeriesKey): string {
  return hash(
    [
      key.benchmark,
      modelInOneForm(key.model),
      key.executor,
      key.precision,
      key.batch_size,
      key.scenario,
      key.variant,
      key.fingerprint,
      key.metric,
      key.is_simulated,
      ...(key.unit_family ? [key.unit_family] : []),
      ...(isBeside(key) ? [key.series_kind, key.workload ?? ''] : []),
    ],
    20,
  );
}

/** Whether a program could report a metric of the same name, which is another series. Those of one batch size are older than kinds. */
function isBeside({ series_kind = 'result', batch_size }: SeriesKey): boolean {
  return series_kind !== 'result' && batch_size === null;
}

/** 8 hex digits over the config fields that change what is measured and differ from their default; empty without any. */
export function variantOf(spec: SettingsOwner): string {
  const settings = settingsOf(spec, 'not_in_variant');
  return settings.length === 0 ? '' : hash(settings, 8);
}

/** The variant of a task that was fed with files: their content is a setting, which only the worker knows. */
export function variantWith(variant: string, inputs_sha256: string | null): string {
  return inputs_sha256 === null ? variant : hash([variant, inputs_sha256], 8);
}

/**
 * 12 hex digits, equal for tasks whose attempts should take equally long on the same hardware: the executor, the
 * benchmark, and every setting that changes what is measured or how much of it.
 */
export function workloadKey(
  task: Pick<Task, 'executor' | 'benchmark' | 'config' | 'not_in_series' | 'base_side' | 'made_of'> & {
    plugin?: string;
  },
): string {
  const pairs = task.base_side === undefined ? [] : [task.base_side.pairs];
  return hash([executorNameOf(task), task.benchmark, settingsOf(task, 'not_in_workload'), ...pairs], 12);
}

/** One point of a series: what one outcome says about one metric. */
export interface SeriesPoint {
  series_id: string;
  key: SeriesKey;
  /** The unit of the series, into which values of other units were converted. */
  unit: string | null;
  value: number;
  ci_low: number | null;
  ci_high: number | null;
  samples: number;
  steady: boolean | null;
  /** Which way is better, where the program or the task said it. */
  better: Better | null;
  /** As it was printed, where that was in another unit. */
  printed: { value: number; unit: string } | null;
  /** What limits the meaning of this value. */
  notes: ValueNote[];
  /** The pairs of a head and a base side that it is from; null where none were measured. */
  pairs: PairsOfPoint | null;
}

/** Metrics of a batch result that have a history, with their units. */
const BATCH_METRICS = [
  ['latency_ms', 'ms'],
  ['latency_p90_ms', 'ms'],
  ['latency_p99_ms', 'ms'],
  ['throughput_items_per_second', 'items/s'],
  ['memory_mb', 'MB'],
] as const;

/** Metrics of several streams, each number of streams with a history of its own. */
const STREAM_METRICS = [
  ['throughput_items_per_second', 'items/s', 'higher'],
  ['speedup', null, 'higher'],
  ['latency_ms', 'ms', 'lower'],
  ['latency_p99_ms', 'ms', 'lower'],
] as const;

/** What stands behind a metric's name: `_at_4_streams`. */
export function streamSuffix(streams: number): string {
  return `_at_${streams}_streams`;
}

/**
 * The results of a completed outcome; none for any other status, since a failed measurement is no measurement. What was measured
 * beside them has `allPointsOf`.
 */
export function pointsOf(outcome: Outcome): SeriesPoint[] {
  const base = keyOf(outcome);
  if (base === undefined) return [];
  const points: SeriesPoint[] = [];
  const notes = valueNotesOf(outcome.results);
  const add = (
    about: Pick<SeriesKey, 'metric' | 'batch_size' | 'unit_family' | 'series_kind'>,
    point: Omit<SeriesPoint, 'series_id' | 'key' | 'notes' | 'pairs'>,
  ): void => {
    const key = { ...base, ...about };
    const ownNotes = notes.filter((note) => isAbout(note, about));
    points.push({ series_id: seriesId(key), key, ...point, notes: ownNotes, pairs: pairsOf(outcome, about) });
  };
  for (const [batch, result] of Object.entries(outcome.results.batch_sizes ?? {})) {
    for (const [metric, unit] of BATCH_METRICS) {
      const value = result[metric];
      if (value === undefined || value === null) continue;
      const ci = metric === 'latency_ms' ? [result.latency_ci_low_ms, result.latency_ci_high_ms] : [null, null];
      add(
        { metric, batch_size: Number(batch), ...(metric === 'memory_mb' ? { series_kind: 'memory' } : {}) },
        {
          unit,
          value,
          ci_low: ci[0] ?? null,
          ci_high: ci[1] ?? null,
          samples: result.samples,
          steady: result.steady,
          better: null,
          printed: null,
        },
      );
    }
  }
  for (const [batch, { streams = {} }] of Object.entries(outcome.results.batch_sizes ?? {})) {
    for (const [count, result] of Object.entries(streams)) {
      for (const [metric, unit, better] of STREAM_METRICS) {
        const value = result[metric];
        if (value === undefined) continue;
        const is_median = metric === 'latency_ms';
        add(
          { metric: `${metric}${streamSuffix(Number(count))}`, batch_size: Number(batch) },
          {
            ...{ unit, value, samples: result.samples, steady: null, better, printed: null },
            ci_low: is_median ? result.latency_ci_low_ms : null,
            ci_high: is_median ? result.latency_ci_high_ms : null,
          },
        );
      }
    }
  }
  for (const [name, result] of Object.entries(outcome.results.metrics ?? {})) {
    const metric = result.metric ?? name;
    const { unit_family, ...point } = inSeriesUnit(metric, result);
    add({ metric, batch_size: null, ...(unit_family === '' ? {} : { unit_family }) }, { ...point, steady: null });
  }
  return points;
}

/** The pairs of one metric. Without values where the base side has none: then the history decides. */
function pairsOf(
  { results }: Outcome,
  { metric, batch_size }: Pick<SeriesKey, 'metric' | 'batch_size'>,
): PairsOfPoint | null {
  if (results.pairs === undefined) return null;
  const { values, first: _, ...about } = results.pairs;
  const own = values.find((each) => each.metric === metric && each.batch_size === batch_size);
  if (own !== undefined) return { ...about, head: own.head, base: own.base };
  return { unavailable: `the base side did not report ${metric}`, ...about, head: [], base: [] };
}

/** What all points of an outcome have in common; undefined where it has none. */
export function keyOf(outcome: Outcome): Omit<SeriesKey, 'metric' | 'batch_size'> | undefined {
  if (outcome.status !== 'completed' || outcome.fingerprint === null) return undefined;
  return {
    benchmark: outcome.benchmark,
    model: outcome.model ?? '',
    executor: outcome.executor,
    precision: outcome.precision ?? '',
    scenario: outcome.scenario ?? '',
    variant: outcome.variant,
    fingerprint: outcome.fingerprint,
    is_simulated: outcome.simulation_status.is_simulated,
  };
}

/** What a program reported, in the unit that the history of such a metric is kept in. */
function inSeriesUnit(
  metric: string,
  { value, unit, ci_low, ci_high, samples, better }: MetricResult,
): Omit<SeriesPoint, 'series_id' | 'key' | 'notes' | 'pairs' | 'steady'> & { unit_family: string } {
  const kept = seriesUnit(metric, unit);
  const converted = (number: number | null): number | null => (number === null ? null : kept.convert(number));
  return {
    unit: kept.unit,
    value: kept.convert(value),
    ci_low: converted(ci_low),
    ci_high: converted(ci_high),
    samples,
    better: better ?? null,
    printed: kept.unit === unit || unit === null ? null : { value, unit },
    unit_family: kept.family,
  };
}
