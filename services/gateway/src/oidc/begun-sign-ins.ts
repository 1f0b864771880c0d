import { hashOfSecret, newSecret } from '@benchwire/shared/client/api-keys.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { KV } from '@nats-io/kv';
import { z } from 'zod';

/** KV bucket: sign-ins that wait for the browser to come back from the provider, by the SHA-256 of their cookie. */
export const BEGUN_SIGN_INS_BUCKET = 'http_begun_sign_ins';
export const BEGUN_TTL_MS = 10 * 60_000;

const begunSignIn = z.object({
  v: z.literal(1),
  state: z.string(),
  nonce: z.string(),
  code_verifier: z.string(),
  redirect_uri: z.string(),
  /** Where the browser goes on: a path of this page. */
  return_to: z.string(),
});
type Begun = z.infer<typeof begunSignIn>;

/** Kept in NATS, so that the browser may come back to another replica; each is good once, for the browser that has its cookie. */
export class BegunSignIns {
  readonly #bucket: KV;

  /** @param bucket - its entries go away by themselves after BEGUN_TTL_MS */
  constructor(bucket: KV) {
    this.#bucket = bucket;
  }

  /** @returns the cookie's value */
  async keep(begun: Omit<Begun, 'v'>): Promise<string> {
    const cookie = newSecret('bwo');
    await this.#bucket.put(hashOfSecret(cookie), JSON.stringify({ v: 1, ...begun }));
    return cookie;
  }

  /** Takes it out; undefined for one that is unknown, was used or is too old. */
  async take(cookie: string): Promise<Begun | undefined> {
    const hash = hashOfSecret(cookie);
    const entry = await this.#bucket.get(hash);
    const parsed = entry?.operation === 'PUT' ? parseJson(begunSignIn, entry.value) : undefined;
    if (entry === null || parsed?.ok !== true) return undefined;
    try {
      await this.#bucket.delete(hash, { previousSeq: entry.revision });
    } catch {
      return undefined; // somebody else was first
    }
    return parsed.value;
  }
}
