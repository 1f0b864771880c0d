import { EVENT_ENTITIES } from '@benchwire/shared/contracts/event.ts';
import { runId, timestamp } from '@benchwire/shared/contracts/ids.ts';
import { eventRow, type RejectedRow, rejectedRow } from '@benchwire/shared/contracts/rows.ts';
import { z } from 'zod';
import { HttpProblem, notFound } from '../problem.ts';
import { cursor, decodeCursor, instant, limitOf, page, pageOf, since } from './page.ts';
import { type Route, route } from './route.ts';

const place = z.strictObject({ stored_at: timestamp, sequence: z.int().min(0) });

/** Names a rejected message by its place in the stream: `<stored, epoch ms>-<sequence>`. */
const rejectedId = ({ stored_at, sequence }: RejectedRow): string => `${Date.parse(stored_at)}-${sequence}`;

function placeOf(id: string): z.infer<typeof place> {
  const [ms = 0, sequence = 0] = id.split('-').map(Number);
  return { stored_at: new Date(ms).toISOString(), sequence };
}

export const eventRoutes: Route[] = [
  route({
    ...{ method: 'GET', url: '/api/events', role: 'viewer', summary: 'What happened, the newest first' },
    query: z.object({
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
    handle: async ({ gateway, query: { cursor, since, ...query } }) => {
      const before = decodeCursor(cursor, z.strictObject({ at: timestamp, event_id: z.string() }));
      const answer = await gateway.client.query('events', {
        ...query,
        ...instant(since),
        ...(before === undefined ? {} : { before }),
      });
      return page(answer, ({ at, event_id }) => ({ at, event_id }));
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/rejected', role: 'viewer', summary: 'Messages that could not be read, with why' },
    query: z.object({ limit: limitOf(20), cursor }),
    answer: pageOf(rejectedRow.extend({ id: z.string() })),
    handle: async ({ gateway, query: { limit, cursor } }) => {
      const before = decodeCursor(cursor, place);
      const answer = await gateway.client.query('rejected', { limit, ...(before === undefined ? {} : { before }) });
      const { items, next_cursor } = page(answer, ({ stored_at, sequence }) => ({ stored_at, sequence }));
      return { items: items.map((row) => ({ ...row, id: rejectedId(row) })), next_cursor };
    },
  }),
  route({
    ...{ method: 'POST', url: '/api/rejected/:id/replay', role: 'operator', status: 202 },
    summary: 'Send it once more to where it came from',
    params: z.object({ id: z.string().regex(/^\d{1,15}-\d{1,10}$/) }),
    answer: z.object({ subject: z.string() }),
    handle: async ({ gateway: { client }, params: { id } }) => {
      const [row] = (await client.query('rejected', { at: placeOf(id), limit: 1 })).rows;
      if (row === undefined) throw notFound(`rejected message ${id}`);
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
