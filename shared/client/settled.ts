import { type Finding, SETTLED_SUBJECT, settledReply } from '../contracts/finding.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { ask } from './ask.ts';
import { ClientError } from './errors.ts';

/**
 * The findings of a run, once the anomaly service has judged every outcome up to a sequence of OUTCOMES.
 * @throws ClientError NOT_SETTLED when it can't tell now: "no regression" must never mean "nobody looked";
 *   UnreachableError when nobody answers
 */
export async function settled(nats: NatsConnection, run_id: string, stream_sequence: number): Promise<Finding[]> {
  const question = { run_id, stream_sequence };
  const reply = await ask(nats, SETTLED_SUBJECT, question, settledReply, {
    service: 'anomaly service',
    reads_only: true,
    timeout_ms: 60_000,
  });
  if (reply.ok) return reply.findings;
  const why = reply.message ?? 'the anomaly service is not ready';
  throw new ClientError('NOT_SETTLED', `it is not known yet whether there is a regression: ${why}`);
}
