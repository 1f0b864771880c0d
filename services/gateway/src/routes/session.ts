import type { sessionApi } from '@benchwire/shared/contracts/api/session.ts';
import { changeOf, recordAccess } from '../access-log.ts';
import { setSessionCookie } from '../auth/session-cookie.ts';
import { SIGN_IN_COST } from '../rate-limits.ts';
import type { Handlers } from './route.ts';

export const sessionHandlers: Handlers<typeof sessionApi> = {
  'GET /api/sign-in': async ({ gateway: { provider } }) => ({
    oidc: provider === undefined ? null : { issuer: provider.issuer, unavailable: await provider.unavailable() },
  }),

  'GET /api/session': async ({ gateway: { repository }, caller: { subject, role, expires_at } }) => ({
    ...{ subject, role, expires_at, repository },
  }),

  'POST /api/session': async ({ gateway, body, request, reply }) => {
    const { cookie, session } = await gateway.auth.signIn(body, (identity) =>
      gateway.limits.takeCaller(identity, SIGN_IN_COST),
    );
    const { subject, role, expires_at } = session;
    setSessionCookie(gateway, reply, cookie, session);
    await recordAccess(gateway, session, changeOf(request, 200));
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
