import { eventOf } from '@benchwire/shared/contracts/event.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { publishEvent } from '@benchwire/shared/runtime/publish-event.ts';
import type { FastifyRequest } from 'fastify';
import type { Caller } from './auth/caller.ts';
import type { Gateway } from './gateway.ts';

/** Says in EVENTS who changed what: the audit trail. Resolves when it is stored; the answer waits for that. */
export async function recordAccess(
  gateway: Gateway,
  caller: Caller,
  request: FastifyRequest,
  status: number,
): Promise<void> {
  const { method } = request;
  const path = request.url.split('?')[0] ?? '';
  const { subject, role } = caller;
  const message = `${subject} (${role}): ${method} ${path} ${status}`;
  const data = { subject, role, method, path, status, request_id: request.id };
  const event = eventOf('access.changed', { at_ms: Date.now(), event_id: newRunId(), message, data });
  await publishEvent(gateway.jetstream, event, AbortSignal.timeout(5000));
}
