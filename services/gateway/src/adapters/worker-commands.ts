import { ask } from '@benchwire/shared/client/ask.ts';
import { QUARANTINE_BUCKET, type Quarantine } from '@benchwire/shared/contracts/quarantine.ts';
import { WORKERS_BUCKET, workerCommandReply, workerCommandSubject } from '@benchwire/shared/contracts/worker.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { Kvm } from '@nats-io/kv';
import { HttpProblem, notFound } from '../problem.ts';

export type WorkerAction = 'drain' | 'quarantine' | 'resume';

/** Tells a worker to take no tasks, or to take them again. @returns what it does now, for a person */
export async function act(
  nats: NatsConnection,
  action: WorkerAction,
  id: string,
  reason: string,
  now: Date,
): Promise<string> {
  const workers = await new Kvm(nats).create(WORKERS_BUCKET, { history: 1 });
  if ((await workers.get(id))?.operation !== 'PUT') throw notFound(`worker ${id}`);
  if (action !== 'drain') {
    const entry: Quarantine = {
      ...{ v: 1, worker_id: id, quarantined: action === 'quarantine', reason, by: 'user' },
      ...{ at: now.toISOString(), checks_failed: 0, next_check_at: null },
    };
    const bucket = await new Kvm(nats).create(QUARANTINE_BUCKET, { history: 1 });
    await bucket.put(id, JSON.stringify(entry));
    if (action === 'quarantine')
      return 'in quarantine until it is resumed, also after a restart; what it runs now goes on';
  }
  const reply = await ask(nats, workerCommandSubject(id), { command: action }, workerCommandReply, {
    ...{ service: `worker ${id}`, timeout_ms: 10_000 },
  });
  if (!reply.ok) throw new HttpProblem(409, 'REFUSED', `${id} says: ${reply.message}`);
  return reply.message;
}
