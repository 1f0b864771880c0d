import { eventOf } from '@benchwire/shared/contracts/event.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { publishEvent } from '@benchwire/shared/runtime/publish-event.ts';
import type { FastifyRequest } from 'fastify';
import type { Caller } from './auth/caller.ts';
import type { Gateway } from './gateway.ts';

export interface Change {
  method: string;
  path: string;
  status: number;
  request_id: string;
}

/** What a request changes, by its route. */
export const changeOf = ({ method, url, id }: FastifyRequest, status: number): Change => ({
  ...{ method, path: url.split('?')[0] ?? '', status, request_id: id },
});

/** Says in EVENTS who changed what: the audit trail. Resolves when it is stored; the answer waits for that. */
export async function recordAccess(
  gateway: Gateway,
  caller: Pick<Caller, 'subject' | 'role'>,
  { method, path, status, request_id }: Change,
): Promise<void> {
  const { subject, role } = caller;
  const message = `${subject} (${role}): ${method} ${path} ${status}`;
  const data = { subject, role, method, path, status, request_id };
  const event = eventOf('access.changed', { at_ms: Date.now(), event_id: newRunId(), message, data });
  await publishEvent(gateway.jetstream, event, AbortSignal.timeout(5000));
}
