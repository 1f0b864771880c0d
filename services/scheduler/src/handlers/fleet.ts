import { token } from '@benchwire/shared/contracts/ids.ts';
import { QUARANTINE_BUCKET, quarantine } from '@benchwire/shared/contracts/quarantine.ts';
import {
  ABSENCES_BUCKET,
  absence,
  capabilities,
  HEARTBEAT_SUBJECTS,
  heartbeat,
  WORKERS_BUCKET,
  workerCommandSubject,
} from '@benchwire/shared/contracts/worker.ts';
import { onStatus } from '@benchwire/shared/runtime/connection-status.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { followBucket } from '@benchwire/shared/runtime/follow-bucket.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { LimitedLog } from '@benchwire/shared/runtime/limited-log.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { SlicedQueue } from '@benchwire/shared/runtime/slices.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { Absences } from '../fleet/absences.ts';
import type { Fleet, FleetChange } from '../fleet/fleet.ts';
import { Unregistered } from '../fleet/unregistered.ts';
import { createInquiry } from './inquiry.ts';

const EXPIRY_CHECK_MS = 250;
/** Heartbeats that may wait to be read; of more the oldest are left out. */
const MAX_BEATS = 50_000;

interface WatchFleetOptions {
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  replicas: number;
  fleet: Fleet;
  absences: Absences;
  log: Log;
  now: () => number;
  onChange: (change: FleetChange) => void;
}

/** Keeps the fleet up to date: capabilities from the bucket, liveness from heartbeats. Leader and standbys alike. */
export async function watchFleet(options: WatchFleetOptions): Promise<Running> {
  const { nats } = options;
  const askToRegister = (worker_id: string): void => {
    if (token.safeParse(worker_id).success && !nats.isClosed())
      nats.publish(workerCommandSubject(worker_id), '{"command":"register"}');
  };
  const following = await followFleet(options, askToRegister);
  const heartbeats = hearHeartbeats(options, askToRegister);
  const silence = watchSilence(options);
  return {
    stop: async () => {
      await silence.stop();
      await heartbeats.stop();
      await Promise.all(following.map((each) => each.stop()));
    },
  };
}

/** What is stored of the fleet: who is absent, what workers can do, who is in quarantine. */
async function followFleet(options: WatchFleetOptions, askToRegister: (worker_id: string) => void): Promise<Running[]> {
  const { nats, jetstream: client, manager, fleet, absences, log, now, replicas } = options;
  const connection = { nats, client, manager, log };
  const workers = await openBucket(nats, WORKERS_BUCKET, replicas);
  const quarantines = await openBucket(nats, QUARANTINE_BUCKET, replicas);
  const told = followBucket({
    ...{ ...connection, bucket: await openBucket(nats, ABSENCES_BUCKET, replicas) },
    ...{ name: ABSENCES_BUCKET, schema: absence },
    put: (value) => absences.apply(value),
    removed: (worker_id) => absences.remove(worker_id),
  });
  told.known.then(
    () => {
      absences.is_known = true;
    },
    () => undefined,
  );
  return [
    told,
    followBucket({
      ...{ ...connection, bucket: workers, name: WORKERS_BUCKET, schema: capabilities },
      put: (value) => announce(options, fleet.applyCapabilities(value, now())),
      // A worker that left is not there any more; one whose entry was damaged is.
      removed: (worker_id) => {
        fleet.applyRemoval(worker_id);
        askToRegister(worker_id);
      },
    }),
    followBucket({
      ...{ ...connection, bucket: quarantines, name: QUARANTINE_BUCKET, schema: quarantine },
      put: (value) => announce(options, fleet.applyQuarantine(value)),
    }),
  ];
}

function hearHeartbeats(options: WatchFleetOptions, askToRegister: (worker_id: string) => void): Running {
  const { nats, fleet, log, now } = options;
  const unregistered = new Unregistered();
  const limited = new LimitedLog(log);
  const beats = new SlicedQueue<{ subject: string; data: Uint8Array }>(MAX_BEATS, (message) => {
    const parsed = parseJson(heartbeat, message.data);
    if (!parsed.ok) {
      limited.warn({ subject: message.subject, issues: parsed.issues.slice(0, 3) }, 'a heartbeat cannot be read');
      return;
    }
    const { worker_id, state } = parsed.value;
    if (state !== 'left' && unregistered.isDue(worker_id, fleet.isRegistered(worker_id), now()))
      askToRegister(worker_id);
    announce(options, fleet.applyHeartbeat(parsed.value, now()));
  });
  const heartbeats = nats.subscribe(HEARTBEAT_SUBJECTS, {
    callback: (error, message) => {
      if (error === null) beats.push(message);
    },
  });
  return { stop: async () => heartbeats.unsubscribe() };
}

/** Takes workers that are silent for lost, and asks the server after those that are quiet. */
function watchSilence(options: WatchFleetOptions): Running {
  const { nats, fleet, now } = options;
  let connected = true;
  const leave = onStatus(nats, ({ type }) => {
    if (type === 'disconnect') connected = false;
    else if (type === 'reconnect') {
      // No heartbeat could arrive meanwhile.
      fleet.forgiveSilence(now());
      connected = true;
    }
  });
  const askAfter = createInquiry(nats, (worker_id) => {
    if (connected) announce(options, fleet.markGone(worker_id, now()));
  });
  const expiry = setInterval(() => {
    if (!connected) return;
    announce(options, fleet.expire(now()));
    askAfter(fleet.quiet(now()));
  }, EXPIRY_CHECK_MS);
  return {
    stop: async () => {
      clearInterval(expiry);
      leave();
    },
  };
}

function announce({ onChange }: WatchFleetOptions, changes: Iterable<FleetChange>): void {
  for (const change of changes) onChange(change);
}
