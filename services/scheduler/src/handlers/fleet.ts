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

interface Parts {
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
export async function watchFleet(parts: Parts): Promise<Running> {
  const { nats, jetstream: client, manager, fleet, log, now, onChange } = parts;
  const workers = await openBucket(nats, WORKERS_BUCKET, parts.replicas);
  const quarantines = await openBucket(nats, QUARANTINE_BUCKET, parts.replicas);
  const absences = await openBucket(nats, ABSENCES_BUCKET, parts.replicas);
  const tell = (changes: FleetChange[]): void => {
    for (const change of changes) onChange(change);
  };
  const askToRegister = (worker_id: string): void => {
    if (token.safeParse(worker_id).success && !nats.isClosed())
      nats.publish(workerCommandSubject(worker_id), '{"command":"register"}');
  };
  const unregistered = new Unregistered();
  const told = followBucket({
    ...{ bucket: absences, name: ABSENCES_BUCKET, schema: absence, nats, client, manager, log },
    put: (value) => parts.absences.apply(value),
    removed: (worker_id) => parts.absences.remove(worker_id),
  });
  told.known.then(
    () => {
      parts.absences.is_known = true;
    },
    () => undefined,
  );
  const watching = [
    told,
    followBucket({
      ...{ bucket: workers, name: WORKERS_BUCKET, schema: capabilities, nats, client, manager, log },
      put: (value) => tell(fleet.applyCapabilities(value, now())),
      // A worker that left is not there any more; one whose entry was damaged is.
      removed: (worker_id) => {
        fleet.applyRemoval(worker_id);
        askToRegister(worker_id);
      },
    }),
    followBucket({
      ...{ bucket: quarantines, name: QUARANTINE_BUCKET, schema: quarantine, nats, client, manager, log },
      put: (value) => tell(fleet.applyQuarantine(value)),
    }),
  ];

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
    for (const change of fleet.applyHeartbeat(parsed.value, now())) onChange(change);
  });
  const heartbeats = nats.subscribe(HEARTBEAT_SUBJECTS, {
    callback: (error, message) => {
      if (error === null) beats.push(message);
    },
  });

  let connected = true;
  const leave = onStatus(nats, ({ type }) => {
    if (type === 'disconnect') connected = false;
    else if (type === 'reconnect') {
      // Nobody could be heard meanwhile.
      fleet.forgiveSilence(now());
      connected = true;
    }
  });

  const askAfter = createInquiry(nats, (worker_id) => {
    for (const change of connected ? fleet.markGone(worker_id, now()) : []) onChange(change);
  });
  const expiry = setInterval(() => {
    if (!connected) return;
    for (const change of fleet.expire(now())) onChange(change);
    askAfter(fleet.quiet(now()));
  }, EXPIRY_CHECK_MS);

  return {
    stop: async () => {
      clearInterval(expiry);
      leave();
      heartbeats.unsubscribe();
      await Promise.all(watching.map((each) => each.stop()));
    },
  };
}
