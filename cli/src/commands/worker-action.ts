import { ask } from '@benchwire/shared/client/ask.ts';
import { ClientError } from '@benchwire/shared/client/errors.ts';
import { QUARANTINE_BUCKET, type Quarantine } from '@benchwire/shared/contracts/quarantine.ts';
import { WORKERS_BUCKET, workerCommandReply, workerCommandSubject } from '@benchwire/shared/contracts/worker.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { didYouMean } from '@benchwire/shared/runtime/near-names.ts';
import { Kvm } from '@nats-io/kv';
import { NotFoundError, UsageError } from '../errors.ts';

const WORKER_ACTIONS = ['quarantine', 'resume', 'drain'] as const;
type WorkerAction = (typeof WORKER_ACTIONS)[number];

export function readAction(text: string, worker_id: string | undefined): { action: WorkerAction; worker_id: string } {
  const action = WORKER_ACTIONS.find((each) => each === text);
  if (action === undefined)
    throw new UsageError(`"${text}" is nothing that can be done to a worker: use ${WORKER_ACTIONS.join(', ')}.`);
  if (worker_id === undefined) throw new UsageError(`WORKER is missing: bw workers ${action} WORKER`);
  return { action, worker_id };
}

/**
 * Tells a worker to take no tasks, or to take them again. @returns what it does now, for a person
 * @throws NotFoundError when there is no such worker, ClientError REFUSED when it says no, UnreachableError when it is told
 * and does not answer
 */
export async function actOnWorker(
  nats: NatsConnection,
  action: WorkerAction,
  worker_id: string,
  reason: string,
  now: Date,
): Promise<string> {
  await checkKnown(nats, worker_id);
  switch (action) {
    case 'drain':
      return await command(nats, worker_id, 'drain');
    case 'quarantine':
      await storeQuarantine(nats, { worker_id, quarantined: true, reason }, now);
      return `in quarantine until \`bw workers resume ${worker_id}\`, also after a restart; what it runs now goes on`;
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

/** A typing error must not look like a success. */
async function checkKnown(nats: NatsConnection, worker_id: string): Promise<void> {
  const bucket = await new Kvm(nats).create(WORKERS_BUCKET, { history: 1 });
  const entry = /^[A-Za-z0-9_-]{1,128}$/.test(worker_id) ? await bucket.get(worker_id) : null;
  if (entry?.operation === 'PUT') return;
  const known: string[] = [];
  for await (const key of await bucket.keys()) known.push(key);
  const hint =
    didYouMean(worker_id, known) || (known.length === 0 ? ' None is there.' : ` There are ${known.sort().join(', ')}.`);
  throw new NotFoundError(`there is no worker "${worker_id}".${hint}`);
}
