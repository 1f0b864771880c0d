import { type RunVerdict, VERDICT_SUBJECT, type VerdictRequest, verdictReply } from '../contracts/verdict.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { ask } from './ask.ts';
import { ClientError } from './errors.ts';

/**
 * The verdict of a run, from what is stored now: ask after `finished` for that of the whole run.
 * @param patience_ms - for how long a service that is not there is waited for
 * @throws ClientError REFUSED with the reasons; UnreachableError when the anomaly service does not answer
 */
export async function verdict(
  nats: NatsConnection,
  question: VerdictRequest,
  patience_ms?: number,
): Promise<RunVerdict> {
  const reply = await ask(nats, VERDICT_SUBJECT, question, verdictReply, {
    service: 'anomaly service',
    reads_only: true,
    timeout_ms: 60_000,
    ...(patience_ms === undefined ? {} : { patience_ms }),
  });
  if (reply.ok) return reply.verdict;
  throw new ClientError('REFUSED', 'there is no verdict', { issues: reply.issues });
}
