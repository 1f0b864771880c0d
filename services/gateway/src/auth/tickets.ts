import { hashOfSecret, newSecret } from '@benchwire/shared/client/api-keys.ts';
import { ROLES, TICKET_TTL_MS } from '@benchwire/shared/contracts/http.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { KV } from '@nats-io/kv';
import { z } from 'zod';
import { HttpProblem } from '../problem.ts';
import type { Caller } from './caller.ts';

const storedTicket = z.object({
  v: z.literal(1),
  good_until: z.string(),
  caller: z.object({
    subject: z.string(),
    role: z.enum(ROLES),
    expires_at: z.string().nullable(),
    identity: z.string(),
    key_hash: z.string().nullable(),
    session_hash: z.string().nullable(),
  }),
});

/**
 * Tickets for WebSockets: a page cannot set a header on one, and a key does not belong into an address. A ticket opens one
 * socket, within half a minute, at any replica; the socket then rests on what the ticket was made with, and ends with it.
 */
export class Tickets {
  readonly #bucket: KV;

  /** @param bucket - its entries go away by themselves a little after `TICKET_TTL_MS` */
  constructor(bucket: KV) {
    this.#bucket = bucket;
  }

  async issue({ by_cookie: _, ...caller }: Caller): Promise<{ ticket: string; expires_at: string }> {
    const ticket = newSecret('bwt');
    const good_until = new Date(Date.now() + TICKET_TTL_MS).toISOString();
    await this.#bucket.put(hashOfSecret(ticket), JSON.stringify({ v: 1, good_until, caller }));
    return { ticket, expires_at: good_until };
  }

  /** @throws HttpProblem 401 for one that is unknown, was used or is too old */
  async use(ticket: string): Promise<Caller> {
    const refused = new HttpProblem(
      401,
      'TICKET_INVALID',
      'This ticket was used or is too old: POST /api/tickets makes one.',
    );
    const hash = hashOfSecret(ticket);
    const entry = await this.#bucket.get(hash);
    const parsed = entry?.operation === 'PUT' ? parseJson(storedTicket, entry.value) : undefined;
    if (entry === null || parsed?.ok !== true || Date.parse(parsed.value.good_until) < Date.now()) throw refused;
    try {
      await this.#bucket.delete(hash, { previousSeq: entry.revision });
    } catch {
      throw refused; // somebody else was first
    }
    return { ...parsed.value.caller, by_cookie: false };
  }
}
