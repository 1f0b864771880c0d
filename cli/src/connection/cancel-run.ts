import { CANCEL_SUBJECT, cancelReply } from '@benchwire/shared/contracts/request.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { RefusedError } from '../errors.ts';
import { ask } from './ask.ts';

/**
 * Asks for a run to be cancelled; resolves when that is stored, so that it happens whatever crashes meanwhile.
 * @throws RefusedError with the reasons, such as a run that is over
 */
export async function cancelRun(nats: NatsConnection, run_id: string, reason: string): Promise<void> {
  const reply = await ask(nats, CANCEL_SUBJECT, { run_id, reason }, cancelReply, { service: 'ingest service' });
  if (!reply.ok) throw new RefusedError(`run ${run_id} can't be cancelled:`, reply.issues);
}
