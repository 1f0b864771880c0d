import type { FindingRow, ResultRow, RunRow } from '../../contracts/rows.ts';
import { fourDigits } from '../../format/number.ts';
import { fields, percent } from '../answer.ts';

/** A row of a list of runs. */
export function runLine(run: RunRow & { status: string }): string {
  const { completed, failed, timed_out, lost, total, verdict, source } = run;
  const unsuccessful = failed + timed_out + lost;
  return fields({
    run_id: run.run_id,
    name: run.name,
    status: run.status,
    tasks: `${completed}/${total} completed${unsuccessful > 0 ? `, ${unsuccessful} failed` : ''}`,
    verdict: verdict === null ? null : `${verdict.outcome} (${verdict.summary})`,
    commit: source?.commit?.slice(0, 12),
    branch: source?.branch,
    accepted_at: run.accepted_at,
  });
}

/** A row of a list of findings. */
export function findingLine(finding: FindingRow): string {
  return fields({
    finding_id: finding.finding_id,
    kind: finding.kind,
    state: finding.state,
    change: percent(finding.change_percent),
    ...subject(finding),
    from: fourDigits(finding.baseline_median),
    to: `${fourDigits(finding.value)} ${finding.unit}`.trim(),
    pool: finding.pool,
    commit: finding.source?.commit?.slice(0, 12),
    detected_at: finding.detected_at,
  });
}

/** What was measured. */
export function subject(row: {
  benchmark: string;
  model: string;
  metric: string;
  batch_size: number | null;
}): Record<string, string | number | null> {
  const { benchmark, model, metric, batch_size } = row;
  return { benchmark, model: model === benchmark ? null : model, metric, batch_size };
}

/** One point of a series. */
export function pointLine(point: ResultRow): string {
  return fields({
    measured_at: point.measured_at,
    value: `${fourDigits(point.value)} ${point.unit}`.trim(),
    interval:
      point.ci_low === null || point.ci_high === null
        ? null
        : `${fourDigits(point.ci_low)} to ${fourDigits(point.ci_high)}`,
    steady: point.steady === false ? 'no' : null,
    commit: point.commit.slice(0, 12),
    run_id: point.run_id,
    task_id: point.task_id,
    notes: point.notes.join('; '),
  });
}

/** The end of a text, line by line. */
export function lastLines(text: string, most: number): string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-most);
}
