import { hostname } from 'node:os';
import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import type { WorkerRegistered } from '@benchwire/shared/contracts/join.ts';
import type { Capabilities, Device } from '@benchwire/shared/contracts/worker.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { ServiceContext } from '@benchwire/shared/runtime/service.ts';
import { v7 as uuidv7 } from 'uuid';
import packageJson from '../package.json' with { type: 'json' };
import type { WorkerConfig } from './config.ts';
import { createParts, type WorkerParts } from './create-parts.ts';
import { HARDWARE } from './devices/hardware-classes.ts';
import { drainAndClose, drainSeconds } from './drain.ts';
import { removeOrphanedFolders } from './executors/command/home-folder.ts';
import { killAll, orphans } from './executors/command/processes.ts';
import { findTaskUser } from './executors/command/task-user.ts';
import { inspectFiles } from './executors/inspect-files.ts';
import { answerCommands } from './handlers/command.ts';
import { checkHealth } from './health/check.ts';
import { chooseWorkerId } from './identity.ts';
import { watchLoad } from './load-watch.ts';
import { lookAtMachine, type Machine } from './machine.ts';
import { obeyQuarantine } from './quarantine.ts';
import { createTelemetry } from './telemetry.ts';

/**
 * Builds the worker and starts it: detect, register, take jobs. Everything is in the scope when this resolves, so that
 * stopping goes the other way: drain, sign off, close.
 * @param env the process's own environment, of which executors hand a few variables on
 */
export async function startWorker(
  context: ServiceContext<WorkerConfig>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { config, log, nats, http, health } = context;
  const worker_id = await chooseWorkerId(nats, config.WORKER_ID);
  health.role = () => worker_id;
  await endOrphans(config, log);
  let parts: WorkerParts | undefined;
  const telemetry = createTelemetry(http.registry, () => parts?.runner.runningCount ?? 0);
  const machine = await lookAtMachine(context, env, telemetry);
  const capabilities = capabilitiesOf(worker_id, machine);
  for (const { device_id, pool, name } of capabilities.devices) log.info({ device_id, pool }, `offers ${name}`);
  parts = await createParts(context, { capabilities, machine, telemetry, stopSelf });
  await joinFleet(context, parts);
  await takeJobs(context, parts);
}

/** Ends what a worker that died has left on this machine. */
async function endOrphans(config: WorkerConfig, log: Log): Promise<void> {
  const left = orphans();
  if (left.length > 0) log.warn({ pids: left }, 'ending programs that a worker which died has left running');
  killAll(left);
  await removeOrphanedFolders(await findTaskUser(config.WORKER_COMMAND_USER));
}

function capabilitiesOf(worker_id: string, { first, confinement }: Machine): Capabilities {
  const { devices, notes } = first;
  return {
    v: MESSAGE_VERSION,
    worker_id,
    boot_id: uuidv7(),
    hostname: hostname(),
    started_at: new Date().toISOString(),
    version: packageJson.version,
    devices,
    fetches_files: true,
    ...(confinement === undefined ? {} : { command_notes: [...confinement.notes] }),
    ...(notes.length === 0 ? {} : { device_notes: notes }),
  };
}

/** Answers commands, then registers: from then on the scheduler may send jobs. */
async function joinFleet(
  { nats, jetstream, log, scope }: ServiceContext<WorkerConfig>,
  parts: WorkerParts,
): Promise<void> {
  const { capabilities, runner, holds, monitor, machine, presence, telemetry } = parts;
  const { worker_id, boot_id, devices } = capabilities;
  const commands = answerCommands({
    ...{ nats, client: jetstream, log, worker_id, boot_id, runner },
    drain: () => holds.hold('drain'),
    resume: () => holds.release('drain'),
    checkHealth: () => checkHealth(monitor.devices, machine.executors),
    register: () => presence.registerAgain(),
    inspect: (config) => inspectFiles(machine.executors, config),
  });
  scope.add('commands', () => commands.stop());
  await nats.flush();
  scope.add('presence', () => presence.stop());
  await presence.start();
  telemetry.registered(worker_id, devices);
  // The process that started this one may want to show what it offers (`bw worker`).
  if (process.connected) process.send?.({ registered: capabilities } satisfies WorkerRegistered);
}

/** Takes jobs, unless something holds the worker back, and watches its devices from now on. */
async function takeJobs({ nats, config, log, scope }: ServiceContext<WorkerConfig>, parts: WorkerParts): Promise<void> {
  const { capabilities, pools, holds, runner, load, monitor } = parts;
  const seconds = drainSeconds(config.SHUTDOWN_SECONDS, config.WORKER_KILL_GRACE_SECONDS);
  scope.add('pools', () => drainAndClose({ pools, holds, runner, seconds, log }));
  const { worker_id } = capabilities;
  const obeying = await obeyQuarantine({ nats, replicas: config.NATS_REPLICAS, worker_id, holds, log });
  scope.add('quarantine', () => obeying.stop());
  const watch = await watchLoad({
    limits: {
      max_temperature_celsius: config.WORKER_MAX_TEMPERATURE_CELSIUS ?? null,
      max_foreign_load_percent: config.WORKER_MAX_FOREIGN_LOAD_PERCENT ?? null,
      max_wait_ms: config.WORKER_MAX_WAIT_SECONDS * 1000,
    },
    deviceTemperature: () => hottestDevice(monitor.devices),
    load,
    holds,
    log,
  });
  parts.load_watch = watch;
  scope.add('load', () => watch.stop());
  pools.start();
  monitor.start();
  scope.add('devices', () => monitor.stop());
}

/** Of the devices whose classes tell a temperature; null where none does. */
async function hottestDevice(devices: readonly Device[]): Promise<number | null> {
  const classes = [...new Set(devices.map((device) => device.class))];
  const read = await Promise.all(classes.map((name) => HARDWARE[name].temperature?.() ?? null));
  return read.reduce<number | null>((most, value) => (value === null ? most : Math.max(most ?? value, value)), null);
}

/** As a signal from outside would: the service stops in order, and its supervisor starts it again where it should run. */
function stopSelf(): void {
  process.exitCode = 1;
  process.kill(process.pid, 'SIGTERM');
}
