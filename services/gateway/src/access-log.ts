import { type BenchEvent, eventSubject } from '@benchwire/shared/contracts/event.ts';
import { MESSAGE_VERSION, newRunId } from '@benchwire/shared/contracts/ids.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
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
  const event: BenchEvent = {
    ...{ v: MESSAGE_VERSION, event_id: newRunId(), at: new Date().toISOString(), entity: 'access', kind: 'changed' },
    ...{ run_id: null, task_id: null, attempt: null, worker_id: null, pool: null },
    message: `${subject} (${role}): ${method} ${path} ${status}`.slice(0, 4096),
    data: { subject, role, method, path, status, request_id: request.id },
  };
  const signal = AbortSignal.timeout(5000);
  await publish(gateway.jetstream, eventSubject(event), JSON.stringify(event), { id: event.event_id, signal });
}
