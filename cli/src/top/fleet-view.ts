import { parseAttemptId } from '@benchwire/shared/contracts/ids.ts';
import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { runStatus } from '@benchwire/shared/contracts/run-status.ts';
import type { PoolStatus, SchedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { type Capabilities, type Heartbeat, lostAfterMs } from '@benchwire/shared/contracts/worker.ts';
import { runsTable } from '../commands/runs.ts';
import { shortRunId } from '../connection/find-run.ts';
import { CONNECTION_LOST } from '../connection/words.ts';
import { paintState } from '../progress/task-words.ts';
import { bar } from '../terminal/bar.ts';
import { count, formatClock, formatDuration, formatNumber } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { type Column, renderTable } from '../terminal/table.ts';

export interface FleetState {
  /** Whether there is a connection to NATS; without one everything below is of the time before. */
  connected: boolean;
  /** The last heartbeat of each worker, with when it came here. */
  heartbeats: Map<string, { heartbeat: Heartbeat; seen_ms: number }>;
  capabilities: Map<string, Capabilities>;
  status: { status: SchedulerStatus; seen_ms: number } | undefined;
  /** Undefined while the aggregator has not answered. */
  runs: RunRow[] | undefined;
  /** When each attempt was first seen running here, unless its start is known. */
  running_since: Map<string, number>;
}

export function emptyFleet(): FleetState {
  return {
    connected: true,
    heartbeats: new Map(),
    capabilities: new Map(),
    status: undefined,
    runs: undefined,
    running_since: new Map(),
  };
}

/** Takes in a heartbeat; forgets attempts that no longer run. */
export function applyHeartbeat(fleet: FleetState, heartbeat: Heartbeat, now_ms: number): void {
  if (heartbeat.state === 'left') fleet.heartbeats.delete(heartbeat.worker_id);
  else fleet.heartbeats.set(heartbeat.worker_id, { heartbeat, seen_ms: now_ms });
  const running = new Set([...fleet.heartbeats.values()].flatMap((w) => Object.values(w.heartbeat.running).flat()));
  for (const id of running) if (!fleet.running_since.has(id)) fleet.running_since.set(id, now_ms);
  for (const id of fleet.running_since.keys()) if (!running.has(id)) fleet.running_since.delete(id);
}

interface WorkerLine {
  worker_id: string;
  state: string;
  heartbeat: Heartbeat;
  devices: string;
  slots: number;
  running: number;
}

interface RunningLine {
  task: string;
  run: string;
  attempt: number;
  worker_id: string;
  device: string;
  seconds: number;
}

/** The whole view, as lines; cut to the screen by the code that draws it. */
export function fleetView(
  fleet: FleetState,
  now_ms: number,
  style: Style,
  width: number | undefined,
  rows: number,
): string[] {
  const workers = workerLines(fleet, now_ms);
  const running = runningLines(fleet, now_ms);
  // Tables stand two columns in.
  const options = { style, width: width === undefined ? undefined : width - 2 };
  const sections: string[][] = fleet.connected ? [] : [[style.red(CONNECTION_LOST)]];
  sections.push(headline(fleet, workers, now_ms, style));

  if (workers.length === 0) sections.push([style.bold('workers'), '  no workers online']);
  else sections.push([style.bold('workers'), ...indent(renderTable(workers, workerColumns(), options))]);

  const pools = fleet.status?.status.pools ?? [];
  if (pools.length > 0) sections.push([style.bold('queues'), ...indent(renderTable(pools, POOL_COLUMNS, options))]);

  const room = Math.max(3, rows - sections.flat().length - 12);
  const title = `${style.bold('running')}  ${style.dim(count(running.length, 'attempt'))}`;
  if (running.length > 0) {
    const shown = running.slice(0, room);
    const more =
      running.length > shown.length ? [style.dim(`  and ${formatNumber(running.length - shown.length)} more`)] : [];
    sections.push([title, ...indent(renderTable(shown, RUNNING_COLUMNS, options)), ...more]);
  } else sections.push([title]);

  if (fleet.runs !== undefined && fleet.runs.length > 0) {
    const open = fleet.runs.filter((run) => run.state !== 'finished');
    const ended = fleet.runs.filter((run) => run.state === 'finished');
    const shown = [...open, ...ended].slice(0, 6);
    sections.push([style.bold('runs'), ...indent(runsTable(shown, style, options.width, now_ms))]);
  }
  return sections.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function headline(fleet: FleetState, workers: readonly WorkerLine[], now_ms: number, style: Style): string[] {
  const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
  const running = workers.reduce((sum, worker) => sum + worker.running, 0);
  const parts = [count(workers.length, 'worker'), `${formatNumber(running)} of ${count(slots, 'slot')} busy`];
  const first = (): string => `${style.bold('benchwire')}  ${parts.join(' · ')}`;
  if (fleet.status === undefined) return [first(), style.yellow('no report from the scheduler yet')];

  const { open_runs, waiting, unplaceable } = fleet.status.status;
  parts.push(count(open_runs, 'open run'), `${formatNumber(waiting)} waiting`);
  const lines = [first()];
  for (const circuit of fleet.status.status.circuits ?? []) lines.push(style.yellow(`paused: ${circuit.message}`));
  if (unplaceable > 0) lines.push(style.yellow(`${count(unplaceable, 'task')} unschedulable`));
  const silent = (now_ms - fleet.status.seen_ms) / 1000;
  if (silent > 5) lines.push(style.red(`no report from the scheduler for ${Math.floor(silent)} s`));
  return lines;
}

function workerLines(fleet: FleetState, now_ms: number): WorkerLine[] {
  return [...fleet.heartbeats.values()]
    .map(({ heartbeat, seen_ms }) => {
      const devices = fleet.capabilities.get(heartbeat.worker_id)?.devices ?? [];
      const silent_ms = now_ms - seen_ms;
      const lost = silent_ms > lostAfterMs(heartbeat.interval_seconds * 1000);
      return {
        worker_id: heartbeat.worker_id,
        state: lost ? 'lost' : (heartbeat.paused?.kind.replace('_', ' ') ?? heartbeat.state),
        heartbeat,
        devices: devices.map((device) => device.pool).join(' '),
        slots: devices.reduce((sum, device) => sum + device.slots, 0),
        running: Object.values(heartbeat.running).flat().length,
      };
    })
    .sort((a, b) => (a.worker_id < b.worker_id ? -1 : 1));
}

function workerColumns(): ReadonlyArray<Column<WorkerLine>> {
  const memory = ({ heartbeat: { memory_used_mb: used, memory_total_mb: total } }: WorkerLine): string =>
    used === null
      ? ''
      : `${formatNumber(used / 1024, 1)}${total === null ? '' : ` / ${formatNumber(total / 1024, 1)}`}`;
  return [
    { title: 'worker', cell: (row) => row.worker_id, shrink_to: 12 },
    { title: 'state', cell: (row) => row.state, paint: (text, row, s) => paintState(text, row.state, s) },
    { title: 'why', cell: (row) => row.heartbeat.paused?.message ?? '', shrink_to: 14 },
    { title: 'busy', cell: (row) => `${row.running}/${row.slots || '?'}`, align: 'right' },
    {
      title: 'load',
      cell: (row) => (row.heartbeat.cpu_load_percent === null ? '' : ' '.repeat(8)),
      expendable: 4,
      paint: (_, row, s) => bar((row.heartbeat.cpu_load_percent ?? 0) / 100, 8, s, s.cyan),
    },
    { title: 'cpu %', cell: (row) => formatNumber(row.heartbeat.cpu_load_percent, 0), align: 'right' },
    { title: 'memory GB', cell: memory, align: 'right', expendable: 2 },
    { title: '°C', cell: (row) => formatNumber(row.heartbeat.temperature_celsius, 0), align: 'right', expendable: 3 },
    { title: 'pools', cell: (row) => row.devices, shrink_to: 10, expendable: 1 },
  ];
}

const POOL_COLUMNS: ReadonlyArray<Column<PoolStatus>> = [
  { title: 'pool', cell: (pool) => pool.pool, shrink_to: 12 },
  { title: 'class', cell: (pool) => pool.class, expendable: 1 },
  { title: 'workers', cell: (pool) => formatNumber(pool.workers), align: 'right' },
  { title: 'slots', cell: (pool) => formatNumber(pool.slots), align: 'right' },
  { title: 'queued', cell: (pool) => formatNumber(pool.emitted), align: 'right' },
  { title: 'waiting', cell: (pool) => formatNumber(pool.waiting), align: 'right' },
  {
    title: 'oldest',
    cell: ({ waiting, oldest_wait_seconds }) => (waiting === 0 ? '' : formatDuration(oldest_wait_seconds)),
    align: 'right',
    expendable: 3,
  },
  { title: 'work', cell: expectedWork, align: 'right', expendable: 2 },
];

/** `3 min 05 s`, with a plus where the run time of some tasks is not known. */
function expectedWork(pool: PoolStatus): string {
  const { expected_work_seconds: seconds, unknown_work_tasks: unknown = 0 } = pool;
  if (seconds === undefined || pool.waiting + pool.emitted === 0) return '';
  if (seconds === 0 && unknown > 0) return '?';
  return `${formatDuration(seconds)}${unknown > 0 ? ' +' : ''}`;
}

function runningLines(fleet: FleetState, now_ms: number): RunningLine[] {
  return [...fleet.heartbeats.values()]
    .flatMap(({ heartbeat }) =>
      Object.entries(heartbeat.running).flatMap(([device, ids]) =>
        ids.flatMap((id) => {
          const key = parseAttemptId(id);
          if (key === undefined) return [];
          const seconds = (now_ms - (fleet.running_since.get(id) ?? now_ms)) / 1000;
          const { worker_id } = heartbeat;
          return [{ task: key.task_id, run: shortRunId(key.run_id), attempt: key.attempt, worker_id, device, seconds }];
        }),
      ),
    )
    .sort((a, b) => b.seconds - a.seconds);
}

const RUNNING_COLUMNS: ReadonlyArray<Column<RunningLine>> = [
  { title: 'task', cell: (row) => row.task, shrink_to: 16 },
  { title: 'run', cell: (row) => row.run, expendable: 2 },
  { title: 'attempt', cell: (row) => (row.attempt > 1 ? String(row.attempt) : ''), align: 'right', expendable: 1 },
  { title: 'for', cell: (row) => formatClock(row.seconds), align: 'right' },
  { title: 'worker', cell: (row) => row.worker_id, shrink_to: 10, expendable: 3 },
  { title: 'device', cell: (row) => row.device, expendable: 4 },
];

/** The view as one JSON object: what `bw top --json` prints. */
export function fleetJson(fleet: FleetState, now_ms: number): Record<string, unknown> {
  return {
    at: new Date(now_ms).toISOString(),
    connected: fleet.connected,
    scheduler: fleet.status?.status ?? null,
    workers: workerLines(fleet, now_ms).map(({ worker_id, state, slots, heartbeat }) => ({
      ...heartbeat,
      worker_id,
      state,
      slots,
      pools: fleet.capabilities.get(worker_id)?.devices.map((device) => device.pool) ?? [],
    })),
    running: runningLines(fleet, now_ms),
    runs: (fleet.runs ?? []).map((run) => ({ ...run, state: runStatus(run) })),
  };
}
