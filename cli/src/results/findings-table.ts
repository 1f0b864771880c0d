import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import type { FindingRow } from '@benchwire/shared/contracts/rows.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { shortFindingId } from '../connection/find-finding.ts';
import { formatAgo, formatChange, formatNumber } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { type Column, renderTable } from '../terminal/table.ts';

/** A finding of the stream as the row that the aggregator makes of it. */
export function findingToRow(finding: Finding): FindingRow {
  const { finding_id, kind, series_id, run_id, task_id, value, z_score, change_percent, detected_at, message } =
    finding;
  const { benchmark, model, batch_size, metric, executor, precision, fingerprint } = finding.series;
  const { state, revision, incident_id } = finding;
  const last = finding.history.at(-1);
  return {
    ...{ finding_id, kind, series_id, run_id, task_id, value, z_score, change_percent, detected_at, message },
    ...{ benchmark, model, batch_size, metric, executor, precision, fingerprint, state, revision, incident_id },
    state_reason: last?.reason ?? '',
    changed_at: last?.at ?? null,
    unit: finding.unit ?? '',
    source: finding.source,
    previous_source: finding.previous_source,
    pool: finding.pool ?? '',
    baseline_median: finding.baseline.median,
  };
}

export function paintKind(text: string, kind: string, style: Style): string {
  if (kind === 'regression') return style.red(text);
  if (kind === 'improvement') return style.green(text);
  return style.yellow(text);
}

export function findingsTable(
  rows: readonly FindingRow[],
  style: Style,
  width: number | undefined,
  now_ms: number,
): string[] {
  const columns: ReadonlyArray<Column<FindingRow>> = [
    { title: 'finding', cell: (row) => shortFindingId(row.finding_id), expendable: 7 },
    { title: 'kind', cell: (row) => row.kind, paint: (text, row, s) => paintKind(text, row.kind, s) },
    { title: 'state', cell: (row) => row.state.replace('_', ' '), expendable: 8 },
    {
      title: 'change',
      cell: (row) => formatChange(row.change_percent),
      align: 'right',
      paint: (text, row, s) => paintKind(text, row.kind, s),
    },
    { title: 'metric', cell: (row) => row.metric, shrink_to: 16 },
    { title: 'of', cell: (row) => modelName(row.model) || row.benchmark, shrink_to: 14 },
    { title: 'batch', cell: (row) => (row.batch_size === null ? '' : String(row.batch_size)), align: 'right' },
    { title: 'value', cell: (row) => formatNumber(row.value), align: 'right' },
    { title: 'median before', cell: (row) => formatNumber(row.baseline_median), align: 'right', expendable: 3 },
    { title: 'z', cell: (row) => formatNumber(row.z_score, 1), align: 'right', expendable: 4 },
    { title: 'pool', cell: (row) => row.pool, expendable: 6 },
    { title: 'run', cell: (row) => row.run_id.slice(0, 13), expendable: 2 },
    { title: 'series', cell: (row) => row.series_id, expendable: 5 },
    { title: 'when', cell: (row) => formatAgo(Date.parse(row.detected_at), now_ms), align: 'right', expendable: 1 },
  ];
  return renderTable(rows, columns, { style, width });
}
