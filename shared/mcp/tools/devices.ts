import { z } from 'zod';
import { call } from '../../client/http-client.ts';
import type { WorkerNow } from '../../contracts/api/fleet.ts';
import type { SchedulerStatus } from '../../contracts/status.ts';
import { isClockOff } from '../../format/clock-words.ts';
import { didYouMean } from '../../runtime/near-names.ts';
import { fields } from '../answer.ts';
import { defineTool, type ToolContext } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { findingLine } from './lines.ts';

const DAY_MINUTES = 1440;

export const deviceHealth = defineTool({
  name: 'device_health',
  description:
    'Whether a device is sick: state of its workers, quarantine, temperature, load, clock, failures of the last day and open findings of its pool. Without device the whole fleet.',
  input: z.object({
    device: z.string().max(256).optional().describe('a worker, host, pool, device id, or part of the name of a device'),
  }),
  async run({ device }, { api }) {
    const [{ items: workers }, status, { items: failures }] = await Promise.all([
      api.send(call('GET /api/workers', { query: { limit: 100_000 } })),
      api.send(call('GET /api/pools')),
      api.send(call('GET /api/failures', { query: { minutes: DAY_MINUTES } })),
    ]);
    const meant = device === undefined ? workers : workers.filter((worker) => isMeant(worker, device));
    if (device !== undefined && meant.length === 0) throw unknownDevice(device, workers);
    const pools = new Set(device === undefined ? workers.flatMap((each) => each.pools) : poolsMeant(meant, device));
    const open = device === undefined ? [] : await openFindings(api, [...pools]);
    const failed = failures.filter(({ pool }) => pools.has(pool));
    const sick = meant.map((worker) => ({ worker, troubles: troublesOf(worker) }));
    const circuits = circuitsOf(status, pools);
    const ill = sick.filter(({ troubles }) => troubles.length > 0);
    return {
      head: [
        ill.length === 0 && circuits.length === 0
          ? `No sign of sickness in ${meant.length} workers${failed.length > 0 ? '; failures of the last day are below' : ''}.`
          : `SICK: ${ill.length} of ${meant.length} workers have trouble${circuits.length > 0 ? `, ${circuits.length} circuits are open` : ''}.`,
      ],
      rows: [
        ...[...ill, ...sick.filter(({ troubles }) => troubles.length === 0)].map(({ worker, troubles }) =>
          workerLine(worker, troubles),
        ),
        ...circuits,
        ...failed.map((each) =>
          fields({ 'FAILURES pool': each.pool, error: each.error_class, attempts_in_24h: each.attempts }),
        ),
        ...open.map((each) => `FINDING ${findingLine(each)}`),
      ],
    };
  },
});

function isMeant({ worker_id, hostname, pools, capabilities }: WorkerNow, device: string): boolean {
  const exact = [worker_id, hostname, ...pools, ...(capabilities?.devices.map(({ device_id }) => device_id) ?? [])];
  if (exact.includes(device)) return true;
  return capabilities?.devices.some(({ name }) => name.toLowerCase().includes(device.toLowerCase())) === true;
}

/** The pool itself where one is named, else those of the devices that are meant, else all of their workers. */
function poolsMeant(workers: readonly WorkerNow[], device: string): string[] {
  if (workers.some(({ pools }) => pools.includes(device))) return [device];
  const devices = workers.flatMap(({ capabilities }) => capabilities?.devices ?? []);
  const named = devices.filter(
    ({ device_id, name }) => device_id === device || name.toLowerCase().includes(device.toLowerCase()),
  );
  return named.length > 0 ? named.map(({ pool }) => pool) : workers.flatMap(({ pools }) => pools);
}

function unknownDevice(device: string, workers: readonly WorkerNow[]): ToolError {
  const names = [...new Set(workers.flatMap(({ worker_id, pools }) => [worker_id, ...pools]))];
  const some = names.slice(0, 20).join(', ');
  return new ToolError(
    `device: no worker, pool or device is called "${device}".${didYouMean(device, names)} ${names.length === 0 ? 'No worker has joined yet.' : `There are: ${some}${names.length > 20 ? ', …' : ''}.`}`,
  );
}

async function openFindings(api: ToolContext['api'], pools: readonly string[]) {
  const states = ['suspected' as const, 'confirmed' as const, 'acknowledged' as const];
  const lists = await Promise.all(
    pools
      .slice(0, 10)
      .map((pool) => api.send(call('GET /api/findings', { query: { search: pool, states, limit: 20 } }))),
  );
  return lists.flatMap(({ items }) => items).filter(({ pool }) => pools.includes(pool));
}

/** What is wrong with a worker, in words; nothing where nothing is. */
function troublesOf({ state, reason, heartbeat, last_heartbeat_at }: WorkerNow): string[] {
  const troubles: string[] = [];
  if (state !== 'ready' && state !== 'left') troubles.push(reason === '' ? state : `${state}: ${reason}`);
  if (state === 'ready' && last_heartbeat_at === null) troubles.push('silent: no heartbeat');
  if (heartbeat?.clock !== undefined && isClockOff(heartbeat.clock))
    troubles.push(`its clock is off by ${Math.round(heartbeat.clock.offset_ms)} ms`);
  return troubles;
}

function workerLine(worker: WorkerNow, troubles: readonly string[]): string {
  const { worker_id, hostname, state, pools, capabilities, heartbeat, last_heartbeat_at } = worker;
  return fields({
    worker: worker_id,
    host: hostname,
    state,
    TROUBLE: troubles.join('; '),
    devices: capabilities?.devices
      .map(({ device_id, name, pool }) => `${device_id} (${name}, pool ${pool})`)
      .join(', '),
    pools: capabilities === null ? pools.join(', ') : null,
    cpu_load:
      heartbeat === null ? null : known(heartbeat.cpu_load_percent, '%', heartbeat.unavailable?.cpu_load_percent),
    temperature:
      heartbeat === null
        ? null
        : known(heartbeat.temperature_celsius, '°C', heartbeat.unavailable?.temperature_celsius),
    memory_mb: heartbeat === null ? null : `${heartbeat.memory_used_mb ?? '?'} of ${heartbeat.memory_total_mb ?? '?'}`,
    running: heartbeat === null ? null : Object.values(heartbeat.running).flat().length,
    last_heartbeat_at,
    not_offered: capabilities?.device_notes?.join('; '),
  });
}

function known(value: number | null, unit: string, reason: string | undefined): string {
  return value === null ? `unknown (${reason ?? 'not measured'})` : `${Math.round(value)} ${unit}`;
}

function circuitsOf({ circuits = [] }: SchedulerStatus, pools: ReadonlySet<string>): string[] {
  return circuits
    .filter(({ hardware }) => pools.has(hardware) || [...pools].some((pool) => pool.startsWith(`${hardware}-`)))
    .map((each) =>
      fields({ CIRCUIT: each.state, hardware: each.hardware, subject: each.subject, message: each.message }),
    );
}
