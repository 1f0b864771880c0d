import { hashOfSecret } from '@benchwire/shared/client/api-keys.ts';
import { SESSION_TTL_MS, type StoredLink, storedLink } from '@benchwire/shared/contracts/http.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { KV } from '@nats-io/kv';

/**
 * Tokens of links that sign in once: the one that `npm start` prints, and those that `bw open` makes. When one was first known, and
 * that it was used, is kept for good: neither a restart of the gateway nor the end of a mark makes a used or an old one good again.
 */
export class SignInLinks {
  readonly #bucket: KV;

  constructor(bucket: KV) {
    this.#bucket = bucket;
  }

  /** Notes a token, unless it is known from before. */
  async note(token: string): Promise<void> {
    const hash = hashOfSecret(token);
    const link: StoredLink = { v: 1, first_known_at: new Date().toISOString(), used_at: null };
    await this.#bucket.create(hash, JSON.stringify(link)).catch(async (error: unknown) => {
      if ((await this.#bucket.get(hash)) === null) throw error;
    });
  }

  /** @returns whether it opens a session: it is known, not too old, and was not used before, here or by a replica */
  async use(token: string): Promise<boolean> {
    // Found by its hash, of which nobody can guess a part.
    const hash = hashOfSecret(token);
    const entry = await this.#bucket.get(hash);
    const parsed = entry?.operation === 'PUT' ? parseJson(storedLink, entry.value) : undefined;
    if (entry === null || parsed?.ok !== true || parsed.value.used_at !== null) return false;
    const { first_known_at, expires_at } = parsed.value;
    const end = Math.min(Date.parse(first_known_at) + SESSION_TTL_MS, Date.parse(expires_at ?? '9999-01-01'));
    if (!(Date.now() <= end)) return false;
    try {
      const used = { ...parsed.value, used_at: new Date().toISOString() };
      await this.#bucket.update(hash, JSON.stringify(used), entry.revision);
      return true;
    } catch {
      return false; // somebody else was first
    }
  }
}
