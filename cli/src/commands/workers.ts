import type { WorkerRow } from '@benchwire/shared/contracts/rows.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { describeClock, isClockOff } from '@benchwire/shared/format/clock-words.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../errors.ts';
import { paintState } from '../progress/task-words.ts';
import { formatAgo, formatNumber } from '../terminal/numbers.ts';
import { type Column, renderTable } from '../terminal/table.ts';
import { act as actOn, readAction } from './worker-action.ts';

interface DeviceOfWorker {
  worker: WorkerRow;
  /** Of the worker's machine, where it is wrong. */
  clock: string;
  device: Device | undefined;
  /** The worker's own columns are written once, at its first device. */
  first: boolean;
}

export const workers = defineCommand({
  name: 'workers',
  summary: 'the workers and their devices',
  positionals: ['[quarantine|drain|resume]', '[WORKER]'],
  options: {
    all: { kind: 'flag', short: 'a', help: 'include workers that have left' },
    reason: { kind: 'text', value: 'TEXT', help: 'reason of a quarantine, shown to everyone' },
  },
  details:
    'bw workers quarantine WORKER   it takes no tasks, also after a restart\n' +
    'bw workers drain WORKER        it takes no tasks until it is resumed or restarted\n' +
    'bw workers resume WORKER       it takes tasks again',
  async run(context, { all, reason = 'quarantined with bw workers quarantine' }, [action, worker]) {
    if (action !== undefined) return await act(context, action, worker, reason);
    const { rows } = await withStack(context, (client) => client.query('workers', {}));
    const present = all ? rows : rows.filter((row) => row.state !== 'left' && row.state !== 'lost');
    const { out, err, style, json } = context;
    if (json) out.line(JSON.stringify(present));
    else if (present.length === 0) {
      const gone = rows.length === 0 ? '' : ` (${rows.length} have left: \`bw workers --all\`)`;
      err.line(
        `no workers online${gone}. \`npm start\` starts one; docs/workers.md says how to add one on another machine.`,
      );
    } else {
      out.lines(renderTable(present.flatMap(devicesOf), columns(context.now()), { style, width: out.columns }));
      for (const { worker_id, capabilities } of present)
        for (const note of [...(capabilities?.command_notes ?? []), ...(capabilities?.device_notes ?? [])])
          err.line(`${worker_id}: ${note}`);
    }
    return EXIT.ok;
  },
});

async function act(context: CliContext, text: string, worker: string | undefined, reason: string): Promise<number> {
  const { action, worker_id } = readAction(text, worker);
  const now = new Date(context.now());
  const said = await withStack(context, ({ nats }) => actOn(nats, action, worker_id, reason.slice(0, 2000), now));
  if (context.json) context.out.line(JSON.stringify({ worker_id, action, message: said }));
  else context.out.line(`${worker_id}: ${said}`);
  return EXIT.ok;
}

function devicesOf(worker: WorkerRow): DeviceOfWorker[] {
  const { devices = [], clock: offset } = worker.capabilities ?? {};
  const clock = offset === undefined || !isClockOff(offset) ? '' : describeClock(offset);
  if (devices.length === 0) return [{ worker, clock, device: undefined, first: true }];
  return devices.map((device, index) => ({ worker, clock, device, first: index === 0 }));
}

function columns(now_ms: number): ReadonlyArray<Column<DeviceOfWorker>> {
  const own = (text: (worker: WorkerRow) => string) => (row: DeviceOfWorker) => (row.first ? text(row.worker) : '');
  const of = (text: (device: Device) => string) => (row: DeviceOfWorker) =>
    row.device === undefined ? '' : text(row.device);
  return [
    { title: 'worker', cell: own((worker) => worker.worker_id), shrink_to: 12 },
    { title: 'host', cell: own((worker) => worker.hostname), expendable: 3, shrink_to: 10 },
    {
      title: 'state',
      stays: true,
      cell: own((worker) => worker.state),
      paint: (text, row, s) => paintState(text, row.worker.state, s),
    },
    { title: 'why', cell: own((worker) => worker.reason), shrink_to: 16 },
    { title: 'clock', cell: (row) => (row.first ? row.clock : ''), paint: (text, _row, s) => s.yellow(text) },
    { title: 'device', cell: of((device) => device.device_id) },
    { title: 'class', cell: of((device) => device.class), expendable: 5 },
    { title: 'what', cell: of((device) => device.name), shrink_to: 16, expendable: 1 },
    { title: 'memory GB', cell: of((device) => formatNumber(device.memory_gb, 1)), align: 'right', expendable: 4 },
    { title: 'slots', cell: of((device) => String(device.slots)), align: 'right' },
    { title: 'executors', cell: of((device) => device.executors.join(', ')), expendable: 6 },
    {
      title: 'labels',
      cell: of((device) =>
        Object.entries(device.labels)
          .map(([k, v]) => `${k}=${v}`)
          .join(' '),
      ),
      expendable: 7,
      shrink_to: 10,
    },
    { title: 'pool', cell: of((device) => device.pool) },
    {
      title: 'since',
      cell: own((worker) => formatAgo(Date.parse(worker.changed_at), now_ms)),
      align: 'right',
      expendable: 2,
    },
  ];
}
