import { call } from '@benchwire/shared/client/http-client.ts';
import type { FindingRow } from '@benchwire/shared/contracts/rows.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { usePages } from '../../api/use-api.ts';
import { formatPercentChange } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Answer, Empty } from '../../parts/states.tsx';

const COLUMNS: readonly Column<FindingRow>[] = [
  {
    key: 'kind',
    title: 'Finding',
    value: ({ kind }) => kind,
    cell: ({ kind, finding_id }) => <Link href={`/findings/${encodeURIComponent(finding_id)}`}>{kind}</Link>,
  },
  { key: 'state', title: 'State', value: ({ state }) => state.replace('_', ' ') },
  { key: 'model', title: 'Model', value: ({ model, benchmark }) => model || benchmark },
  { key: 'batch_size', title: 'Batch', numeric: true, value: ({ batch_size }) => batch_size },
  { key: 'metric', title: 'Metric', value: ({ metric }) => metric },
  {
    key: 'change_percent',
    title: 'Change',
    numeric: true,
    value: ({ change_percent }) => change_percent,
    cell: ({ change_percent }) => formatPercentChange(change_percent),
  },
  {
    key: 'message',
    title: 'Summary',
    wide: true,
    value: ({ message }) => message,
    cell: ({ message }) => <div className="bw-wrap">{message}</div>,
  },
];

/** What was found in a run's results. */
export function RunFindings({ run_id }: { run_id: string }): ReactNode {
  const findings = usePages(call('GET /api/runs/:run_id/findings', { params: { run_id }, query: { limit: 200 } }));
  return (
    <Answer of={findings}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty title="No findings in this run" />
        ) : (
          <DataTable label="Findings" columns={COLUMNS} rows={rows} rowKey={({ finding_id }) => finding_id} />
        )
      }
    </Answer>
  );
}
