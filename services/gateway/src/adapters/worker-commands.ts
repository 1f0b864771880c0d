import { ClientError } from '@benchwire/shared/client/errors.ts';
import { actOnWorker, isWorkerKnown, type WorkerAction } from '@benchwire/shared/client/worker-action.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { HttpProblem, notFound } from '../problem.ts';

/** Does it to a worker that is there. @returns what it does now, for a person */
export async function act(
  nats: NatsConnection,
  action: WorkerAction,
  id: string,
  reason: string,
  now: Date,
): Promise<string> {
  if (!(await isWorkerKnown(nats, id))) throw notFound(`worker ${id}`);
  try {
    const said = await actOnWorker(nats, action, id, reason, now);
    return said ?? 'in quarantine until it is resumed, also after a restart; what it runs now goes on';
  } catch (error) {
    if (error instanceof ClientError && error.code === 'REFUSED') throw new HttpProblem(409, 'REFUSED', error.message);
    throw error;
  }
}
