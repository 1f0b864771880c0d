import type { Client } from '@benchwire/shared/client/client.ts';
import { onStatus } from '@benchwire/shared/client/connection-status.ts';
import { benchEvent, eventName, eventSubject } from '@benchwire/shared/contracts/event.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import { SCHEDULER_STATUS_SUBJECT, schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { capabilities, HEARTBEAT_SUBJECTS, heartbeat, WORKERS_BUCKET } from '@benchwire/shared/contracts/worker.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { Kvm } from '@nats-io/kv';
import type { z } from 'zod';
import { applyHeartbeat, emptyFleet, type FleetState } from './fleet-view.ts';

const RUNS_EVERY_MS = 2000;

/** Keeps a picture of the fleet up to date from what is said on NATS anyway; asks only the aggregator, for the runs. */
export function watchFleet(client: Client, now: () => number): Running & { fleet: FleetState } {
  const { nats } = client;
  const fleet = emptyFleet();
  const stopping = new AbortController();
  const subscriptions = [
    listen(nats, HEARTBEAT_SUBJECTS, heartbeat, (value) => applyHeartbeat(fleet, value, now())),
    listen(nats, SCHEDULER_STATUS_SUBJECT, schedulerStatus, (status) => {
      fleet.status = { status, seen_ms: now() };
    }),
    // The live subject is enough: it tells when what starts from now on has started.
    listen(nats, eventSubject({ entity: 'task', run_id: '*' }), benchEvent, (event) => {
      const { run_id, task_id, attempt, at } = event;
      if (eventName(event) === 'task.running' && run_id !== null && task_id !== null && attempt !== null)
        fleet.running_since.set(attemptId({ run_id, task_id, attempt }), Date.parse(at));
    }),
  ];
  const leave = onStatus(nats, ({ type }) => {
    if (type === 'disconnect') fleet.connected = false;
    else if (type === 'reconnect') fleet.connected = true;
  });
  const loops = [watchCapabilities(nats, fleet, stopping.signal), askForRuns(client, fleet, stopping.signal)];
  return {
    fleet,
    stop: async () => {
      leave();
      stopping.abort();
      for (const subscription of subscriptions) subscription.unsubscribe();
      await Promise.all(loops);
    },
  };
}

function listen<T>(nats: NatsConnection, subject: string, schema: z.ZodType<T>, onValue: (value: T) => void) {
  return nats.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) return;
      const parsed = parseJson(schema, message.data);
      if (parsed.ok) onValue(parsed.value);
    },
  });
}

async function watchCapabilities(nats: NatsConnection, fleet: FleetState, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const bucket = await new Kvm(nats).open(WORKERS_BUCKET, { allow_direct: false });
      const entries = await bucket.watch();
      signal.addEventListener('abort', () => entries.stop(), { once: true });
      if (signal.aborted) return;
      for await (const entry of entries) {
        const parsed = entry.operation === 'PUT' ? parseJson(capabilities, entry.value) : undefined;
        if (parsed?.ok === true) fleet.capabilities.set(entry.key, parsed.value);
      }
    } catch {
      // No worker has ever written there: looked at again.
    }
    await pause(1000, signal);
  }
}

async function askForRuns(client: Client, fleet: FleetState, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      fleet.runs = (await client.query('runs', { limit: 12 })).rows;
    } catch {
      fleet.runs = undefined; // an aggregator that is away must not end the view of everything else
    }
    await pause(RUNS_EVERY_MS, signal);
  }
}
