import { hostname } from 'node:os';
import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import type { WorkerRegistered } from '@benchwire/shared/contracts/join.ts';
import { type Capabilities, type Device, WORKERS_BUCKET } from '@benchwire/shared/contracts/worker.ts';
import { connectRedis, pingRedis } from '@benchwire/shared/runtime/redis.ts';
import type { ServiceContext } from '@benchwire/shared/runtime/service.ts';
import { StreamWriter } from '@benchwire/shared/runtime/stream-writer.ts';
import { awaitBucket } from '@benchwire/shared/runtime/streams.ts';
import { v7 as uuidv7 } from 'uuid';
import packageJson from '../package.json' with { type: 'json' };
import { applyDeviceChange } from './apply-device-change.ts';
import { askFresh } from './attempt/ask-fresh.ts';
import { AttemptRunner } from './attempt/attempt-runner.ts';
import { CheckpointStore } from './attempt/checkpoints.ts';
import { CpuEnergy } from './attempt/cpu-energy.ts';
import { FleetClock } from './clock.ts';
import type { WorkerConfig } from './config.ts';
import { DeviceMonitor } from './devices/device-monitor.ts';
import { HARDWARE } from './devices/hardware-classes.ts';
import { changedHostFact } from './devices/host.ts';
import { lookAtDevices, type OfferedDevices } from './devices/offer.ts';
import { drainAndClose, drainSeconds } from './drain.ts';
import { removeOrphanedFolders } from './executors/command/home-folder.ts';
import { killAll, orphans } from './executors/command/processes.ts';
import { findTaskUser } from './executors/command/task-user.ts';
import { createExecutors } from './executors/registry.ts';
import { answerCommands } from './handlers/command.ts';
import { checkHealth } from './health/check.ts';
import { Holds } from './holds.ts';
import { chooseWorkerId } from './identity.ts';
import { LoadSampler } from './load.ts';
import { type LoadWatch, watchLoad } from './load-watch.ts';
import { metricRulesOf } from './metric-rules.ts';
import { Pools } from './pools.ts';
import { Presence } from './presence.ts';
import { obeyQuarantine } from './quarantine.ts';
import { createTelemetry } from './telemetry.ts';

const DEFAULT_MAX_PAYLOAD = 1024 ** 2;
/** On top of the grace between SIGTERM and SIGKILL. */
const ABORT_PATIENCE_MS = 15_000;

/**
 * Builds the worker and starts it: detect, register, take jobs. Everything is in the scope when this resolves, so that
 * stopping goes the other way: drain, sign off, close.
 * @param env the process's own environment, of which executors hand a few variables on
 */
export async function startWorker(
  context: ServiceContext<WorkerConfig>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { config, log, nats, jetstream: client, manager, http, health, scope } = context;
  const worker_id = await chooseWorkerId(nats, config.WORKER_ID);
  health.role = () => worker_id;
  const left = orphans();
  if (left.length > 0) log.warn({ pids: left }, 'ending programs that a worker which died has left running');
  killAll(left);
  await removeOrphanedFolders(await findTaskUser(config.WORKER_COMMAND_USER));

  const telemetry = createTelemetry(http.registry, () => runner.runningCount);
  const { executors, commands, command_env, confinement, runtime } = await createExecutors({
    metric_rules: metricRulesOf(nats, log),
    config,
    env,
    client,
    manager,
    telemetry,
    log,
  });
  const look = (classes: readonly HardwareClass[] | undefined): Promise<OfferedDevices> =>
    lookAtDevices({
      configured: config.WORKER_DEVICES,
      classes: classes ?? config.WORKER_CLASSES,
      slots: config.WORKER_SLOTS,
      env,
      runtime,
      labels: config.WORKER_LABELS,
      executors: Object.keys(executors),
      commands,
      command_env,
    });
  const first = await look(undefined);
  const { devices, notes } = first;
  for (const note of notes) log.warn(note);
  const capabilities: Capabilities = {
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
  for (const { device_id, pool, name } of devices) log.info({ device_id, pool }, `offers ${name}`);

  const clock = new FleetClock();
  const load = new LoadSampler();
  const writer = new StreamWriter(nats, config.NATS_INBOX_PREFIX);
  scope.add('writer', () => writer.stop());
  let watching: LoadWatch | undefined;
  const runner = new AttemptRunner({
    worker_id,
    clock,
    client: writer,
    max_payload: () => nats.info?.max_payload ?? DEFAULT_MAX_PAYLOAD,
    executors,
    load,
    energy: new CpuEnergy(),
    telemetry,
    checkpoints: await CheckpointStore.open(nats, config.NATS_REPLICAS, worker_id, log),
    findFresh: (question) => askFresh(nats, question),
    device_care: {
      waitedSince: (ms) => holds.waitedSince(ms),
      inSpiteOf: () => watching?.inSpiteOf(),
      changed: ({ environment }) => {
        const changed = config.WORKER_DETECT_SECONDS === 0 ? undefined : changedHostFact(environment);
        if (changed !== undefined) monitor.lookSoon();
        return changed;
      },
    },
    log,
    abort_patience_ms: config.WORKER_KILL_GRACE_SECONDS * 1000 + ABORT_PATIENCE_MS,
    onStuck: (attempt) => {
      log.fatal({ attempt }, 'an executor does not stop: its device can no longer be trusted, so this worker ends');
      stopSelf();
    },
  });

  const redis = connectRedis(`worker-${worker_id}`, config, log);
  scope.add('redis', () => redis.disconnect());
  await health.watch('redis', () => pingRedis(redis));

  const presence = new Presence({
    nats,
    client,
    bucket: await awaitBucket(nats, log, WORKERS_BUCKET, config.NATS_REPLICAS),
    capabilities,
    clock,
    interval_seconds: config.HEARTBEAT_INTERVAL_SECONDS,
    running: () => runner.runningByDevice(),
    load: () => load.sample(),
    log,
    onReplaced: stopSelf,
  });
  const pools = new Pools({
    redis,
    prefix: config.REDIS_PREFIX,
    devices,
    worker_id,
    client,
    runner,
    telemetry,
    log,
  });

  http.addReadiness('queues', () => pools.stopped);

  const holds = new Holds({ pools, presence, telemetry, log });
  const monitor = new DeviceMonitor({
    first,
    look,
    forget: () => runtime?.forget(),
    running: () => runner.runningCount,
    interval_seconds: config.WORKER_DETECT_SECONDS,
    onNotes: ({ devices: same, notes: others }) =>
      presence.update(same, others, `${worker_id} offers the same devices`),
    onChange: (change, now) =>
      applyDeviceChange({ worker_id, pools, presence, runner, holds, telemetry, log }, change, now),
    log,
  });

  const commandsAnswered = answerCommands({
    nats,
    client,
    log,
    worker_id,
    boot_id: capabilities.boot_id,
    runner,
    drain: () => holds.hold('drain'),
    resume: () => holds.release('drain'),
    checkHealth: () => checkHealth(monitor.devices, executors),
    register: () => presence.registerAgain(),
  });
  scope.add('commands', () => commandsAnswered.stop());
  await nats.flush();
  scope.add('presence', () => presence.stop());
  await presence.start();
  telemetry.registered(worker_id, devices);
  // Whoever started this process may want to show what it offers (`bw worker`).
  if (process.connected) process.send?.({ registered: capabilities } satisfies WorkerRegistered);
  const seconds = drainSeconds(config.SHUTDOWN_SECONDS, config.WORKER_KILL_GRACE_SECONDS);
  scope.add('pools', () => drainAndClose({ pools, holds, runner, seconds, log }));
  const obeying = await obeyQuarantine({ nats, replicas: config.NATS_REPLICAS, worker_id, holds, log });
  scope.add('quarantine', () => obeying.stop());
  watching = await watchLoad({
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
  scope.add('load', () => watching?.stop());
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
