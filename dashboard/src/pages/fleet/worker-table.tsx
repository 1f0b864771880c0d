import type { WorkerNow } from '@benchwire/shared/contracts/api/fleet.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatMegabytes } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { PoolName, WorkerName } from '../../parts/hardware-name.tsx';
import { Meter } from '../../parts/meter.tsx';
import { Status } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';
import { WorkerActions } from './worker-actions.tsx';
import { devicesOf, runningOn, slotsOf } from './worker-facts.ts';

/** A measured value, or `–` with the reason why there is none. */
function Measured({ worker, of, children }: { worker: WorkerNow; of: string; children: ReactNode }): ReactNode {
  if (children !== null) return children;
  const reasons = worker.heartbeat?.unavailable ?? {};
  return (
    <span className="bw-dim" title={reasons[of] ?? reasons['*'] ?? 'no heartbeat'}>
      –
    </span>
  );
}

const COLUMNS: readonly Column<WorkerNow>[] = [
  {
    key: 'worker_id',
    title: 'Worker',
    value: ({ worker_id }) => worker_id,
    cell: ({ worker_id }) => (
      <Link href={`/fleet/${worker_id}`}>
        <WorkerName worker_id={worker_id} />
      </Link>
    ),
  },
  {
    key: 'state',
    title: 'State',
    value: ({ state }) => state,
    cell: ({ state, reason }) => (
      <span title={reason}>
        <Status state={state} />
      </span>
    ),
  },
  { key: 'hostname', title: 'Host', wide: true, value: ({ hostname }) => hostname },
  {
    key: 'devices',
    title: 'Devices',
    value: (worker) =>
      devicesOf(worker)
        .map(({ name }) => name)
        .join(', '),
    wide: true,
    cell: (worker) => (
      <span className="bw-clip">
        {devicesOf(worker)
          .map(({ name, class: kind }) => `${kind}: ${name}`)
          .join(', ')}
      </span>
    ),
  },
  {
    key: 'pools',
    title: 'Pools',
    wide: true,
    value: ({ pools }) => pools.join(' '),
    cell: ({ pools }) => (
      <>
        {pools.map((pool) => (
          <div key={pool}>
            <PoolName pool={pool} />
          </div>
        ))}
      </>
    ),
  },
  {
    key: 'running',
    title: 'Running',
    value: runningOn,
    cell: (worker) => {
      const running = runningOn(worker);
      return running === null ? (
        '–'
      ) : (
        <Meter value={running} of={slotsOf(worker)} text={`${running} of ${slotsOf(worker)}`} />
      );
    },
  },
  {
    key: 'cpu_load_percent',
    title: 'CPU load',
    numeric: true,
    value: ({ heartbeat }) => heartbeat?.cpu_load_percent ?? null,
    cell: (worker) => (
      <Measured worker={worker} of="cpu_load_percent">
        {worker.heartbeat?.cpu_load_percent == null ? null : `${Math.round(worker.heartbeat.cpu_load_percent)} %`}
      </Measured>
    ),
  },
  {
    key: 'memory_used_mb',
    title: 'Memory',
    numeric: true,
    wide: true,
    value: ({ heartbeat }) => heartbeat?.memory_used_mb ?? null,
    cell: (worker) => (
      <Measured worker={worker} of="memory_used_mb">
        {worker.heartbeat?.memory_used_mb == null
          ? null
          : `${formatMegabytes(worker.heartbeat.memory_used_mb)} of ${formatMegabytes(worker.heartbeat.memory_total_mb)}`}
      </Measured>
    ),
  },
  {
    key: 'temperature_celsius',
    title: 'Temperature',
    numeric: true,
    value: ({ heartbeat }) => heartbeat?.temperature_celsius ?? null,
    cell: (worker) => (
      <Measured worker={worker} of="temperature_celsius">
        {worker.heartbeat?.temperature_celsius == null
          ? null
          : `${Math.round(worker.heartbeat.temperature_celsius)} °C`}
      </Measured>
    ),
  },
  {
    key: 'sent_at',
    title: 'Last seen',
    numeric: true,
    wide: true,
    value: ({ heartbeat, changed_at }) => heartbeat?.sent_at ?? changed_at,
    cell: ({ heartbeat, changed_at }) => <Ago at={heartbeat?.sent_at ?? changed_at} />,
  },
  { key: 'actions', title: '', value: () => '', cell: (worker) => <WorkerActions worker={worker} /> },
];

export function WorkerTable({ workers }: { workers: readonly WorkerNow[] }): ReactNode {
  return (
    <DataTable
      label="Workers"
      columns={COLUMNS}
      rows={workers}
      rowKey={({ worker_id }) => worker_id}
      maxHeight={560}
      choosable
    />
  );
}
