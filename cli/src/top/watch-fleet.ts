import type { Client } from '@benchwire/shared/client/client.ts';
import { benchEvent, eventName, eventSubject } from '@benchwire/shared/contracts/event.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import { SCHEDULER_STATUS_SUBJECT, schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { capabilities, HEARTBEAT_SUBJECTS, heartbeat, WORKERS_BUCKET } from '@benchwire/shared/contracts/worker.ts';
import { onStatus } from '@benchwire/shared/runtime/connection-status.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { followBucket } from '@benchwire/shared/runtime/follow-bucket.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { listen } from '@benchwire/shared/runtime/listen.ts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { applyHeartbeat, emptyFleet, type FleetState } from './fleet-view.ts';

const RUNS_EVERY_MS = 2000;

/** It has the screen: what is wrong shows in the picture. */
const NO_LOG = { warn: () => {}, error: () => {} };

/** Keeps a picture of the fleet up to date from what is said on NATS anyway; asks only the aggregator, for the runs. */
export async function watchFleet(client: Client, now: () => number): Promise<Running & { fleet: FleetState }> {
  const { nats } = client;
  const fleet = emptyFleet();
  const stopping = new AbortController();
  const listening = [
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
  const following = followBucket({
    ...{ nats, client: jetstream(nats), manager: await jetstreamManager(nats, { checkAPI: false }) },
    ...{ name: WORKERS_BUCKET, schema: capabilities, log: NO_LOG },
    put: (value, key) => void fleet.capabilities.set(key, value),
  });
  const asking = askForRuns(client, fleet, stopping.signal);
  return {
    fleet,
    stop: async () => {
      leave();
      stopping.abort();
      for (const stop of listening) stop();
      await Promise.all([following.stop(), asking]);
    },
  };
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
