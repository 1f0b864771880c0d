import type { ServiceHealth } from '@benchwire/shared/contracts/service.ts';
import type { ReactNode } from 'react';
import { formatCount, formatMegabytes, formatNumber } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Empty } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';

const wrong = ({ checks }: ServiceHealth): string =>
  Object.entries(checks)
    .filter(([, problem]) => problem !== null)
    .map(([name, problem]) => `${name}: ${problem}`)
    .join('; ');

const behind = ({ consumers }: ServiceHealth): number =>
  consumers.reduce((sum, { pending }) => sum + (pending ?? 0), 0);

const COLUMNS: readonly Column<ServiceHealth>[] = [
  { key: 'service', title: 'Service', value: ({ service }) => service },
  { key: 'role', title: 'Role', value: ({ role }) => role },
  {
    key: 'ready',
    title: 'State',
    value: ({ ready }) => ready,
    cell: (service) => (
      <span title={wrong(service)}>
        <Status state={service.ready ? 'ready' : 'failed'} />
      </span>
    ),
  },
  { key: 'host', title: 'Host', wide: true, value: ({ host }) => host },
  { key: 'version', title: 'Version', wide: true, value: ({ version }) => version },
  { key: 'cpu_percent', title: 'CPU', unit: '%', numeric: true, value: ({ cpu_percent }) => Math.round(cpu_percent) },
  {
    key: 'memory_rss_mb',
    title: 'Memory',
    numeric: true,
    value: ({ memory_rss_mb }) => memory_rss_mb,
    cell: ({ memory_rss_mb }) => formatMegabytes(memory_rss_mb),
  },
  {
    key: 'event_loop_delay_ms',
    title: 'Event loop delay p99',
    unit: 'ms',
    numeric: true,
    wide: true,
    value: ({ event_loop_delay_ms }) => event_loop_delay_ms,
    cell: ({ event_loop_delay_ms }) => formatNumber(event_loop_delay_ms),
  },
  {
    key: 'pending_messages',
    title: 'Consumer lag (messages)',
    numeric: true,
    value: behind,
    cell: (service) => (
      <span
        title={service.consumers
          .map(({ stream, pending, unacked }) => `${stream}: ${pending ?? '?'} behind, ${unacked ?? '?'} unacked`)
          .join('\n')}
      >
        {formatCount(behind(service))}
      </span>
    ),
  },
  {
    key: 'started_at',
    title: 'Started',
    numeric: true,
    wide: true,
    value: ({ started_at }) => started_at,
    cell: ({ started_at }) => <Ago at={started_at} />,
  },
];

/** Every process of the stack and how it is. */
export function ServiceTable({ services }: { services: readonly ServiceHealth[] }): ReactNode {
  if (services.length === 0) return <Empty title="No service responds" />;
  const ordered = services.toSorted((a, b) => a.service.localeCompare(b.service));
  return <DataTable label="Services" columns={COLUMNS} rows={ordered} rowKey={({ instance_id }) => instance_id} />;
}
