import { CANCEL_SUBJECT, cancelReply } from '../contracts/request.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { ask } from './ask.ts';
import { ClientError } from './errors.ts';

/**
 * Asks for a run, or one task of it, to be cancelled; resolves when that is stored, so that it happens whatever crashes meanwhile.
 * @throws ClientError REFUSED with the reasons, such as a run or task that is over; UnreachableError when nobody answers
 */
export async function cancel(nats: NatsConnection, run_id: string, reason?: string, task_id?: string): Promise<void> {
  const question = {
    run_id,
    ...(reason === undefined ? {} : { reason }),
    ...(task_id === undefined ? {} : { task_id }),
  };
  const reply = await ask(nats, CANCEL_SUBJECT, question, cancelReply, { service: 'ingest service' });
  if (reply.ok) return;
  const what = task_id === undefined ? `run ${run_id}` : `task ${task_id} of run ${run_id}`;
  throw new ClientError('REFUSED', `${what} can't be cancelled`, { issues: reply.issues });
}
