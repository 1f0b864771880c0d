import type { Capabilities, Device } from '@benchwire/shared/contracts/worker.ts';
import { count, formatNumber } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { type Column, renderTable } from '../terminal/table.ts';

/** What a worker offers and which pools it has joined, as lines for people. Pure. */
export function offerTable(
  { devices }: Capabilities,
  mates: ReadonlyMap<string, number> | undefined,
  style: Style,
  width: number | undefined,
): string[] {
  const columns: ReadonlyArray<Column<Device>> = [
    { title: 'device', cell: (device) => device.device_id },
    { title: 'class', cell: (device) => device.class },
    { title: 'what', cell: (device) => device.name, shrink_to: 16, expendable: 1 },
    { title: 'memory GB', cell: (device) => formatNumber(device.memory_gb, 1), align: 'right' },
    { title: 'slots', cell: (device) => String(device.slots), align: 'right', expendable: 2 },
    { title: 'executors', cell: (device) => device.executors.join(', '), shrink_to: 10 },
    { title: 'programs', cell: programsOf, shrink_to: 10, expendable: 3 },
    {
      title: 'labels',
      cell: ({ labels }) =>
        Object.entries(labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(' '),
      shrink_to: 10,
      expendable: 4,
    },
    { title: 'pool', cell: (device) => device.pool, paint: (text, _device, s) => s.cyan(text) },
    { title: 'in it', cell: ({ pool }) => matesOf(mates?.get(pool)) },
  ];
  return renderTable(devices, columns, { style, width });
}

/** Names without the paths that they stand for. */
function programsOf({ commands }: Device): string {
  const names = commands.filter((command) => !command.startsWith('/'));
  return (names.length > 0 ? names : commands).join(', ');
}

function matesOf(others: number | undefined): string {
  if (others === undefined) return '';
  return others === 0 ? 'a new pool' : count(others, 'other worker');
}
