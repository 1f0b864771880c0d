/** What the API's answers look like beyond the rows of shared/contracts/query.ts. */

export type Role = 'viewer' | 'submitter' | 'operator' | 'admin';

export interface Session {
  subject: string;
  role: Role;
  expires_at: string | null;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}
