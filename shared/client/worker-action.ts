import { Kvm } from '@nats-io/kv';
import { QUARANTINE_BUCKET, type Quarantine } from '../contracts/quarantine.ts';
import { WORKERS_BUCKET, workerCommandReply, workerCommandSubject } from '../contracts/worker.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { ask } from './ask.ts';
import { ClientError } from './errors.ts';

export const WORKER_ACTIONS = ['quarantine', 'resume', 'drain'] as const;
export type WorkerAction = (typeof WORKER_ACTIONS)[number];

/** Whether a worker is there, or was and may come back. A typing error must not look like a success: ask before `actOnWorker`. */
export async function isWorkerKnown(nats: NatsConnection, worker_id: string): Promise<boolean> {
  const bucket = await new Kvm(nats).create(WORKERS_BUCKET, { history: 1 });
  return (await bucket.get(worker_id))?.operation === 'PUT';
}

/**
 * Tells a worker to take no tasks, or to take them again.
 * @returns what it says of that, for a person; undefined for a quarantine, which is stored and needs no answer
 * @throws ClientError REFUSED when it says no, UnreachableError when it is told and does not answer
 */
export async function actOnWorker(
  nats: NatsConnection,
  action: WorkerAction,
  worker_id: string,
  reason: string,
  now: Date,
): Promise<string | undefined> {
  switch (action) {
    case 'drain':
      return await command(nats, worker_id, 'drain');
    case 'quarantine':
      await storeQuarantine(nats, { worker_id, quarantined: true, reason }, now);
      return undefined;
    case 'resume':
      await storeQuarantine(nats, { worker_id, quarantined: false, reason }, now);
      return await command(nats, worker_id, 'resume');
    default:
      return action satisfies never;
  }
}

async function command(nats: NatsConnection, worker_id: string, name: 'drain' | 'resume'): Promise<string> {
  const reply = await ask(nats, workerCommandSubject(worker_id), { command: name }, workerCommandReply, {
    service: `worker ${worker_id}`,
    timeout_ms: 10_000,
  });
  if (!reply.ok) throw new ClientError('REFUSED', `${worker_id} says: ${reply.message}`);
  return reply.message;
}

async function storeQuarantine(
  nats: NatsConnection,
  what: Pick<Quarantine, 'worker_id' | 'quarantined' | 'reason'>,
  now: Date,
): Promise<void> {
  const entry: Quarantine = { v: 1, ...what, by: 'user', at: now.toISOString(), checks_failed: 0, next_check_at: null };
  const bucket = await new Kvm(nats).create(QUARANTINE_BUCKET, { history: 1 });
  await bucket.put(what.worker_id, JSON.stringify(entry));
}
