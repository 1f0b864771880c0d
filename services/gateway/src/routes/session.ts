import { session, signIn, ticket } from '@benchwire/shared/contracts/http.ts';
import { MAX_SIGN_IN_BYTES } from '@benchwire/shared/contracts/limits.ts';
import { z } from 'zod';
import { SIGN_IN_COST } from '../rate-limits.ts';
import { type Route, route } from './route.ts';

export const sessionRoutes: Route[] = [
  route({
    ...{ method: 'GET', url: '/api/session', role: 'viewer', summary: 'Who is signed in' },
    answer: session,
    handle: async ({ caller: { subject, role, expires_at } }) => ({ subject, role, expires_at }),
  }),
  route({
    ...{ method: 'POST', url: '/api/session', role: null, summary: "Sign in: a key, or a link's token, for a cookie" },
    max_body_bytes: MAX_SIGN_IN_BYTES,
    body: signIn,
    answer: session,
    handle: async ({ gateway, body, reply }) => {
      const { cookie, session } = await gateway.auth.signIn(body, (identity) =>
        gateway.limits.takeCaller(identity, SIGN_IN_COST),
      );
      const { subject, role, expires_at } = session;
      const { secure } = gateway;
      reply.setCookie(gateway.cookie_name, cookie, {
        ...{ httpOnly: true, sameSite: 'strict', path: '/', secure },
        expires: new Date(expires_at),
      });
      return { subject, role, expires_at };
    },
  }),
  route({
    ...{ method: 'POST', url: '/api/tickets', role: 'viewer', status: 201 },
    summary: 'A ticket that opens one WebSocket within 30 s: `?ticket=` in its address, where no header can be sent',
    answer: ticket,
    handle: ({ gateway, caller }) => gateway.tickets.issue(caller),
  }),
  route({
    ...{ method: 'DELETE', url: '/api/session', role: 'viewer', summary: 'Sign out', status: 204 },
    answer: z.null(),
    handle: async ({ gateway, request, reply }) => {
      const cookie = request.cookies[gateway.cookie_name];
      if (cookie !== undefined) await gateway.auth.signOut(cookie);
      reply.clearCookie(gateway.cookie_name, { path: '/', secure: gateway.secure });
      return null;
    },
  }),
];
