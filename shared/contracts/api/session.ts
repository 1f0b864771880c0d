import { z } from 'zod';
import { session, signIn, signInWays, ticket } from '../http.ts';
import { MAX_SIGN_IN_BYTES } from '../limits.ts';
import { signatures } from './signature.ts';

export const sessionApi = signatures({
  'GET /api/sign-in': {
    role: null,
    summary: 'Ways to sign in beside an API key: the OpenID Connect provider, and why it cannot be used now',
    answer: signInWays,
  },
  'GET /api/session': { role: 'viewer', summary: 'Who is signed in', answer: session },
  'POST /api/session': {
    role: null,
    summary: "Sign in: a key, or a link's token, for a cookie",
    max_body_bytes: MAX_SIGN_IN_BYTES,
    body: signIn,
    answer: session,
  },
  'POST /api/tickets': {
    role: 'viewer',
    changes_nothing: true,
    summary: 'A ticket that opens one WebSocket within 30 s: `?ticket=` in its address, where no header can be sent',
    answer: ticket,
    status: 201,
  },
  'DELETE /api/session': { role: 'viewer', summary: 'Sign out', answer: z.null(), status: 204 },
});
