import type { Submitted } from '@benchwire/shared/client/submit.ts';
import { MAX_REQUEST_ID_CHARACTERS } from '@benchwire/shared/contracts/limits.ts';
import type { FastifyRequest } from 'fastify';
import { type Caller, LOCAL_IDENTITY } from '../auth/caller.ts';
import type { Gateway } from '../gateway.ts';
import { HttpProblem } from '../problem.ts';

interface Asked {
  gateway: Gateway;
  caller: Caller;
  request: FastifyRequest;
}

/**
 * Submits what a caller sent, once for each `Idempotency-Key` (or `request_id`) of this caller: the same key of somebody else
 * stands for another run. The stack's own key shares its keys with those who submit over NATS, who are the same person.
 * @throws HttpProblem 400 for a key that is none; else as the client does
 */
export async function submitFor({ gateway, caller, request }: Asked, written: unknown): Promise<Submitted> {
  const key = request.headers['idempotency-key'];
  if (key !== undefined && (typeof key !== 'string' || key === '' || key.length > MAX_REQUEST_ID_CHARACTERS))
    throw new HttpProblem(
      400,
      'IDEMPOTENCY_KEY_INVALID',
      `Idempotency-Key has 1 to ${MAX_REQUEST_ID_CHARACTERS} characters, and is sent once.`,
    );
  return await gateway.client.submitWritten(written, {
    request_id: key,
    caller: caller.identity === LOCAL_IDENTITY ? undefined : caller.identity,
  });
}
