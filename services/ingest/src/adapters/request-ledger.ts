import { createHash } from 'node:crypto';
import { runId } from '@benchwire/shared/contracts/ids.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import type { KV, KvEntry } from '@nats-io/kv';
import { z } from 'zod';

/** What is known of a request_id. `pending`: a run id is reserved, the run may or may not have been stored. */
const ledgerEntry = z.object({ run_id: runId, request_hash: z.string(), state: z.enum(['pending', 'accepted']) });
type LedgerEntry = z.infer<typeof ledgerEntry>;

export interface Reservation {
  entry: LedgerEntry;
  revision: number;
  /** False when somebody else had reserved this request_id. */
  created: boolean;
}

/** An idempotency key, and whose it is where that is known. */
export interface OwnedRequestId {
  caller: string | undefined;
  request_id: string;
}

/** Which run a request_id stands for, in the KV bucket `requests`; entries go after 24 h. */
export class RequestLedger {
  #bucket: KV;
  #discard: (entry: KvEntry, issues: Issue[]) => Promise<void>;

  /** @param discard - takes an entry that cannot be read out of the bucket */
  constructor(bucket: KV, discard: (entry: KvEntry, issues: Issue[]) => Promise<void>) {
    this.#bucket = bucket;
    this.#discard = discard;
  }

  /** Reserves `run_id` for the request_id, or tells what is reserved already. One of several callers wins. */
  async reserve(owned: OwnedRequestId, run_id: string, request_hash: string): Promise<Reservation> {
    const key = keyOf(owned);
    const entry: LedgerEntry = { run_id, request_hash, state: 'pending' };
    for (let attempt = 0; attempt < 20; attempt++) {
      try {
        return { entry, revision: await this.#bucket.create(key, JSON.stringify(entry)), created: true };
      } catch (error) {
        if (!isWrongRevision(error)) throw error;
      }
      const existing = await this.#bucket.get(key);
      if (existing !== null) {
        const parsed = parseJson(ledgerEntry, existing.value);
        if (parsed.ok) return { entry: parsed.value, revision: existing.revision, created: false };
        // A deletion cannot be read either, and is none of anybody's business.
        if (existing.operation === 'PUT') await this.#discard(existing, parsed.issues);
      }
      // A replica of the bucket that is behind, or an entry that has just gone.
      await pause(25);
    }
    throw new BenchwireError('LEDGER_UNSETTLED', 'the bucket "requests" does not settle, try again', {
      retriable: true,
    });
  }

  /** Notes that the run is stored. Somebody else having noted it is as good. */
  async accepted(owned: OwnedRequestId, reservation: Reservation): Promise<void> {
    try {
      const entry: LedgerEntry = { ...reservation.entry, state: 'accepted' };
      await this.#bucket.update(keyOf(owned), JSON.stringify(entry), reservation.revision);
    } catch (error) {
      if (!isWrongRevision(error)) throw error;
    }
  }
}

/**
 * A request_id may hold any characters, a KV key only some. Those of callers whom the gateway knows have keys of their own form,
 * so that no request_id that comes without a caller can be one of theirs.
 */
function keyOf({ caller, request_id }: OwnedRequestId): string {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  return caller === undefined ? hash(request_id) : `${hash(caller)}.${hash(request_id)}`;
}

function isWrongRevision(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamWrongLastSequence;
}
