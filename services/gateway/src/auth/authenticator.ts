import { hashOfSecret, newSecret } from '@benchwire/shared/client/api-keys.ts';
import { type ApiKey, SESSION_TTL_MS, type StoredSession } from '@benchwire/shared/contracts/http.ts';
import type { WatchedBucket } from '../adapters/watched-bucket.ts';
import { HttpProblem } from '../problem.ts';
import { type Caller, LOCAL_IDENTITY } from './caller.ts';
import type { SignInLinks } from './sign-in-link.ts';
import type { VerifyToken } from './tokens.ts';

interface AuthenticatorOptions {
  keys: WatchedBucket<ApiKey>;
  sessions: WatchedBucket<StoredSession>;
  verifyToken: VerifyToken | undefined;
  /** The local stack's own, with the role admin. */
  own_key: string | undefined;
  sign_in_links: SignInLinks;
}

/** Finds out who asks: by an API key, a JWT, or the browser's session. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #own_hash: string | undefined;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#own_hash = options.own_key === undefined ? undefined : hashOfSecret(options.own_key);
  }

  /** @throws HttpProblem 401 that says what is missing */
  async callerOf(authorization: string | undefined, cookie: string | undefined): Promise<Caller> {
    if (authorization !== undefined) {
      const bearer = /^Bearer +([^ ]+)$/i.exec(authorization)?.[1];
      if (bearer === undefined)
        throw new HttpProblem(401, 'AUTH_INVALID', 'Send `Authorization: Bearer <API key or token>`.');
      if (bearer.split('.').length === 3 && this.#options.verifyToken !== undefined)
        return await this.#options.verifyToken(bearer);
      const key_hash = hashOfSecret(bearer);
      const { name, role, expires_at } = this.#findKey(key_hash);
      const identity = this.#identityOf(key_hash);
      return { subject: name, role, expires_at, identity, by_cookie: false, key_hash, session_hash: null };
    }
    if (cookie === undefined)
      throw new HttpProblem(401, 'AUTH_MISSING', 'Send `Authorization: Bearer <API key>`; `bw key create` makes one.');
    const session_hash = hashOfSecret(cookie);
    const session = this.#findSession(session_hash);
    const { subject, role, expires_at, key_hash, identity = this.#identityOf(key_hash) } = session;
    return { subject, role, expires_at, identity, by_cookie: true, key_hash, session_hash };
  }

  /** Looks again at what let a caller in. @throws HttpProblem 401 once it was revoked, has expired, or the session has ended */
  checkStillGood({ session_hash, key_hash, expires_at }: Caller): void {
    if (session_hash !== null) this.#findSession(session_hash);
    else if (key_hash !== null) this.#findKey(key_hash);
    else if (isOver(expires_at)) throw new HttpProblem(401, 'TOKEN_EXPIRED', 'The token has expired: send a new one.');
  }

  /** Opens a browser's session. @returns the cookie's value, and whose it is. @throws HttpProblem 401 */
  async signIn(
    secret: { key: string } | { token: string },
    admit: (identity: string) => void,
  ): Promise<{ cookie: string; session: StoredSession }> {
    const key_hash = 'key' in secret ? hashOfSecret(secret.key) : null;
    const who = key_hash === null ? LINK_OPENS : this.#findKey(key_hash);
    admit(this.#identityOf(key_hash));
    if ('token' in secret && !(await this.#options.sign_in_links.use(secret.token)))
      throw new HttpProblem(
        401,
        'TOKEN_USED',
        'This sign-in link was used or is too old: `bw open` prints a new one, or sign in with an API key.',
      );
    const { name: subject, role, expires_at } = who;
    return await this.openSession({ subject, role, key_hash, expires_at });
  }

  /** Opens the session of somebody who has shown who they are: for twelve hours, or until `expires_at` where that is earlier. */
  async openSession(
    of: Pick<StoredSession, 'subject' | 'role' | 'identity'> & { key_hash?: string | null; expires_at?: string | null },
  ): Promise<{ cookie: string; session: StoredSession }> {
    const { subject, role, identity, key_hash = null, expires_at } = of;
    const cookie = newSecret('bws');
    const ends = [new Date(Date.now() + SESSION_TTL_MS).toISOString(), expires_at ?? '9'].sort()[0] ?? '';
    const common = { v: 1, subject, role, key_hash, expires_at: ends } as const;
    const session: StoredSession = identity === undefined ? common : { ...common, identity };
    await this.#options.sessions.put(hashOfSecret(cookie), session);
    return { cookie, session };
  }

  async signOut(cookie: string): Promise<void> {
    await this.#options.sessions.delete(hashOfSecret(cookie));
  }

  #findKey(hash: string): Pick<ApiKey, 'name' | 'role' | 'expires_at'> {
    if (hash === this.#own_hash) return { name: 'local', role: 'admin', expires_at: null };
    const key = this.#options.keys.get(hash);
    if (key === undefined) throw new HttpProblem(401, 'KEY_UNKNOWN', 'There is no such API key; was it revoked?');
    if (isOver(key.expires_at)) throw new HttpProblem(401, 'KEY_EXPIRED', `The API key "${key.name}" has expired.`);
    return key;
  }

  #findSession(hash: string): StoredSession {
    const session = this.#options.sessions.get(hash);
    if (session === undefined || isOver(session.expires_at))
      throw new HttpProblem(401, 'SESSION_ENDED', 'The session has ended: sign in again.');
    if (session.key_hash !== null) this.#findKey(session.key_hash);
    return session;
  }

  #identityOf(key_hash: string | null): string {
    return key_hash === null || key_hash === this.#own_hash ? LOCAL_IDENTITY : `key:${key_hash.slice(0, 12)}`;
  }
}

const LINK_OPENS: Pick<ApiKey, 'name' | 'role' | 'expires_at'> = { name: 'local', role: 'admin', expires_at: null };

const isOver = (expires_at: string | null): boolean => expires_at !== null && Date.parse(expires_at) <= Date.now();
