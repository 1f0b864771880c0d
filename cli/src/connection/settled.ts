import { type Finding, SETTLED_SUBJECT, settledReply } from '@benchwire/shared/contracts/finding.ts';
import { UnreachableError } from '@benchwire/shared/runtime/errors.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { ask } from './ask.ts';

/**
 * The findings of a run, once the anomaly service has judged every outcome up to a sequence of OUTCOMES.
 * @throws UnreachableError when it can't tell: "no regression" must never mean "nobody looked"
 */
export async function settledFindings(
  nats: NatsConnection,
  run_id: string,
  stream_sequence: number,
): Promise<Finding[]> {
  const question = { run_id, stream_sequence };
  const reply = await ask(nats, SETTLED_SUBJECT, question, settledReply, {
    service: 'anomaly service',
    timeout_ms: 60_000,
  });
  if (reply.ok) return reply.findings;
  throw new UnreachableError(
    `whether there is a regression can't be told now: ${reply.message ?? 'the anomaly service is not ready'}. \`bw findings --run ${run_id}\` shows it later.`,
  );
}
