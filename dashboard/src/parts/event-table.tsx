import type { EventRow } from '@benchwire/shared/contracts/rows.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { type Column, DataTable } from './data-table.tsx';
import { RunLink } from './run-link.tsx';
import { At } from './time.tsx';

export const EVENT_COLUMNS: readonly Column<EventRow>[] = [
  { key: 'at', title: 'When', value: ({ at }) => at, cell: ({ at }) => <At at={at} /> },
  { key: 'kind', title: 'Event', value: ({ entity, kind }) => `${entity} ${kind.replaceAll('_', ' ')}` },
  {
    key: 'run_id',
    title: 'Run',
    wide: true,
    value: ({ run_id }) => run_id,
    cell: ({ run_id }) => (run_id === null ? '–' : <RunLink run_id={run_id} />),
  },
  { key: 'task_id', title: 'Task', wide: true, value: ({ task_id }) => task_id || null },
  {
    key: 'worker_id',
    title: 'Worker',
    wide: true,
    value: ({ worker_id }) => worker_id,
    cell: ({ worker_id }) => (worker_id === '' ? '–' : <Link href={`/fleet/${worker_id}`}>{worker_id}</Link>),
  },
  {
    key: 'message',
    title: 'Message',
    value: ({ message }) => message,
    cell: ({ message }) => <div className="bw-wrap">{message}</div>,
  },
];

/** Events, without the columns that are the same in all rows anyway. */
export function EventTable({
  events,
  without = [],
}: {
  events: readonly EventRow[];
  without?: readonly string[];
}): ReactNode {
  const columns = EVENT_COLUMNS.filter(({ key }) => !without.includes(key));
  return <DataTable label="Events" columns={columns} rows={events} rowKey={({ event_id }) => event_id} />;
}
