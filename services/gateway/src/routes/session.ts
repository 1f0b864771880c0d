import { session, signIn } from '@benchwire/shared/contracts/http.ts';
import { z } from 'zod';
import { SESSION_COOKIE } from '../auth/authenticator.ts';
import { type Route, route } from './route.ts';

export const sessionRoutes: Route[] = [
  route({
    ...{ method: 'GET', url: '/api/session', role: 'viewer', summary: 'Who is signed in' },
    answer: session,
    handle: async ({ caller: { subject, role, expires_at } }) => ({ subject, role, expires_at }),
  }),
  route({
    ...{ method: 'POST', url: '/api/session', role: null, summary: "Sign in: a key, or a link's token, for a cookie" },
    body: signIn,
    answer: session,
    handle: async ({ gateway, body, reply }) => {
      const { cookie, session } = await gateway.auth.signIn(body);
      const { subject, role, expires_at } = session;
      const { secure } = gateway;
      reply.setCookie(SESSION_COOKIE, cookie, {
        ...{ httpOnly: true, sameSite: 'strict', path: '/', secure },
        expires: new Date(expires_at),
      });
      return { subject, role, expires_at };
    },
  }),
  route({
    ...{ method: 'DELETE', url: '/api/session', role: 'viewer', summary: 'Sign out', status: 204 },
    answer: z.null(),
    handle: async ({ gateway, request, reply }) => {
      const cookie = request.cookies[SESSION_COOKIE];
      if (cookie !== undefined) await gateway.auth.signOut(cookie);
      reply.clearCookie(SESSION_COOKIE, { path: '/' });
      return null;
    },
  }),
];
