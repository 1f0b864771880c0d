import { timingSafeEqual } from 'node:crypto';
import { hashOfSecret } from '@benchwire/shared/client/api-keys.ts';
import { SESSION_TTL_MS, storedLink } from '@benchwire/shared/contracts/http.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { KV } from '@nats-io/kv';

/**
 * The token of the link that `npm start` prints. When it was first known, and that it was used, is kept for good: neither a
 * restart of the gateway nor the end of a mark makes a used token or an old one good again.
 */
export class SignInLink {
  readonly #bucket: KV;
  readonly #hash: string;

  private constructor(bucket: KV, hash: string) {
    this.#bucket = bucket;
    this.#hash = hash;
  }

  /** Notes the token, unless it is known from before. */
  static async open(bucket: KV, token: string): Promise<SignInLink> {
    const link = new SignInLink(bucket, hashOfSecret(token));
    await bucket
      .create(link.#hash, JSON.stringify({ v: 1, first_known_at: new Date().toISOString(), used_at: null }))
      .catch(async (error: unknown) => {
        if ((await bucket.get(link.#hash)) === null) throw error;
      });
    return link;
  }

  /** @returns whether it opens a session: it is the right one, not too old, and was not used before, here or by a replica */
  async use(token: string): Promise<boolean> {
    const hash = hashOfSecret(token);
    if (!timingSafeEqual(Buffer.from(hash), Buffer.from(this.#hash))) return false;
    const entry = await this.#bucket.get(hash);
    const parsed = entry?.operation === 'PUT' ? parseJson(storedLink, entry.value) : undefined;
    if (entry === null || parsed?.ok !== true || parsed.value.used_at !== null) return false;
    if (Date.now() > Date.parse(parsed.value.first_known_at) + SESSION_TTL_MS) return false;
    try {
      await this.#bucket.update(
        hash,
        JSON.stringify({ ...parsed.value, used_at: new Date().toISOString() }),
        entry.revision,
      );
      return true;
    } catch {
      return false; // somebody else was first
    }
  }
}
