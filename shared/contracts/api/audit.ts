import { z } from 'zod';
import { eventRow } from '../rows.ts';
import { cursor, limitOf, pageOf, since } from './lists.ts';
import { signatures } from './signature.ts';

export const AUDIT_METHODS = ['POST', 'PUT', 'DELETE'] as const;

/** One change that somebody made through the gateway. */
const auditItem = eventRow.pick({ event_id: true, at: true }).extend({
  /** The name of the key, the token's subject, or the person who signed in. */
  subject: z.string(),
  role: z.string(),
  /** What was done, as the route's summary has it; the method and path for a route that this version does not know. */
  what: z.string(),
  /** What it was done to: the parts of the path that name something; empty where there are none. */
  target: z.string(),
  method: z.string(),
  path: z.string(),
  status: z.int(),
  request_id: z.string(),
});
export type AuditItem = z.infer<typeof auditItem>;

export const auditApi = signatures({
  'GET /api/audit': {
    role: 'viewer',
    summary: 'Who changed what through the gateway, the newest first',
    query: z.strictObject({
      subject: z.string().max(256).optional(),
      method: z.enum(AUDIT_METHODS).optional(),
      /** A part of the path: `/api/settings`, a run's id. */
      path: z.string().max(256).optional(),
      since,
      until: since,
      limit: limitOf(100),
      cursor,
    }),
    answer: pageOf(auditItem),
  },
});
