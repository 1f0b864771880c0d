import { QUARANTINE_BUCKET, quarantine } from '@benchwire/shared/contracts/quarantine.ts';
import { capabilities, HEARTBEAT_SUBJECTS, heartbeat, WORKERS_BUCKET } from '@benchwire/shared/contracts/worker.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import type { KV } from '@nats-io/kv';
import type { z } from 'zod';
import type { Fleet, FleetChange } from '../decide/fleet.ts';
import { createInquiry } from './inquiry.ts';

const EXPIRY_CHECK_MS = 250;

interface Parts {
  nats: NatsConnection;
  replicas: number;
  fleet: Fleet;
  log: Log;
  now: () => number;
  onChange: (change: FleetChange) => void;
}

/** Keeps the fleet up to date: capabilities from the bucket, liveness from heartbeats. Leader and standbys alike. */
export async function watchFleet(parts: Parts): Promise<Running> {
  const { nats, fleet, log, now, onChange } = parts;
  const stopping = new AbortController();

  /** Every entry of a bucket now and from now on, until told to stop. */
  const follow = async <T>(bucket: KV, schema: z.ZodType<T>, take: (value: T) => FleetChange[]): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const entries = await bucket.watch();
        stopping.signal.addEventListener('abort', () => entries.stop(), { once: true });
        if (stopping.signal.aborted) entries.stop();
        for await (const entry of entries) {
          if (entry.operation !== 'PUT') continue;
          const parsed = parseJson(schema, entry.value);
          if (parsed.ok) for (const change of take(parsed.value)) onChange(change);
          else log.error({ key: entry.key, issues: parsed.issues }, 'an entry cannot be read; ignored');
        }
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ err: error }, 'watching a bucket failed, trying again');
      }
      await pause(300, stopping.signal);
    }
  };
  const workers = await openBucket(nats, WORKERS_BUCKET, parts.replicas);
  const quarantines = await openBucket(nats, QUARANTINE_BUCKET, parts.replicas);
  const watching = [
    follow(workers, capabilities, (value) => fleet.applyCapabilities(value, now())),
    follow(quarantines, quarantine, (value) => fleet.applyQuarantine(value)),
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
      stopping.abort();
      clearInterval(expiry);
      heartbeats.unsubscribe();
      await Promise.all(watching);
    },
  };
}
