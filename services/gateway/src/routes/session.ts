import type { sessionApi } from '@benchwire/shared/contracts/api/session.ts';
import { SIGN_IN_COST } from '../rate-limits.ts';
import type { Handlers } from './route.ts';

export const sessionHandlers: Handlers<typeof sessionApi> = {
  'GET /api/session': async ({ caller: { subject, role, expires_at } }) => ({ subject, role, expires_at }),

  'POST /api/session': async ({ gateway, body, reply }) => {
    const { cookie, session } = await gateway.auth.signIn(body, (identity) =>
      gateway.limits.takeCaller(identity, SIGN_IN_COST),
    );
    const { subject, role, expires_at } = session;
    reply.setCookie(gateway.cookie_name, cookie, {
      httpOnly: true,
      sameSite: 'strict',
      path: '/',
      secure: gateway.secure,
      expires: new Date(expires_at),
    });
    return { subject, role, expires_at };
  },

  'POST /api/tickets': ({ gateway, caller }) => gateway.tickets.issue(caller),

  'DELETE /api/session': async ({ gateway, request, reply }) => {
    const cookie = request.cookies[gateway.cookie_name];
    if (cookie !== undefined) await gateway.auth.signOut(cookie);
    reply.clearCookie(gateway.cookie_name, { path: '/', secure: gateway.secure });
    return null;
  },
};
