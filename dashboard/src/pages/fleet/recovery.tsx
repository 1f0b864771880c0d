import type { RecoveryCell } from '@benchwire/shared/contracts/api/measurements.ts';
import type { ReactNode } from 'react';
import { formatCount } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Meter } from '../../parts/meter.tsx';
import { Empty } from '../../parts/states.tsx';

const COLUMNS: readonly Column<RecoveryCell>[] = [
  { key: 'strategy', title: 'Strategy', value: ({ strategy }) => strategy.replaceAll('_', ' ') },
  {
    key: 'attempts',
    title: 'Times',
    numeric: true,
    value: ({ attempts }) => attempts,
    cell: ({ attempts }) => formatCount(attempts),
  },
  {
    key: 'recovered',
    title: 'Success rate',
    value: ({ recovered, attempts }) => recovered / Math.max(1, attempts),
    cell: ({ recovered, attempts }) => (
      <Meter
        value={recovered}
        of={attempts}
        text={attempts === 0 ? '–' : `${Math.round((100 * recovered) / attempts)} %`}
      />
    ),
  },
];

/** What was tried after failures, and how often it helped. */
export function Recovery({ rows }: { rows: readonly RecoveryCell[] }): ReactNode {
  if (rows.length === 0) return <Empty title="No recoveries so far" />;
  return <DataTable label="Recovery by strategy" columns={COLUMNS} rows={rows} rowKey={({ strategy }) => strategy} />;
}
