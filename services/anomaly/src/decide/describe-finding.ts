import type { Finding, FindingKind } from '@benchwire/shared/contracts/finding.ts';
import { attemptId, MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import type { Source } from '@benchwire/shared/contracts/request.ts';
import { directionOf, type SeriesKey, type SeriesPoint } from '@benchwire/shared/contracts/series.ts';
import type { Verdict } from './detector.ts';

/** What a value off its level means, by the direction in which its metric gets better. */
export function kindOf(metric: string, side: -1 | 1): FindingKind {
  const direction = directionOf(metric);
  if (direction === 'unknown') return 'change';
  return (direction === 'lower_is_better') === (side === 1) ? 'regression' : 'improvement';
}

/** The finding about one point. Judging the same point against the same runs again makes the same finding. */
export function findingOf(
  outcome: Outcome,
  point: SeriesPoint,
  verdict: Verdict,
  before: { values: readonly number[]; source: Source | null },
  now: Date,
): Finding {
  const { median, mad, scale, n, z_score, threshold } = verdict;
  const change_percent = median === 0 ? null : ((point.value - median) / Math.abs(median)) * 100;
  const kind = kindOf(point.key.metric, z_score > 0 ? 1 : -1);
  return {
    v: MESSAGE_VERSION,
    finding_id: `${point.series_id}.${attemptId(outcome)}`,
    kind,
    series_id: point.series_id,
    series: point.key,
    unit: point.unit,
    run_id: outcome.run_id,
    task_id: outcome.task_id,
    attempt: outcome.attempt,
    pool: outcome.pool,
    source: outcome.source,
    previous_source: before.source,
    detected_at: now.toISOString(),
    measured_at: outcome.finished_at,
    value: point.value,
    baseline: { median, mad, scale, n, values: [...before.values] },
    z_score,
    threshold,
    change_percent: change_percent !== null && Number.isFinite(change_percent) ? change_percent : null,
    message: sentence(point, verdict, change_percent),
    revision: 0,
    state: 'confirmed',
    history: [],
    incident_id: null,
    culprit: null,
    evidence: null,
    confirmations: [],
    links: [],
  };
}

function sentence(point: SeriesPoint, verdict: Verdict, change_percent: number | null): string {
  const { median, n, scale, z_score, threshold } = verdict;
  const unit = point.unit === null ? '' : ` ${point.unit}`;
  const higher = z_score > 0 ? 'higher' : 'lower';
  const by = change_percent === null ? higher : `${short(Math.abs(change_percent))} % ${higher}`;
  const unsteady = point.steady === false ? ', twice as much as usual since this measurement was not steady' : '';
  const times = Math.abs(z_score) >= 1000 ? 'far more than' : `${short(Math.abs(z_score))} times`;
  return `${nameOf(point.key)} is ${short(point.value)}${unit}, ${by} than the median ${short(median)}${unit} of the ${n} runs before: ${times} their noise of ${short(scale)}${unit}, where up to ${short(threshold)} times would be chance${unsteady}.`;
}

function nameOf(key: SeriesKey): string {
  const thing = key.model === '' || key.model === key.benchmark ? key.benchmark : `${key.benchmark} with ${key.model}`;
  const details = [
    ...(key.precision === '' ? [] : [key.precision]),
    ...(key.batch_size === null ? [] : [`batch size ${key.batch_size}`]),
    ...(key.is_simulated ? ['simulated'] : []),
  ];
  return `${key.metric} of ${thing}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
}

/** Four digits are as many as a person compares. */
function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
