import type { MetricVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { wordsOf } from '@benchwire/shared/verdict/summary.ts';
import { Button } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconEqual, IconPlus, type IconProps, IconQuestionMark } from '@tabler/icons-react';
import type { ComponentType, ReactNode } from 'react';
import { Link } from 'wouter';
import { formatNumber, formatPercentChange } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';

/** Which way the value moved; a word says whether that is better. */
function signOf({ verdict, change_percent }: MetricVerdict): ComponentType<IconProps> {
  switch (verdict) {
    case 'no_change':
      return IconEqual;
    case 'cannot_tell':
      return IconQuestionMark;
    case 'new':
      return IconPlus;
    default:
      return (change_percent ?? 0) < 0 ? IconArrowDown : IconArrowUp;
  }
}

function toneOf({ gate, verdict }: MetricVerdict): string {
  if (gate === 'fail') return 'failed';
  if (gate === 'warn' || verdict === 'cannot_tell') return 'timed_out';
  if (gate === 'report' || verdict === 'new') return 'cancelled';
  return 'completed';
}

function VerdictWord({ of }: { of: MetricVerdict }): ReactNode {
  const Icon = signOf(of);
  return (
    <span className="bw-status" data-tone={toneOf(of)}>
      <Icon size={15} stroke={2} aria-hidden />
      {wordsOf(of)}
    </span>
  );
}

/** `−0.4 % to +2.1 %`, or nothing where there is none. */
export function intervalOf({ change_low_percent: low, change_high_percent: high }: MetricVerdict): string | null {
  return low === null || high === null ? null : `${formatPercentChange(low)} to ${formatPercentChange(high)}`;
}

const COLUMNS: readonly Column<MetricVerdict>[] = [
  { key: 'verdict', title: 'Verdict', value: wordsOf, cell: (row) => <VerdictWord of={row} /> },
  {
    key: 'metric',
    title: 'Metric',
    value: ({ metric }) => metric,
    cell: ({ metric, series_id }) => <Link href={`/series/${series_id}`}>{metric}</Link>,
  },
  {
    key: 'change_percent',
    title: 'Change',
    numeric: true,
    value: ({ change_percent }) => change_percent,
    cell: ({ change_percent }) => formatPercentChange(change_percent),
  },
  { key: 'change_95_percent', title: '95 % CI', numeric: true, value: intervalOf },
  { key: 'task_id', title: 'Task', value: ({ task_id }) => task_id },
  { key: 'batch_size', title: 'Batch', numeric: true, value: ({ batch_size }) => batch_size },
  {
    key: 'value',
    title: 'Value',
    numeric: true,
    value: ({ value }) => value,
    cell: ({ value, unit }) => (
      <>
        {formatNumber(value)} <span className="bw-unit">{unit}</span>
      </>
    ),
  },
  {
    key: 'baseline',
    title: 'Baseline',
    numeric: true,
    value: ({ baseline }) => baseline?.level ?? null,
    cell: ({ baseline, unit }) =>
      baseline === null ? (
        '–'
      ) : (
        <>
          {formatNumber(baseline.level)} <span className="bw-unit">{unit}</span>{' '}
          <span className="bw-dim">
            {baseline.line}, {baseline.points} {baseline.points === 1 ? 'point' : 'points'}
          </span>
        </>
      ),
  },
  {
    key: 'minimum_detectable_percent',
    title: 'Detects',
    numeric: true,
    wide: true,
    value: ({ minimum_detectable_percent }) => minimum_detectable_percent,
    cell: ({ minimum_detectable_percent: percent }) => (percent === null ? '–' : `${percent.toFixed(1)} %`),
  },
  { key: 'gate', title: 'Gate', wide: true, value: ({ gate }) => gate },
];

/** Each metric with its change, interval, baseline and verdict; why, on demand. */
export function VerdictTable({
  rows,
  onAsk,
}: {
  rows: readonly MetricVerdict[];
  onAsk: (metric: MetricVerdict) => void;
}): ReactNode {
  const why: Column<MetricVerdict> = {
    key: 'why',
    title: '',
    value: () => '',
    cell: (row) => (
      <Button
        variant="subtle"
        size="compact-xs"
        onClick={() => onAsk(row)}
        aria-label={`Why ${row.metric} of ${row.task_id}${row.batch_size === null ? '' : ` at batch ${row.batch_size}`} is ${wordsOf(row)}`}
      >
        Why
      </Button>
    ),
  };
  return (
    <DataTable
      label="Verdict by metric"
      columns={[...COLUMNS, why]}
      rows={rows}
      rowKey={({ series_id }) => series_id}
      most={20}
    />
  );
}
