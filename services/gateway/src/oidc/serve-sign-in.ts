import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { recordAccess } from '../access-log.ts';
import { setSessionCookie } from '../auth/session-cookie.ts';
import type { Gateway } from '../gateway.ts';
import { ownOrigin } from '../own-origin.ts';
import { SIGN_IN_COST } from '../rate-limits.ts';
import type { BegunSignIns } from './begun-sign-ins.ts';
import { BEGUN_TTL_MS } from './begun-sign-ins.ts';
import type { OidcConfig } from './config.ts';
import { personOf } from './person.ts';
import type { Provider } from './provider.ts';

/** Where the browser begins, and where the provider sends it back to. */
const SIGN_IN_PATH = '/sign-in';
const CALLBACK_PATH = '/sign-in/callback';

export interface SignInOptions {
  provider: Provider;
  begun: BegunSignIns;
  config: OidcConfig;
}

/** Why a sign-in did not succeed, as the page knows it. */
type Failure = 'unavailable' | 'expired' | 'refused' | 'failed' | 'no_role';

/** Sign-in with OpenID Connect: authorization code with PKCE, state and nonce. These are pages and no API: browsers are sent there. */
export function serveSignIn(app: FastifyInstance, gateway: Gateway, { provider, begun, config }: SignInOptions): void {
  const cookie = {
    name: gateway.secure ? '__Secure-bw_sign_in' : 'bw_sign_in',
    // Lax: the provider's answer comes from another site.
    options: { httpOnly: true, sameSite: 'lax', path: SIGN_IN_PATH, secure: gateway.secure } as const,
  };
  const fail = (request: FastifyRequest, reply: FastifyReply, why: Failure, reason: string): FastifyReply => {
    request.log.warn({ why, reason }, 'a sign-in with OpenID Connect failed');
    const refusal = why === 'unavailable' ? undefined : gateway.limits.failed(request);
    if (refusal !== undefined) throw refusal;
    return reply.redirect(`/#sign-in-failed=${why}`);
  };

  app.get(SIGN_IN_PATH, async (request, reply) => {
    const { return_to } = request.query as { return_to?: unknown };
    const redirect_uri = `${originOf(gateway, request)}${CALLBACK_PATH}`;
    try {
      const { url, begun: what } = await provider.begin(redirect_uri);
      const value = await begun.keep({ ...what, redirect_uri, return_to: pathOf(return_to) });
      reply.setCookie(cookie.name, value, { ...cookie.options, maxAge: BEGUN_TTL_MS / 1000 });
      return reply.redirect(url.href);
    } catch (error) {
      return fail(request, reply, 'unavailable', messageOf(error));
    }
  });

  app.get(CALLBACK_PATH, async (request, reply) => {
    const value = request.cookies[cookie.name];
    reply.clearCookie(cookie.name, cookie.options);
    const kept = value === undefined ? undefined : await begun.take(value);
    if (kept === undefined)
      return fail(request, reply, 'expired', 'no sign-in was begun in this browser, or too long ago');
    const returned = new URL(kept.redirect_uri);
    returned.search = request.url.split('?')[1] ?? '';
    if (returned.searchParams.has('error'))
      return fail(request, reply, 'refused', String(returned.searchParams.get('error')).slice(0, 200));
    let claims: Record<string, unknown>;
    try {
      claims = await provider.finish(returned, kept);
    } catch (error) {
      return fail(request, reply, 'failed', messageOf(error));
    }
    const person = personOf(claims, config);
    if (person === undefined)
      return fail(request, reply, 'no_role', `the claim ${config.GATEWAY_OIDC_ROLE_CLAIM} gives no role`);
    gateway.limits.takeCaller(person.identity, SIGN_IN_COST);
    const { cookie: secret, session } = await gateway.auth.openSession(person);
    setSessionCookie(gateway, reply, secret, session);
    // The same as a sign-in with a key, which is a POST.
    await recordAccess(gateway, session, { method: 'POST', path: '/api/session', status: 200, request_id: request.id });
    return reply.redirect(kept.return_to);
  });
}

/** Where people reach this page: as its operator says it, else as the browser does. */
const originOf = (gateway: Gateway, request: FastifyRequest): string =>
  gateway.dashboard_origin ?? ownOrigin(gateway, request) ?? '';

/** A path of this page and nothing else: `//elsewhere` and `/\elsewhere` are other sites. */
export function pathOf(text: unknown): string {
  if (typeof text !== 'string' || text.length > 2048 || !/^\/(?![/\\])/.test(text)) return '/';
  const base = 'http://here.invalid';
  const url = URL.parse(text, base);
  return url?.origin === base ? `${url.pathname}${url.search}` : '/';
}
