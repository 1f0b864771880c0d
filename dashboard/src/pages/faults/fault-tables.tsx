import type {
  CircuitPeriod,
  FaultTolerance,
  QuarantinePeriod,
  StrategyUse,
} from '@benchwire/shared/contracts/fault-tolerance.ts';
import { formatDuration } from '@benchwire/shared/format/duration.ts';
import { STRATEGY_WORDS } from '@benchwire/shared/format/strategy-words.ts';
import type { ReactNode } from 'react';
import { formatCount } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { PoolName, WorkerName } from '../../parts/hardware-name.tsx';
import { Meter } from '../../parts/meter.tsx';
import { Empty } from '../../parts/states.tsx';
import { At } from '../../parts/time.tsx';

export const shareOf = (part: number, of: number): string =>
  of === 0 ? '–' : `${((100 * part) / of).toFixed(part === of ? 0 : 1)} %`;
const words = (name: string): string => name.replaceAll('_', ' ');

const count = <Row,>(key: string, title: string, value: (row: Row) => number): Column<Row> => ({
  ...{ key, title, numeric: true, value },
  cell: (row) => formatCount(value(row)),
});

const STRATEGIES: readonly Column<StrategyUse>[] = [
  { key: 'strategy', title: 'Strategy', value: ({ strategy }) => STRATEGY_WORDS[strategy] },
  { key: 'error_class', title: 'After', value: ({ error_class }) => words(error_class) || '–' },
  count('times', 'Times', ({ times }) => times),
  {
    ...{ key: 'succeeded', title: 'Success rate', hint: 'The next attempt completed' },
    value: ({ succeeded, decided }) => (decided === 0 ? null : succeeded / decided),
    cell: ({ succeeded, decided }) => (
      <Meter
        value={succeeded}
        of={decided}
        text={decided === 0 ? '–' : `${shareOf(succeeded, decided)} of ${formatCount(decided)}`}
      />
    ),
  },
  { ...count('pending', 'Pending', ({ times, decided }) => times - decided), hint: 'No attempt has ended since' },
  {
    ...{ key: 'median_seconds', title: 'Median time', numeric: true },
    hint: 'Until the retry had completed, or how long something was held back',
    value: ({ median_seconds }) => median_seconds,
    cell: ({ median_seconds }) => formatDuration(median_seconds) || '–',
  },
];

/** What was done after failures of each class, and how often it helped. */
export function StrategyTable({ rows }: { rows: readonly StrategyUse[] }): ReactNode {
  if (rows.length === 0) return <Empty title="No recoveries in this time" />;
  const keyOf = ({ strategy, error_class }: StrategyUse): string => `${strategy} ${error_class}`;
  return <DataTable label="Recovery strategies" columns={STRATEGIES} rows={rows} rowKey={keyOf} />;
}

type PoolRow = FaultTolerance['pools'][number];
const POOLS: readonly Column<PoolRow>[] = [
  {
    ...{ key: 'pool', title: 'Pool', value: ({ pool }: PoolRow) => pool },
    cell: ({ pool }) => (pool === '' ? 'no pool' : <PoolName pool={pool} />),
  },
  count('attempts', 'Attempts', ({ attempts }) => attempts),
  count('failed', 'Failed', ({ failed }) => failed),
  {
    ...{ key: 'failed_share', title: 'Failure rate', value: ({ failed, attempts }: PoolRow) => failed / attempts },
    cell: ({ failed, attempts }) => <Meter value={failed} of={attempts} text={shareOf(failed, attempts)} />,
  },
];

/** How many attempts failed on each pool. */
export function FailingPools({ rows }: { rows: readonly PoolRow[] }): ReactNode {
  if (rows.length === 0) return <Empty title="No attempt ended in this time" />;
  return <DataTable label="Failures by pool" columns={POOLS} rows={rows} rowKey={({ pool }) => pool} most={20} />;
}

const QUARANTINES: readonly Column<QuarantinePeriod>[] = [
  {
    ...{ key: 'worker_id', title: 'Worker', value: ({ worker_id }: QuarantinePeriod) => worker_id },
    cell: ({ worker_id }) => <WorkerName worker_id={worker_id} />,
  },
  {
    ...{ key: 'started_at', title: 'From', value: ({ started_at }: QuarantinePeriod) => started_at },
    cell: ({ started_at }) => (started_at === null ? 'before this time' : <At at={started_at} />),
  },
  {
    ...{ key: 'ended_at', title: 'Until', value: ({ ended_at }: QuarantinePeriod) => ended_at },
    cell: ({ ended_at }) => (ended_at === null ? <b>still there</b> : <At at={ended_at} />),
  },
  { key: 'by', title: 'By', value: ({ by }) => by },
  { key: 'ended_by', title: 'Ended by', value: ({ ended_by }) => ended_by && words(ended_by) },
  count('checks_failed', 'Failed checks', ({ checks_failed }) => checks_failed),
  { key: 'next_status', title: 'Next attempt', value: ({ next_status }) => next_status && words(next_status) },
  { key: 'reason', title: 'Reason', value: ({ reason }) => reason },
];

export function QuarantineTable({ rows }: { rows: readonly QuarantinePeriod[] }): ReactNode {
  if (rows.length === 0) return <Empty title="No worker was in quarantine" />;
  const keyOf = ({ worker_id, started_at, ended_at }: QuarantinePeriod): string =>
    `${worker_id} ${started_at} ${ended_at}`;
  return <DataTable label="Quarantines" columns={QUARANTINES} rows={rows} rowKey={keyOf} most={20} />;
}

const CIRCUITS: readonly Column<CircuitPeriod>[] = [
  { key: 'subject', title: 'Held back', value: ({ subject }) => subject },
  { key: 'hardware', title: 'Hardware', value: ({ hardware }) => hardware },
  { key: 'error_class', title: 'Class', value: ({ error_class }) => words(error_class) },
  {
    ...{ key: 'opened_at', title: 'Opened', value: ({ opened_at }: CircuitPeriod) => opened_at },
    cell: ({ opened_at }) => (opened_at === null ? 'before this time' : <At at={opened_at} />),
  },
  {
    ...{ key: 'closed_at', title: 'Closed', value: ({ closed_at }: CircuitPeriod) => closed_at },
    cell: ({ closed_at }) => (closed_at === null ? <b>still open</b> : <At at={closed_at} />),
  },
  count('trials_failed', 'Failed trials', ({ trials_failed }) => trials_failed),
  { key: 'reason', title: 'Reason', value: ({ reason }) => reason },
];

export function CircuitTable({ rows }: { rows: readonly CircuitPeriod[] }): ReactNode {
  if (rows.length === 0) return <Empty title="No circuit breaker opened" />;
  const keyOf = ({ subject, hardware, opened_at, closed_at }: CircuitPeriod): string =>
    `${subject} ${hardware} ${opened_at} ${closed_at}`;
  return <DataTable label="Circuit breakers" columns={CIRCUITS} rows={rows} rowKey={keyOf} most={20} />;
}
