import type { DigestEntry, DigestGroup } from '@benchwire/shared/contracts/digest.ts';
import { commitsOf } from '@benchwire/shared/format/commits.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatCount, formatNumber, formatPercentChange } from '../../format/numbers.ts';
import { RangeLink } from '../../parts/commit-link.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { FindingChange } from '../../parts/finding-kind.tsx';
import { PoolName } from '../../parts/hardware-name.tsx';
import { Ago } from '../../parts/time.tsx';
import { FindingStateText } from '../findings/finding-state.tsx';

const settingsOf = ({ batch_size, precision }: DigestEntry): string =>
  [batch_size === null ? '' : `batch ${batch_size}`, precision].filter(Boolean).join(', ');

const COLUMNS: readonly Column<DigestEntry>[] = [
  {
    ...{ key: 'model', title: 'What', value: ({ model, benchmark }) => model || benchmark },
    cell: (entry) => (
      <Link href={`/findings/${encodeURIComponent(entry.finding_id)}`} title={entry.model || entry.benchmark}>
        {modelName(entry.model) || entry.benchmark} {entry.metric}
        <div className="bw-dim">{settingsOf(entry)}</div>
      </Link>
    ),
  },
  {
    ...{ key: 'change_percent', title: 'Change', numeric: true, value: ({ change_percent }) => change_percent },
    hint: 'Of the median of the runs since it was found, against those before',
    cell: ({ kind, change_percent }) => <FindingChange kind={kind} percent={change_percent} />,
  },
  {
    ...{ key: 'change_low_percent', title: '95 % CI low', numeric: true, wide: true },
    value: ({ change_low_percent }) => change_low_percent,
    cell: ({ change_low_percent }) => formatPercentChange(change_low_percent),
  },
  {
    ...{ key: 'change_high_percent', title: '95 % CI high', numeric: true, wide: true },
    value: ({ change_high_percent }) => change_high_percent,
    cell: ({ change_high_percent }) => formatPercentChange(change_high_percent),
  },
  {
    ...{ key: 'baseline', title: 'Before', numeric: true, wide: true, value: ({ baseline_median }) => baseline_median },
    cell: ({ baseline_median, unit }) => `${formatNumber(baseline_median)} ${unit}`,
  },
  {
    key: 'hardware',
    title: 'Hardware',
    wide: true,
    value: ({ pool }) => pool,
    cell: ({ pool }) => <PoolName pool={pool} />,
  },
  {
    ...{ key: 'state', title: 'State', value: ({ state }) => state },
    cell: ({ state, state_reason }) => (
      <span title={state_reason || undefined}>
        <FindingStateText state={state} />
      </span>
    ),
  },
  {
    ...{ key: 'commit', title: 'Commit', wide: true, value: commitsOf },
    cell: ({ source, previous_source }) => <RangeLink from={previous_source} to={source} />,
  },
  { key: 'author', title: 'Author', wide: true, value: ({ source }) => source?.author ?? null },
  {
    ...{ key: 'detected_at', title: 'Found', wide: true, value: ({ detected_at }) => detected_at },
    cell: ({ detected_at }) => <Ago at={detected_at} />,
  },
];

/** Regressions or improvements of a digest. */
export function ChangeTable({ label, entries }: { label: string; entries: readonly DigestEntry[] }): ReactNode {
  return <DataTable label={label} columns={COLUMNS} rows={entries} rowKey={({ finding_id }) => finding_id} most={50} />;
}

interface DigestGroupTableProps {
  label: string;
  groups: readonly DigestGroup[];
  nameOf: (name: string) => string;
}

/** How many regressions each model or hardware got, and how many are still open. */
export function DigestGroupTable({ label, groups, nameOf }: DigestGroupTableProps): ReactNode {
  const number = (key: 'opened' | 'still_open' | 'closed', title: string): Column<DigestGroup> => ({
    ...{ key, title, numeric: true, value: (group) => group[key], cell: (group) => formatCount(group[key]) },
  });
  const columns: Column<DigestGroup>[] = [
    {
      ...{ key: 'name', title: label === 'By model' ? 'Model' : 'Hardware', value: ({ name }) => name },
      cell: ({ name }) => <span title={name}>{nameOf(name)}</span>,
    },
    number('opened', 'Found'),
    number('still_open', 'Still open'),
    number('closed', 'Settled'),
    {
      ...{ key: 'worst_percent', title: 'Greatest change', numeric: true, value: ({ worst_percent }) => worst_percent },
      cell: ({ worst_percent }) => formatPercentChange(worst_percent),
    },
  ];
  return <DataTable label={label} columns={columns} rows={groups} rowKey={({ name }) => name} most={20} />;
}
