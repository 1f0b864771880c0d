import { createHash } from 'node:crypto';
import {
  IMPORTED,
  IMPORTED_POOL_PREFIX,
  type ImportedConfig,
  type ImportedMetric,
} from '@benchwire/shared/contracts/imported.ts';
import type { MetricResult, Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { noteOn, type ValueNote } from '@benchwire/shared/contracts/value-note.ts';
import { medianInterval } from '@benchwire/shared/stats/median-interval.ts';
import { median } from '@benchwire/shared/stats/quantile.ts';
import type { Spec } from './model.ts';

type ImportedFacts = Pick<
  Outcome,
  'pool' | 'fingerprint' | 'device_id' | 'results' | 'environment' | 'finished_at' | 'execution_time_seconds'
>;

/** @throws TypeError for a task of another executor: only imported ones end as completed without a worker */
export function importedConfigOf({ executor, config }: Spec): ImportedConfig {
  if (executor !== IMPORTED || !('tool' in config))
    throw new TypeError(`a task of executor ${executor} has no results`);
  return config;
}

/** Of a file that does not say where it was measured, when the user does not either. */
const UNKNOWN_DEVICE = 'unknown-device';

/**
 * What the outcome of an imported task says, from its config alone: the same no matter who makes it, and how often. Pure.
 * @param accepted_at_ms - of the run: when it was measured, where nobody says
 */
export function importedFacts(config: ImportedConfig, accepted_at_ms: number): ImportedFacts {
  const { device, facts = {}, metrics, measured_at, notes = [], tool } = config;
  const name = deviceToken(config);
  const results = Object.entries(metrics).map(([metric, said]) => [metric, resultOf(said)] as const);
  const value_notes = [
    ...(device === undefined ? [noteOn('unknown_device', UNKNOWN_DEVICE_TEXT)] : []),
    ...summaryNotes(config),
  ];
  return {
    pool: name,
    fingerprint: name,
    device_id: name,
    finished_at: measured_at ?? new Date(accepted_at_ms).toISOString(),
    execution_time_seconds: null,
    environment: { ...facts, imported_from: tool, device: device ?? null },
    results: {
      metrics: Object.fromEntries(results),
      ...(notes.length === 0 ? {} : { notes }),
      ...(value_notes.length === 0 ? {} : { value_notes }),
    },
  };
}

const UNKNOWN_DEVICE_TEXT =
  'the file does not say on which machine it was measured: name it with --device when you import, so that other machines have series of their own';

/** Names the device in subjects and series: readable, and unlike any fingerprint that a worker has. */
function deviceToken({ device, facts = {}, identity = [] }: ImportedConfig): string {
  if (device === undefined) return `${IMPORTED_POOL_PREFIX}${UNKNOWN_DEVICE}`;
  const plain = device.replaceAll(/[^A-Za-z0-9_-]+/g, '-').replaceAll(/^-+|-+$/g, '');
  const differing = identity.toSorted().map((fact) => [fact, facts[fact] ?? null]);
  // What the token can't hold of the name has to tell devices apart all the same.
  const isWhole = plain === device && plain.length <= 80 && differing.length === 0;
  if (isWhole) return `${IMPORTED_POOL_PREFIX}${plain}`;
  const digest = createHash('sha256')
    .update(JSON.stringify([device, differing]))
    .digest('hex')
    .slice(0, 8);
  return `${IMPORTED_POOL_PREFIX}${plain.slice(0, 80) || 'device'}-${digest}`;
}

function resultOf({ values, summary, unit, better }: ImportedMetric): MetricResult {
  const common = { unit: unit ?? null, ...(better === undefined ? {} : { better }) };
  if (values !== undefined) {
    const interval = medianInterval(values);
    const [min, max] = [Math.min(...values), Math.max(...values)];
    const range = { ci_low: interval?.low ?? null, ci_high: interval?.high ?? null, min, max };
    return { value: median(values), ...range, samples: values.length, ...common };
  }
  if (summary === undefined) throw new TypeError('an imported metric has neither values nor a summary');
  const { value, ci_low = null, ci_high = null, min = value, max = value, count = 1 } = summary;
  return { value, ci_low, ci_high, min, max, samples: count, ...common };
}

/** What a reader has to know of numbers that are not medians of values that Benchwire saw. */
function summaryNotes({ metrics, tool }: ImportedConfig): ValueNote[] {
  return Object.entries(metrics).flatMap(([metric, { summary }]) => {
    if (summary === undefined || summary.statistic === 'value' || summary.statistic === 'total') return [];
    const { statistic, count } = summary;
    const of = count === undefined ? '' : ` of ${count} values`;
    const text = `the ${statistic}${of} as ${tool} reports it; the file has no single values`;
    return [noteOn('summary_only', text, { metric })];
  });
}
