import { QUARANTINE_BUCKET, quarantine } from '@benchwire/shared/contracts/quarantine.ts';
import { capabilities, HEARTBEAT_SUBJECTS, heartbeat, WORKERS_BUCKET } from '@benchwire/shared/contracts/worker.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { followBucket } from '@benchwire/shared/runtime/follow-bucket.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { Fleet, FleetChange } from '../decide/fleet.ts';
import { createInquiry } from './inquiry.ts';

const EXPIRY_CHECK_MS = 250;

interface Parts {
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  replicas: number;
  fleet: Fleet;
  log: Log;
  now: () => number;
  onChange: (change: FleetChange) => void;
}

/** Keeps the fleet up to date: capabilities from the bucket, liveness from heartbeats. Leader and standbys alike. */
export async function watchFleet(parts: Parts): Promise<Running> {
  const { nats, jetstream: client, manager, fleet, log, now, onChange } = parts;
  const workers = await openBucket(nats, WORKERS_BUCKET, parts.replicas);
  const quarantines = await openBucket(nats, QUARANTINE_BUCKET, parts.replicas);
  const tell = (changes: FleetChange[]): void => {
    for (const change of changes) onChange(change);
  };
  const watching = [
    followBucket({
      ...{ bucket: workers, name: WORKERS_BUCKET, schema: capabilities, client, manager, log },
      put: (value) => tell(fleet.applyCapabilities(value, now())),
    }),
    followBucket({
      ...{ bucket: quarantines, name: QUARANTINE_BUCKET, schema: quarantine, client, manager, log },
      put: (value) => tell(fleet.applyQuarantine(value)),
    }),
  ];

  const heartbeats = nats.subscribe(HEARTBEAT_SUBJECTS, {
    callback: (error, message) => {
      if (error !== null) return;
      const parsed = parseJson(heartbeat, message.data);
      if (!parsed.ok) {
        log.warn({ subject: message.subject, issues: parsed.issues.slice(0, 3) }, 'a heartbeat cannot be read');
        return;
      }
      for (const change of fleet.applyHeartbeat(parsed.value, now())) onChange(change);
    },
  });

  let connected = true;
  void (async () => {
    for await (const status of nats.status()) {
      if (status.type === 'disconnect') connected = false;
      else if (status.type === 'reconnect') {
        // Nobody could be heard meanwhile.
        fleet.forgiveSilence(now());
        connected = true;
      }
    }
  })();

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
      heartbeats.unsubscribe();
      await Promise.all(watching.map((each) => each.stop()));
    },
  };
}
