import { type Better, directionOf } from '@benchwire/shared/contracts/direction.ts';
import type { Finding, FindingEvidence, FindingKind, FindingState } from '@benchwire/shared/contracts/finding.ts';
import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import type { SeriesKey } from '@benchwire/shared/contracts/series.ts';
import { MAD_TO_SIGMA } from '@benchwire/shared/stats/mad.ts';
import { type Drift, MIN_TREND_Z } from '../detect/drift.ts';
import type { Change } from '../detect/review.ts';
import type { Verdict } from './detector.ts';
import { incidentOf } from './incident.ts';
import type { PointRef } from './point-ref.ts';

/** What a value off its level means, by the direction in which its metric gets better. */
export function kindOf(of: { metric: string; unit: string | null; better: Better | null }, side: -1 | 1): FindingKind {
  const direction = directionOf(of);
  if (direction === 'unknown' || direction === 'neither') return 'change';
  return (direction === 'lower_is_better') === (side === 1) ? 'regression' : 'improvement';
}

/** Where a change of level lies, and what it rests on. */
export interface Found {
  series_id: string;
  key: SeriesKey;
  unit: string | null;
  /** Which way is better, where that was said. */
  better: Better | null;
  /** The last point of the level before and the first of the new one. */
  last_good: { ref: PointRef; value: number } | null;
  first_bad: { ref: PointRef; value: number };
  /** Values of the level before that it is held against. */
  before: readonly number[];
  evidence: FindingEvidence;
  state: FindingState;
  reason: string;
}

/** The finding about one value that lies off the level of the runs before it. */
export function findingOfPoint(found: Found, verdict: Verdict, unsteady: boolean, now: Date): Finding {
  const { median, mad, scale, n, z_score, threshold } = verdict;
  const change_percent = percent(found.first_bad.value, median);
  return {
    ...frame(found, z_score > 0 ? 1 : -1, now),
    value: found.first_bad.value,
    baseline: { median, mad, scale, n, values: [...found.before] },
    z_score,
    threshold,
    change_percent,
    message: sentenceOfPoint(found, verdict, change_percent, unsteady),
  };
}

/** The finding about a change of level that several values show. */
export function findingOfChange(found: Found, change: Change, now: Date): Finding {
  const { before, after, effect_size, n_after } = change;
  const step = after.median - before.median;
  const scale = effect_size > 0 ? Math.abs(step) / effect_size : 0;
  const rank = change.tests.find(({ name }) => name === 'effect_size');
  const { unit } = found;
  const by = change.change_percent === null ? '' : ` (${signed(change.change_percent)} %)`;
  return {
    ...frame(found, step > 0 ? 1 : -1, now),
    value: after.median,
    baseline: {
      median: before.median,
      mad: scale / MAD_TO_SIGMA,
      scale,
      n: found.before.length,
      values: [...found.before],
    },
    z_score: Math.sign(step) * Math.min(1000, effect_size),
    threshold: rank?.limit ?? 0,
    change_percent: change.change_percent,
    message: `${nameOf(found.key)} went from ${withUnit(before.median, unit)} to ${withUnit(after.median, unit)}${by}: ${short(effect_size)} times the noise within the levels of ${withUnit(scale, unit)}, seen in ${n_after} point${n_after === 1 ? '' : 's'} after and ${found.before.length} before.`,
  };
}

/** The finding about a level that moves slowly. */
export function findingOfDrift(found: Found, drift: Drift, n: number, now: Date): Finding {
  const span = n - drift.from;
  const start = found.last_good?.value ?? found.first_bad.value;
  const moved = drift.slope * span;
  const change_percent = percent(start + moved, start);
  const level = found.evidence.segments.at(-1);
  const scale = Math.abs(moved) / drift.movement;
  return {
    ...frame(found, 1, now),
    kind: 'drift',
    value: found.first_bad.value,
    baseline: {
      median: level?.median ?? start,
      mad: scale / MAD_TO_SIGMA,
      scale,
      n: found.before.length,
      values: [...found.before],
    },
    z_score: Math.sign(moved) * drift.trend_z,
    threshold: MIN_TREND_Z,
    change_percent,
    message: `${nameOf(found.key)} drifts: over its last ${span} points it moved by ${withUnit(moved, found.unit)}${change_percent === null ? '' : ` (${signed(change_percent)} %)`}, ${short(drift.movement)} times its noise; the trend is ${short(drift.trend_z)} standard deviations from none.`,
  };
}

/** What all findings about a point have in common. */
export function frame(
  found: Found,
  side: -1 | 1,
  now: Date,
): Omit<Finding, 'value' | 'baseline' | 'z_score' | 'threshold' | 'change_percent' | 'message'> {
  const { ref } = found.first_bad;
  const at = now.toISOString();
  return {
    v: MESSAGE_VERSION,
    finding_id: `${found.series_id}.${ref.attempt_id}`,
    kind: kindOf({ metric: found.key.metric, unit: found.unit, better: found.better }, side),
    direction: directionOf({ metric: found.key.metric, unit: found.unit, better: found.better }),
    series_id: found.series_id,
    series: found.key,
    unit: found.unit,
    run_id: ref.run_id,
    task_id: ref.task_id,
    attempt: ref.attempt,
    pool: ref.pool,
    source: ref.source,
    ...(ref.measured_files === null ? {} : { measured_files: ref.measured_files }),
    previous_source: found.last_good?.ref.source ?? null,
    detected_at: at,
    measured_at: ref.measured_at,
    revision: 0,
    state: found.state,
    history: [{ revision: 0, state: found.state, at, by: 'anomaly', reason: found.reason }],
    incident_id: incidentOf(ref, found.last_good?.ref ?? null, found.evidence),
    culprit: found.last_good === null ? null : { last_good: endOf(found.last_good), first_bad: endOf(found.first_bad) },
    evidence: found.evidence,
    confirmations: [],
    links: [],
  };
}

function endOf({ ref, value }: { ref: PointRef; value: number }): {
  run_id: string;
  measured_at: string;
  source: PointRef['source'];
  value: number;
} {
  return { run_id: ref.run_id, measured_at: ref.measured_at, source: ref.source, value };
}

function sentenceOfPoint(found: Found, verdict: Verdict, change_percent: number | null, isUnsteady: boolean): string {
  const { median, n, scale, z_score, threshold } = verdict;
  const { unit } = found;
  const higher = z_score > 0 ? 'higher' : 'lower';
  const by = change_percent === null ? higher : `${short(Math.abs(change_percent))} % ${higher}`;
  const unsteady = isUnsteady ? ', twice as much as usual since this measurement was not steady' : '';
  const times = Math.abs(z_score) >= 1000 ? 'far more than' : `${short(Math.abs(z_score))} times`;
  return `${nameOf(found.key)} is ${withUnit(found.first_bad.value, unit)}, ${by} than the median ${withUnit(median, unit)} of the ${n} runs before: ${times} their noise of ${withUnit(scale, unit)}, where up to ${short(threshold)} times would be chance${unsteady}.`;
}

export function percent(value: number, median: number): number | null {
  if (median === 0) return null;
  const change = ((value - median) / Math.abs(median)) * 100;
  return Number.isFinite(change) ? change : null;
}

/** A series' name for a sentence. */
export function nameOf(key: SeriesKey): string {
  const thing = key.model === '' || key.model === key.benchmark ? key.benchmark : `${key.benchmark} with ${key.model}`;
  const details = [
    ...(key.precision === '' ? [] : [key.precision]),
    ...(key.batch_size === null ? [] : [`batch size ${key.batch_size}`]),
    ...(key.is_simulated ? ['simulated'] : []),
  ];
  return `${key.metric} of ${thing}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
}

export function withUnit(value: number, unit: string | null): string {
  return `${short(value)}${unit === null ? '' : ` ${unit}`}`;
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${short(value)}`;
}

/** Four digits are as many as a person compares. */
export function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
