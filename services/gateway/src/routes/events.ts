import { createHash } from 'node:crypto';
import { EVENT_ENTITIES } from '@benchwire/shared/contracts/event.ts';
import { runId } from '@benchwire/shared/contracts/ids.ts';
import { eventRow, type RejectedRow, rejectedRow } from '@benchwire/shared/contracts/rows.ts';
import { z } from 'zod';
import { HttpProblem, notFound } from '../problem.ts';
import { cursor, decodeCursor, limitOf, page, pageOf } from './page.ts';
import { type Route, route } from './route.ts';

/** Names a rejected message by what it is. */
function rejectedId({ rejected_at, subject, raw_base64 }: RejectedRow): string {
  return createHash('sha256').update(`${rejected_at}\n${subject}\n${raw_base64}`).digest('hex').slice(0, 32);
}

const MOST_REJECTED = 1000;

export const eventRoutes: Route[] = [
  route({
    ...{ method: 'GET', url: '/api/events', role: 'viewer', summary: 'What happened, the newest first' },
    query: z.object({
      run_id: runId.optional(),
      task_id: z.string().max(128).optional(),
      entity: z.enum(EVENT_ENTITIES).optional(),
      worker_id: z.string().max(128).optional(),
      pool: z.string().max(128).optional(),
      since: z.iso.datetime({ offset: true }).optional(),
      limit: limitOf(100),
      cursor,
    }),
    answer: pageOf(eventRow),
    handle: async ({ gateway, query: { cursor, ...query } }) => {
      const before = decodeCursor(cursor, z.strictObject({ at: z.string(), event_id: z.string() }));
      const answer = await gateway.client.query('events', { ...query, ...(before === undefined ? {} : { before }) });
      return page(answer, ({ at, event_id }) => ({ at, event_id }));
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/rejected', role: 'viewer', summary: 'Messages that could not be read, with why' },
    query: z.object({ limit: limitOf(20, MOST_REJECTED) }),
    answer: pageOf(rejectedRow.extend({ id: z.string() })),
    handle: async ({ gateway, query }) => {
      const { rows } = await gateway.client.query('rejected', query);
      return { items: rows.map((row) => ({ ...row, id: rejectedId(row) })), next_cursor: null };
    },
  }),
  route({
    ...{ method: 'POST', url: '/api/rejected/:id/replay', role: 'operator', status: 202 },
    summary: 'Send it once more to where it came from; of the newest thousand',
    params: z.object({ id: z.string().regex(/^[0-9a-f]{32}$/) }),
    answer: z.object({ subject: z.string() }),
    handle: async ({ gateway: { client }, params: { id } }) => {
      const { rows } = await client.query('rejected', { limit: MOST_REJECTED });
      const row = rows.find((each) => rejectedId(each) === id);
      if (row === undefined) throw notFound(`rejected message ${id} among the newest ${MOST_REJECTED}`);
      if (!/^bw\.[A-Za-z0-9_.-]+$/.test(row.subject))
        throw new HttpProblem(
          409,
          'NOT_REPLAYABLE',
          `It came from ${row.subject}, which is no NATS subject: send it there yourself.`,
        );
      client.nats.publish(row.subject, Buffer.from(row.raw_base64, 'base64'));
      await client.nats.flush();
      return { subject: row.subject };
    },
  }),
];
