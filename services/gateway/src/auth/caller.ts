import { ROLES, type Role } from '@benchwire/shared/contracts/http.ts';

/** Who asks. */
export interface Caller {
  subject: string;
  role: Role;
  expires_at: string | null;
  /** The same for a key and the sessions that were opened with it, and for all tokens of one subject; what limits count by. */
  identity: string;
  /** What it rests on, so that it ends with it: the hash of the key and of the cookie, where there is one. */
  key_hash: string | null;
  session_hash: string | null;
  /** By the browser's cookie, which other pages can make it send: changes then need a header that they can't. */
  by_cookie: boolean;
}

/** Of the stack's own key, and of its sign-in link. */
export const LOCAL_IDENTITY = 'local';

/** Whether somebody with the role `has` may do what needs `needed`. */
export function may(has: Role, needed: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needed);
}
