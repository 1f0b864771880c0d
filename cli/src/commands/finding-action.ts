import { userInfo } from 'node:os';
import { ask } from '@benchwire/shared/client/ask.ts';
import { ClientError } from '@benchwire/shared/client/errors.ts';
import { ACT_SUBJECT, type ActReply, type ActRequest, actReply } from '@benchwire/shared/contracts/anomaly.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { UsageError } from '../errors.ts';

const FINDING_ACTIONS = ['acknowledge', 'dismiss', 'reopen', 'link'] as const;
type FindingAction = (typeof FINDING_ACTIONS)[number];

export function readFindingAction(text: string): FindingAction {
  const action = FINDING_ACTIONS.find((each) => each === text);
  if (action === undefined) throw new UsageError(`unknown action "${text}": use ${FINDING_ACTIONS.join(', ')}.`);
  return action;
}

/**
 * Tells the anomaly service what somebody decided about a finding.
 * @throws ClientError REFUSED with its reasons; UsageError where a reason or a link is missing
 */
export async function actOnFinding(
  nats: NatsConnection,
  act: Omit<ActRequest, 'by'>,
): Promise<Extract<ActReply, { ok: true }>> {
  if (act.action === 'dismiss' && act.reason.trim() === '')
    throw new UsageError('a dismissal needs a reason, which the detector learns from: --reason "…"');
  if (act.action === 'link' && act.link === undefined) throw new UsageError('the link is missing: --link https://…');
  const reply = await ask(nats, ACT_SUBJECT, { ...act, by: userInfo().username }, actReply, {
    service: 'anomaly service',
  });
  if (reply.ok) return reply;
  throw new ClientError('REFUSED', 'the anomaly service refused', { issues: reply.issues });
}
