import type { PoolStatus } from '@benchwire/shared/contracts/status.ts';
import { ActionIcon, Code } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { useMay } from '../../api/session.ts';
import { formatCount, formatSeconds } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { PoolName } from '../../parts/hardware-name.tsx';
import { Meter } from '../../parts/meter.tsx';
import { Empty } from '../../parts/states.tsx';
import { NameDialog } from './name-dialog.tsx';

const COLUMNS: readonly Column<PoolStatus>[] = [
  {
    key: 'pool',
    title: 'Pool',
    value: ({ pool }) => pool,
    cell: ({ pool }) => <PoolLink pool={pool} />,
  },
  { key: 'workers', title: 'Workers', numeric: true, value: ({ workers }) => workers },
  {
    key: 'running',
    title: 'Running',
    value: ({ running = 0 }) => running,
    cell: ({ running = 0, slots }) => <Meter value={running} of={slots} text={`${running} of ${slots}`} />,
  },
  {
    key: 'queued',
    title: 'Queued',
    numeric: true,
    wide: true,
    value: ({ emitted, running = 0 }) => Math.max(0, emitted - running),
  },
  {
    key: 'waiting',
    title: 'Waiting',
    numeric: true,
    value: ({ waiting }) => waiting,
    cell: ({ waiting }) => formatCount(waiting),
  },
  {
    key: 'oldest_wait_seconds',
    title: 'Oldest wait',
    numeric: true,
    wide: true,
    value: ({ oldest_wait_seconds }) => oldest_wait_seconds ?? null,
    cell: ({ oldest_wait_seconds, waiting }) => (waiting === 0 ? '–' : formatSeconds(oldest_wait_seconds)),
  },
  {
    key: 'expected_work_seconds',
    title: 'Estimated backlog',
    numeric: true,
    wide: true,
    value: ({ expected_work_seconds }) => expected_work_seconds ?? null,
    cell: ({ expected_work_seconds, unknown_work_tasks }) => (
      <ExpectedWork seconds={expected_work_seconds ?? null} unknown={unknown_work_tasks ?? 0} />
    ),
  },
];

function PoolLink({ pool }: Pick<PoolStatus, 'pool'>): ReactNode {
  return (
    <Link href={`/fleet?pool=${encodeURIComponent(pool)}`}>
      <PoolName pool={pool} />
    </Link>
  );
}

/** How long all that waits would take; tasks that nobody knows anything about make it a lower bound. */
function ExpectedWork({ seconds, unknown }: { seconds: number | null; unknown: number }): ReactNode {
  if (unknown === 0 || seconds === null) return formatSeconds(seconds);
  const why = `no run time is known for ${formatCount(unknown)} of the tasks`;
  return <span title={why}>{seconds === 0 ? 'unknown' : `≥ ${formatSeconds(seconds)}`}</span>;
}

/** What each pool does and what waits for it. */
export function PoolTable({ pools }: { pools: readonly PoolStatus[] }): ReactNode {
  const may_operate = useMay('operator');
  const [named, setNamed] = useState<string>();
  const namedCell = ({ pool }: PoolStatus): ReactNode => (
    <span className="bw-pool-cell">
      <PoolLink pool={pool} />
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Name ${pool}`} onClick={() => setNamed(pool)}>
        <IconPencil size={15} />
      </ActionIcon>
    </span>
  );
  if (pools.length === 0) {
    return (
      <Empty title="No workers">
        Start one: <Code>npm run bw -- worker --join nats://…</Code>
      </Empty>
    );
  }
  const columns = COLUMNS.map((column) =>
    column.key === 'pool' && may_operate ? { ...column, cell: namedCell } : column,
  );
  return (
    <>
      <DataTable label="Pools" columns={columns} rows={pools} rowKey={({ pool }) => pool} />
      {named !== undefined && <NameDialog kind="pool" id={named} onClose={() => setNamed(undefined)} />}
    </>
  );
}
