import { hashOfSecret, newSecret } from '@benchwire/shared/client/api-keys.ts';
import { type ApiKey, SESSION_TTL_MS, type StoredSession } from '@benchwire/shared/contracts/http.ts';
import type { WatchedBucket } from '../adapters/watched-bucket.ts';
import { HttpProblem } from '../problem.ts';
import type { Caller } from './caller.ts';
import type { VerifyToken } from './tokens.ts';

/** Keys of the bucket of sessions that say which sign-in links were used begin so. */
export const USED_LINK = 'used-';

export const SESSION_COOKIE = 'bw_session';

interface Parts {
  keys: WatchedBucket<ApiKey>;
  sessions: WatchedBucket<StoredSession>;
  verifyToken: VerifyToken | undefined;
  /** The local stack's own, with the role admin. */
  own_key: string | undefined;
  sign_in_token: string | undefined;
}

/** Finds out who asks: by an API key, a JWT, or the browser's session. */
export class Authenticator {
  readonly #parts: Parts;
  readonly #own_hash: string | undefined;
  readonly #token_hash: string | undefined;
  readonly #token_ends_ms = Date.now() + SESSION_TTL_MS;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#own_hash = parts.own_key === undefined ? undefined : hashOfSecret(parts.own_key);
    this.#token_hash = parts.sign_in_token === undefined ? undefined : hashOfSecret(parts.sign_in_token);
  }

  /** @throws HttpProblem 401 that says what is missing */
  async callerOf(authorization: string | undefined, cookie: string | undefined): Promise<Caller> {
    if (authorization !== undefined) {
      const bearer = /^Bearer +([^ ]+)$/i.exec(authorization)?.[1];
      if (bearer === undefined)
        throw new HttpProblem(401, 'AUTH_INVALID', 'Send `Authorization: Bearer <API key or token>`.');
      if (bearer.split('.').length === 3 && this.#parts.verifyToken !== undefined)
        return await this.#parts.verifyToken(bearer);
      const key = this.#findKey(hashOfSecret(bearer));
      return { subject: key.name, role: key.role, expires_at: key.expires_at, by_cookie: false };
    }
    if (cookie === undefined)
      throw new HttpProblem(401, 'AUTH_MISSING', 'Send `Authorization: Bearer <API key>`; `bw key create` makes one.');
    const session = this.#parts.sessions.get(hashOfSecret(cookie));
    if (session === undefined || isOver(session.expires_at))
      throw new HttpProblem(401, 'SESSION_ENDED', 'The session has ended: sign in again.');
    if (session.key_hash !== null) this.#findKey(session.key_hash);
    const { subject, role, expires_at } = session;
    return { subject, role, expires_at, by_cookie: true };
  }

  /** Opens a browser's session. @returns the cookie's value. @throws HttpProblem 401 */
  async signIn(secret: { key: string } | { token: string }): Promise<{ cookie: string; session: StoredSession }> {
    const key_hash = 'key' in secret ? hashOfSecret(secret.key) : null;
    const who =
      key_hash === null ? await this.#useToken('token' in secret ? secret.token : '') : this.#findKey(key_hash);
    const cookie = newSecret('bws');
    const ends = [new Date(Date.now() + SESSION_TTL_MS).toISOString(), who.expires_at ?? '9'].sort()[0] ?? '';
    const session: StoredSession = { v: 1, subject: who.name, role: who.role, key_hash, expires_at: ends };
    await this.#parts.sessions.put(hashOfSecret(cookie), session);
    return { cookie, session };
  }

  async signOut(cookie: string): Promise<void> {
    await this.#parts.sessions.delete(hashOfSecret(cookie));
  }

  #findKey(hash: string): Pick<ApiKey, 'name' | 'role' | 'expires_at'> {
    if (hash === this.#own_hash) return { name: 'local', role: 'admin', expires_at: null };
    const key = this.#parts.keys.get(hash);
    if (key === undefined) throw new HttpProblem(401, 'KEY_UNKNOWN', 'There is no such API key; was it revoked?');
    if (isOver(key.expires_at)) throw new HttpProblem(401, 'KEY_EXPIRED', `The API key "${key.name}" has expired.`);
    return key;
  }

  async #useToken(token: string): Promise<Pick<ApiKey, 'name' | 'role' | 'expires_at'>> {
    const refused = new HttpProblem(
      401,
      'TOKEN_USED',
      'This sign-in link was used or is too old: sign in with an API key.',
    );
    const hash = hashOfSecret(token);
    if (hash !== this.#token_hash || Date.now() > this.#token_ends_ms) throw refused;
    // The bucket takes a name once, whichever replica asks.
    await this.#parts.sessions.bucket.create(`${USED_LINK}${hash}`, '{}').catch(() => {
      throw refused;
    });
    return { name: 'local', role: 'admin', expires_at: null };
  }
}

const isOver = (expires_at: string | null): boolean => expires_at !== null && Date.parse(expires_at) <= Date.now();
