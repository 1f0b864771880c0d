import { CANCEL_SUBJECT, cancelReply } from '../contracts/request.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { ask } from './ask.ts';
import { ClientError } from './errors.ts';

/**
 * Asks for a run to be cancelled; resolves when that is stored, so that it happens whatever crashes meanwhile.
 * @throws ClientError REFUSED with the reasons, such as a run that is over; UnreachableError when nobody answers
 */
export async function cancel(nats: NatsConnection, run_id: string, reason?: string): Promise<void> {
  const question = { run_id, ...(reason === undefined ? {} : { reason }) };
  const reply = await ask(nats, CANCEL_SUBJECT, question, cancelReply, { service: 'ingest service' });
  if (!reply.ok) throw new ClientError('REFUSED', `run ${run_id} can't be cancelled`, { issues: reply.issues });
}
