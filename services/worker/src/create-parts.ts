import { type Capabilities, WORKERS_BUCKET } from '@benchwire/shared/contracts/worker.ts';
import { connectRedis, pingRedis } from '@benchwire/shared/runtime/redis.ts';
import type { ServiceContext } from '@benchwire/shared/runtime/service.ts';
import { awaitBucket } from '@benchwire/shared/runtime/streams.ts';
import { applyDeviceChange } from './apply-device-change.ts';
import { askFresh } from './attempt/ask-fresh.ts';
import { AttemptRunner } from './attempt/attempt-runner.ts';
import type { AttemptServices } from './attempt/attempt-services.ts';
import { CheckpointStore } from './attempt/checkpoints.ts';
import { CpuEnergy } from './attempt/cpu-energy.ts';
import { FleetClock } from './clock.ts';
import type { WorkerConfig } from './config.ts';
import { DeviceMonitor } from './devices/device-monitor.ts';
import { changedHostFact } from './devices/host.ts';
import { Holds } from './holds.ts';
import { LoadSampler } from './load.ts';
import type { LoadWatch } from './load-watch.ts';
import type { Machine } from './machine.ts';
import { Pools } from './pools.ts';
import { Presence } from './presence.ts';
import type { Telemetry } from './telemetry.ts';

const DEFAULT_MAX_PAYLOAD = 1024 ** 2;
/** On top of the grace between SIGTERM and SIGKILL. */
const ABORT_PATIENCE_MS = 15_000;

export interface PartsOptions {
  capabilities: Capabilities;
  machine: Machine;
  telemetry: Telemetry;
  /** Ends this worker in order. */
  stopSelf: () => void;
}

/** What a worker is made of. */
export interface WorkerParts extends Omit<PartsOptions, 'stopSelf'> {
  runner: AttemptRunner;
  presence: Presence;
  pools: Pools;
  holds: Holds;
  monitor: DeviceMonitor;
  load: LoadSampler;
  /** Set when the worker begins to take jobs. */
  load_watch: LoadWatch | undefined;
}

/** Makes a worker's parts, which refer to each other, and connects to Redis. None takes jobs or is seen by the fleet yet. */
export async function createParts(context: ServiceContext<WorkerConfig>, options: PartsOptions): Promise<WorkerParts> {
  const { config, log, nats, jetstream: client, http, health, scope } = context;
  const { capabilities, machine, telemetry, stopSelf } = options;
  const { worker_id, devices } = capabilities;
  const clock = new FleetClock();
  const load = new LoadSampler();
  const runner = await createRunner(context, options, {
    ...{ clock, load },
    device_care: {
      waitedSince: (ms) => parts.holds.waitedSince(ms),
      inSpiteOf: () => parts.load_watch?.inSpiteOf(),
      changed: ({ environment }) => {
        const changed = config.WORKER_DETECT_SECONDS === 0 ? undefined : changedHostFact(environment);
        if (changed !== undefined) parts.monitor.lookSoon();
        return changed;
      },
    },
  });
  const redis = connectRedis(`worker-${worker_id}`, config, log);
  scope.add('redis', () => redis.disconnect());
  await health.watch('redis', () => pingRedis(redis));
  const presence = new Presence({
    ...{ nats, client, capabilities, clock, log },
    bucket: await awaitBucket(nats, log, WORKERS_BUCKET, config.NATS_REPLICAS),
    interval_seconds: config.HEARTBEAT_INTERVAL_SECONDS,
    running: () => runner.runningByDevice(),
    load: () => load.sample(),
    onReplaced: stopSelf,
  });
  const pools = new Pools({ redis, prefix: config.REDIS_PREFIX, devices, worker_id, client, runner, telemetry, log });
  http.addReadiness('queues', () => pools.stopped);
  const holds = new Holds({ pools, presence, telemetry, log });
  const { first, look, runtime } = machine;
  const monitor = new DeviceMonitor({
    ...{ first, look, log },
    forget: () => runtime?.forget(),
    running: () => runner.runningCount,
    interval_seconds: config.WORKER_DETECT_SECONDS,
    onNotes: ({ devices: same, notes }) => presence.update(same, notes, `${worker_id} offers the same devices`),
    onChange: (change, now) =>
      applyDeviceChange({ worker_id, pools, presence, runner, holds, telemetry, log }, change, now),
  });
  const parts: WorkerParts = {
    ...{ capabilities, machine, telemetry, runner, presence, pools, holds, monitor, load },
    load_watch: undefined,
  };
  return parts;
}

/** What runs attempts. */
async function createRunner(
  { config, log, nats, jetstream: client }: ServiceContext<WorkerConfig>,
  { capabilities, machine, telemetry, stopSelf }: PartsOptions,
  services: Pick<AttemptServices, 'clock' | 'load' | 'device_care'>,
): Promise<AttemptRunner> {
  const { worker_id } = capabilities;
  return new AttemptRunner({
    ...services,
    ...{ worker_id, telemetry, log, executors: machine.executors },
    client,
    max_payload: () => nats.info?.max_payload ?? DEFAULT_MAX_PAYLOAD,
    energy: new CpuEnergy(),
    checkpoints: await CheckpointStore.open(nats, config.NATS_REPLICAS, worker_id, log),
    findFresh: (question) => askFresh(nats, question),
    abort_patience_ms: config.WORKER_KILL_GRACE_SECONDS * 1000 + ABORT_PATIENCE_MS,
    onStuck: (attempt) => {
      log.fatal({ attempt }, 'an executor does not stop: its device can no longer be trusted, so this worker ends');
      stopSelf();
    },
  });
}
