import { ROLES, type Role } from '@benchwire/shared/contracts/http.ts';

/** Who asks. */
export interface Caller {
  subject: string;
  role: Role;
  expires_at: string | null;
  /** By the browser's cookie, which other pages can make it send: changes then need a header that they can't. */
  by_cookie: boolean;
}

/** Whether somebody with the role `has` may do what needs `needed`. */
export function may(has: Role, needed: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needed);
}
