import type { Gate } from '../contracts/gate.ts';
import { matchesPattern } from '../contracts/name-pattern.ts';
import type { SeriesKind } from '../contracts/series-key.ts';
import type { GateOutcome, MetricVerdict } from '../contracts/verdict.ts';
import type { SeriesVerdict } from './series-verdict.ts';

/** What counts of a metric, before its verdict is known. */
export interface GatedMetric {
  metric: string;
  batch_size: number | null;
  series_kind: SeriesKind;
  direction: MetricVerdict['direction'];
  /** Whether the same batch has a median latency, which says the same as its throughput. */
  has_latency: boolean;
}

/** Metrics of the harness that are reported and don't count: tails, memory, times of loading, energy. */
const REPORTED =
  /(?:^|_)(?:p\d+|max|min|memory|rss|load|import|compile|export|first_run|warmup|warm_up|session|energy|power|temperature)(?:_|$)/;

/** Whether a metric counts in a gate. */
export function countsIn(
  rule: Gate,
  { metric, batch_size, series_kind, direction, has_latency }: GatedMetric,
): boolean {
  if (rule.metrics !== undefined) return rule.metrics.some((pattern) => matchesPattern(metric, pattern));
  if (series_kind !== 'result' || direction === 'neither') return false;
  if (direction === 'unknown') return rule.unknown_direction !== undefined;
  if (REPORTED.test(metric)) return false;
  return !(metric === 'throughput_items_per_second' && batch_size !== null && has_latency);
}

/** The direction that a gate takes for a metric whose own nobody knows. */
export function directionIn(rule: Gate, direction: MetricVerdict['direction']): MetricVerdict['direction'] {
  if (direction !== 'unknown') return direction;
  if (rule.unknown_direction === 'higher_is_worse') return 'lower_is_better';
  if (rule.unknown_direction === 'lower_is_worse') return 'higher_is_better';
  return direction;
}

/** What a verdict means to the gate. */
export function outcomeOf(rule: Gate, counts: boolean, said: SeriesVerdict): GateOutcome {
  if (!counts) return 'report';
  if (said.accepted !== null) return 'pass';
  switch (said.verdict) {
    case 'new':
    case 'no_change':
    case 'faster':
      return 'pass';
    case 'cannot_tell':
      return rule.on_cannot_tell === 'repeat' ? 'warn' : rule.on_cannot_tell;
    case 'changed':
      return rule.unknown_direction === 'either_is_worse' && matters(rule, said) ? rule.on_slower : 'pass';
    case 'slower':
      if (!matters(rule, said)) return 'pass';
      if (said.known_regression !== null) return said.is_main ? rule.on_known_regression : 'warn';
      return rule.on_slower;
  }
}

function matters(rule: Gate, { change_percent }: SeriesVerdict): boolean {
  return change_percent === null || Math.abs(change_percent) >= (rule.min_change_percent ?? 0);
}
