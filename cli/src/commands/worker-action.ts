import {
  actOnWorker,
  isWorkerKnown,
  WORKER_ACTIONS,
  type WorkerAction,
} from '@benchwire/shared/client/worker-action.ts';
import { WORKERS_BUCKET } from '@benchwire/shared/contracts/worker.ts';
import { bucketEntries } from '@benchwire/shared/runtime/follow-bucket.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { didYouMean } from '@benchwire/shared/runtime/near-names.ts';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { NotFoundError, UsageError } from '../errors.ts';

export function readAction(text: string, worker_id: string | undefined): { action: WorkerAction; worker_id: string } {
  const action = WORKER_ACTIONS.find((each) => each === text);
  if (action === undefined) throw new UsageError(`unknown action "${text}": use ${WORKER_ACTIONS.join(', ')}.`);
  if (worker_id === undefined) throw new UsageError(`WORKER is missing: bw workers ${action} WORKER`);
  return { action, worker_id };
}

/**
 * Does it to a worker that is there. @returns what it does now, for a person
 * @throws NotFoundError when there is no such worker, and as `actOnWorker` of shared/client
 */
export async function act(
  nats: NatsConnection,
  action: WorkerAction,
  worker_id: string,
  reason: string,
  now: Date,
): Promise<string> {
  await checkKnown(nats, worker_id);
  const said = await actOnWorker(nats, action, worker_id, reason, now);
  return (
    said ?? `in quarantine until \`bw workers resume ${worker_id}\`, also after a restart; what it runs now goes on`
  );
}

async function checkKnown(nats: NatsConnection, worker_id: string): Promise<void> {
  if (/^[A-Za-z0-9_-]{1,128}$/.test(worker_id) && (await isWorkerKnown(nats, worker_id))) return;
  const bucket = await new Kvm(nats).create(WORKERS_BUCKET, { history: 1 });
  const known: string[] = [];
  for await (const { key } of bucketEntries(await jetstreamManager(nats), bucket, WORKERS_BUCKET)) known.push(key);
  const hint =
    didYouMean(worker_id, known) || (known.length === 0 ? ' None is there.' : ` There are ${known.sort().join(', ')}.`);
  throw new NotFoundError(`there is no worker "${worker_id}".${hint}`);
}
