import type { StoredSession } from '@benchwire/shared/contracts/http.ts';
import type { FastifyReply } from 'fastify';
import type { Gateway } from '../gateway.ts';

/**
 * The name of the session's cookie. Over TLS the prefix `__Host-` binds it to exactly this host: browsers take it only with
 * Secure, from the host itself and for all of its paths. Over plain HTTP no prefix is possible and browsers share cookies
 * between the ports of a host, so that the port in the name keeps two stacks on one machine from overwriting each other's.
 */
export function sessionCookieName(secure: boolean, port: number): string {
  return secure ? '__Host-bw_session' : `bw_session_${port}`;
}

/** Gives a browser its session. No page but the gateway's own makes it send the cookie, and no script reads it. */
export function setSessionCookie(
  { cookie_name, secure }: Pick<Gateway, 'cookie_name' | 'secure'>,
  reply: FastifyReply,
  value: string,
  { expires_at }: Pick<StoredSession, 'expires_at'>,
): void {
  reply.setCookie(cookie_name, value, {
    ...{ httpOnly: true, sameSite: 'strict', path: '/', secure },
    expires: new Date(expires_at),
  });
}
