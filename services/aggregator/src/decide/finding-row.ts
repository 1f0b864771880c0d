import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { fieldsOfKey } from '@benchwire/shared/contracts/series-key.ts';
import type { FindingRow } from '../tables/findings.ts';
import { findingVersion } from './versions.ts';

/** A finding as a row. */
export function findingRow(finding: Finding, order: number): FindingRow {
  const { series, baseline } = finding;
  return {
    finding_id: finding.finding_id,
    kind: finding.kind,
    series_id: finding.series_id,
    run_id: finding.run_id,
    task_id: finding.task_id,
    attempt: finding.attempt,
    ...fieldsOfKey(series),
    unit: finding.unit ?? '',
    pool: finding.pool ?? '',
    source: finding.source === null ? '' : JSON.stringify(finding.source),
    previous_source: finding.previous_source === null ? '' : JSON.stringify(finding.previous_source),
    detected_at: finding.detected_at,
    measured_at: finding.measured_at,
    value: finding.value,
    baseline_median: baseline.median,
    baseline_mad: baseline.mad,
    baseline_scale: baseline.scale,
    baseline_n: baseline.n,
    baseline_values: baseline.values,
    z_score: finding.z_score,
    threshold: finding.threshold,
    change_percent: finding.change_percent,
    message: finding.message,
    version: findingVersion(finding.revision, order),
    state: finding.state,
    state_reason: finding.history.at(-1)?.reason ?? '',
    changed_at: finding.history.at(-1)?.at ?? null,
    revision: finding.revision,
    incident_id: finding.incident_id ?? '',
    effect_size: finding.evidence?.effect_size ?? null,
    record: JSON.stringify(finding),
  };
}
