import type { AnalyticsGroup, AnalyticsRow } from '@benchwire/shared/contracts/analytics.ts';
import type { ComparedCell } from '@benchwire/shared/contracts/comparison.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatCount, formatNumber, formatPercentChange } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { DifferenceMark } from '../../parts/difference-mark.tsx';
import { PoolName } from '../../parts/hardware-name.tsx';

interface GroupTableProps {
  label: string;
  groups: readonly AnalyticsGroup[];
  nameOf: (name: string) => string;
  /** What the device is called that values are normalised to. */
  device: string | null;
}

/** How a metric changed by hardware or by model. */
export function GroupTable({ label, groups, nameOf, device }: GroupTableProps): ReactNode {
  const number = (key: keyof AnalyticsGroup & string, title: string, hint: string): Column<AnalyticsGroup> => ({
    ...{ key, title, hint, numeric: true, wide: true },
    value: (group) => group[key] as number,
    cell: (group) => formatCount(group[key] as number),
  });
  const over = (side: 'baseline' | 'period'): Column<AnalyticsGroup> => ({
    ...{ key: `${side}_relative`, title: `${side === 'baseline' ? 'Baseline' : 'Period'} ÷ ${device}`, numeric: true },
    hint: 'Geometric mean of the values over those of the device',
    value: ({ relative }) => relative?.[side] ?? null,
    cell: ({ relative }) =>
      relative?.[side] == null ? '–' : `${formatNumber(relative[side])} × (${relative[`${side}_values`]})`,
  });
  const columns: Column<AnalyticsGroup>[] = [
    {
      ...{ key: 'name', title: label === 'By model' ? 'Model' : 'Hardware', value: ({ name }) => name },
      cell: ({ name, metric }) => (
        <div title={name}>
          {nameOf(name)}
          <div className="bw-phone-only bw-dim">{metric}</div>
        </div>
      ),
    },
    { key: 'metric', title: 'Metric', wide: true, value: ({ metric }) => metric },
    {
      ...{ key: 'mean_change_percent', title: 'Mean change', numeric: true },
      hint: 'Geometric mean of the ratios of all values that both sides have',
      value: ({ mean_change_percent }) => mean_change_percent,
      cell: ({ mean_change_percent, sentence }) => (
        <span title={sentence}>{formatPercentChange(mean_change_percent)}</span>
      ),
    },
    number('rows', 'Values', 'That both sides have'),
    { ...number('worse', 'Worse', 'Worse, and more than noise'), wide: false },
    { ...number('better', 'Better', 'Better, and more than noise'), wide: false },
    number('same', 'Noise', 'No more than noise'),
    number('unknown', 'Unknown', 'How much one run differs from the next is not known yet'),
    number('only_baseline', 'Only baseline', 'Measured in the baseline only'),
    number('only_period', 'Only period', 'Measured in the period only'),
    ...(device === null ? [] : [over('baseline'), over('period')]),
  ];
  return (
    <DataTable
      label={label}
      columns={columns}
      rows={groups}
      rowKey={({ metric, name }) => `${metric} ${name}`}
      most={50}
    />
  );
}

const keyOf = (row: AnalyticsRow): string =>
  [row.cells[0]?.series_id, row.cells[1]?.series_id, row.pool, row.metric, row.variant, row.batch_size].join(' ');

const NAME: Column<AnalyticsRow> = {
  ...{ key: 'model', title: 'What', value: ({ model, benchmark }) => model || benchmark },
  cell: ({ model, benchmark, metric, batch_size, precision }) => (
    <div title={model || benchmark}>
      {modelName(model) || benchmark}
      <div className="bw-phone-only bw-dim">
        {[metric, batch_size === null ? '' : `batch ${batch_size}`, precision].filter(Boolean).join(', ')}
      </div>
    </div>
  ),
};

const MORE: readonly Column<AnalyticsRow>[] = [
  { key: 'metric', title: 'Metric', wide: true, value: ({ metric }) => metric },
  { key: 'batch_size', title: 'Batch', numeric: true, wide: true, value: ({ batch_size }) => batch_size },
  { key: 'precision', title: 'Precision', wide: true, value: ({ precision }) => precision },
  {
    ...{ key: 'hardware', title: 'Hardware', wide: true, value: ({ pool }) => pool },
    cell: ({ pool }) => <PoolName pool={pool} />,
  },
];

const BENCHMARK: Column<AnalyticsRow> = {
  ...{ key: 'benchmark', title: 'Benchmark', wide: true, value: ({ benchmark }) => benchmark },
};

/** Each value that both sides have, with its verdict. */
export function ValueTable({ rows, device }: { rows: readonly AnalyticsRow[]; device: string | null }): ReactNode {
  const side = (at: number, key: string, title: string): Column<AnalyticsRow> => ({
    ...{ key, title, numeric: true, wide: true, value: ({ cells }) => cells[at]?.value ?? null },
    cell: ({ cells, unit }) => <Value cell={cells[at] ?? null} unit={unit} />,
  });
  const over = (at: number, key: string, title: string): Column<AnalyticsRow> => ({
    ...{ key, title, numeric: true, wide: true, value: ({ relative }) => relative[at] ?? null },
    cell: ({ relative }) => (relative[at] == null ? '–' : `${formatNumber(relative[at])} ×`),
  });
  const columns: Column<AnalyticsRow>[] = [
    NAME,
    {
      ...{ key: 'verdict', title: 'Verdict', value: ({ differences }) => differences[1]?.verdict ?? null },
      cell: ({ differences }) => <DifferenceMark difference={differences[1] ?? null} />,
    },
    {
      ...{ key: 'change_percent', title: 'Change', numeric: true },
      value: ({ differences }) => differences[1]?.change_percent ?? null,
      cell: ({ differences }) => formatPercentChange(differences[1]?.change_percent),
    },
    bound('change_low_percent', '95 % CI low'),
    bound('change_high_percent', '95 % CI high'),
    ...MORE,
    side(0, 'baseline', 'Baseline'),
    side(1, 'period', 'Period'),
    ...(device === null
      ? []
      : [over(0, 'baseline_relative', `Baseline ÷ ${device}`), over(1, 'period_relative', `Period ÷ ${device}`)]),
    BENCHMARK,
  ];
  return <DataTable label="Values" columns={columns} rows={rows} rowKey={keyOf} most={50} />;
}

const bound = (key: 'change_low_percent' | 'change_high_percent', title: string): Column<AnalyticsRow> => ({
  ...{ key, title, numeric: true, wide: true, value: ({ differences }) => differences[1]?.[key] ?? null },
  cell: ({ differences }) => formatPercentChange(differences[1]?.[key]),
});

/** What only one side has. */
export function AloneTable({ rows }: { rows: readonly AnalyticsRow[] }): ReactNode {
  const columns: Column<AnalyticsRow>[] = [
    NAME,
    {
      ...{ key: 'measured_in', title: 'Measured in' },
      value: ({ cells }) => (cells[0] == null ? 'the period' : 'the baseline'),
    },
    {
      ...{ key: 'value', title: 'Value', numeric: true, value: ({ cells }) => (cells[0] ?? cells[1])?.value ?? null },
      cell: ({ cells, unit }) => <Value cell={cells[0] ?? cells[1] ?? null} unit={unit} />,
    },
    ...MORE,
    BENCHMARK,
  ];
  return <DataTable label="Measured on one side only" columns={columns} rows={rows} rowKey={keyOf} most={50} />;
}

function Value({ cell, unit }: { cell: ComparedCell | null; unit: string }): ReactNode {
  if (cell === null) return '–';
  return (
    <Link href={`/series/${cell.series_id}`} title={`${cell.runs} runs`}>
      {formatNumber(cell.value)} {unit}
    </Link>
  );
}
