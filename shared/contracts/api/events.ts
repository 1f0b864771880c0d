import { z } from 'zod';
import { EVENT_ENTITIES } from '../event-entities.ts';
import { runId } from '../ids.ts';
import { eventRow, rejectedRow } from '../rows.ts';
import { cursor, limitOf, pageOf, since } from './lists.ts';
import { signatures } from './signature.ts';

/** A rejected message; `id` names it in its stream: `<stored, epoch ms>-<sequence>`. */
export const rejectedItem = rejectedRow.extend({ id: z.string() });
export type RejectedItem = z.infer<typeof rejectedItem>;

export const eventApi = signatures({
  'GET /api/events': {
    role: 'viewer',
    summary: 'What happened, the newest first',
    query: z.strictObject({
      run_id: runId.optional(),
      task_id: z.string().max(128).optional(),
      entity: z.enum(EVENT_ENTITIES).optional(),
      worker_id: z.string().max(128).optional(),
      pool: z.string().max(128).optional(),
      since,
      limit: limitOf(100),
      cursor,
    }),
    answer: pageOf(eventRow),
  },
  'GET /api/rejected': {
    role: 'viewer',
    summary: 'Messages that could not be read, with why',
    query: z.strictObject({ limit: limitOf(20), cursor }),
    answer: pageOf(rejectedItem),
  },
  'POST /api/rejected/:id/replay': {
    role: 'operator',
    summary: 'Send it once more to where it came from',
    params: z.object({ id: z.string().regex(/^\d{1,15}-\d{1,10}$/) }),
    answer: z.object({ subject: z.string() }),
    status: 202,
  },
});
