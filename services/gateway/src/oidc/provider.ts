import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';

export interface ProviderOptions {
  issuer: string;
  client_id: string;
  client_secret: string | undefined;
  scopes: readonly string[];
  log: Log;
}

/** What a sign-in that was begun has to come back with. */
export interface BegunSignIn {
  state: string;
  nonce: string;
  code_verifier: string;
}

/** How long the provider has to answer. */
const TIMEOUT_SECONDS = 5;
/** A provider that could not be reached is asked again after this. */
const AGAIN_MS = 5000;
/** Its document may change: keys are fetched as they are needed, addresses once an hour. */
const KEPT_MS = 3_600_000;

/** An OpenID Connect provider. It is asked for its document when somebody wants to sign in, so the gateway starts without it. */
export class Provider {
  readonly issuer: string;
  readonly #options: ProviderOptions;
  #known: { configuration: Configuration; until_ms: number } | undefined;
  #failed: { reason: string; until_ms: number } | undefined;
  #asking: Promise<Configuration> | undefined;

  constructor(options: ProviderOptions) {
    this.issuer = options.issuer;
    this.#options = options;
  }

  /** Why nobody can sign in there now; null where they can. */
  async unavailable(): Promise<string | null> {
    try {
      await this.#configuration();
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Begins a sign-in. @returns where to send the browser, and what to keep until it comes back */
  async begin(redirect_uri: string): Promise<{ url: URL; begun: BegunSignIn }> {
    const configuration = await this.#configuration();
    const begun = { state: randomState(), nonce: randomNonce(), code_verifier: randomPKCECodeVerifier() };
    const url = buildAuthorizationUrl(configuration, {
      ...{ redirect_uri, scope: this.#options.scopes.join(' '), state: begun.state, nonce: begun.nonce },
      ...{ code_challenge: await calculatePKCECodeChallenge(begun.code_verifier), code_challenge_method: 'S256' },
    });
    return { url, begun };
  }

  /**
   * Ends a sign-in: exchanges the code, checks the ID token.
   * @param returned - the address that the browser came back to
   * @returns the claims of the ID token with those of the user's record
   * @throws as openid-client does where anything does not fit
   */
  async finish(returned: URL, { state, nonce, code_verifier }: BegunSignIn): Promise<Record<string, unknown>> {
    const configuration = await this.#configuration();
    const tokens = await authorizationCodeGrant(configuration, returned, {
      ...{ pkceCodeVerifier: code_verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
    });
    const claims = tokens.claims();
    if (claims === undefined) throw new Error('the provider sent no ID token');
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return { ...claims };
    return { ...(await fetchUserInfo(configuration, tokens.access_token, claims.sub)), ...claims };
  }

  async #configuration(): Promise<Configuration> {
    const now_ms = performance.now();
    if (this.#known !== undefined && now_ms < this.#known.until_ms) return this.#known.configuration;
    if (this.#failed !== undefined && now_ms < this.#failed.until_ms) throw new Error(this.#failed.reason);
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return await this.#asking;
  }

  async #ask(): Promise<Configuration> {
    const { issuer, client_id, client_secret, log } = this.#options;
    try {
      const isPlain = issuer.startsWith('http:');
      const configuration = await discovery(new URL(issuer), client_id, client_secret, undefined, {
        timeout: TIMEOUT_SECONDS,
        ...(isPlain ? { execute: [allowInsecureRequests] } : {}),
      });
      this.#known = { configuration, until_ms: performance.now() + KEPT_MS };
      this.#failed = undefined;
      return configuration;
    } catch (error) {
      const reason = `the provider ${issuer} can't be used: ${reasonOf(error)}`;
      if (this.#failed === undefined) log.warn({ issuer, reason }, 'nobody can sign in with OpenID Connect');
      this.#failed = { reason, until_ms: performance.now() + AGAIN_MS };
      throw new Error(reason, { cause: error });
    }
  }
}

/** What the network's errors mean, by their stable codes. */
const NETWORK_WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its host name is unknown',
  EAI_AGAIN: 'its host name cannot be resolved now',
  ECONNREFUSED: 'it refuses the connection',
  ECONNRESET: 'it closed the connection',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  OAUTH_TIMEOUT: `it does not answer within ${TIMEOUT_SECONDS} s`,
};

/** What `fetch` reports says nothing without its cause: the deepest error with a known code, else the deepest message. */
function reasonOf(error: unknown): string {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && chain.length < 5; at = at.cause) chain.push(at);
  for (const each of chain.reverse()) {
    const known = 'code' in each ? NETWORK_WORDS[String(each.code)] : undefined;
    if (known !== undefined) return known;
  }
  return chain.find(({ message }) => message !== '')?.message ?? messageOf(error);
}
