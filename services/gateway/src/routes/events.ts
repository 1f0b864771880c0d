import type { eventApi } from '@benchwire/shared/contracts/api/events.ts';
import { WORKER_EVENT_ENTITIES } from '@benchwire/shared/contracts/event.ts';
import { timestamp } from '@benchwire/shared/contracts/ids.ts';
import type { RejectedRow } from '@benchwire/shared/contracts/rows.ts';
import { z } from 'zod';
import { HttpProblem, notFound } from '../problem.ts';
import { decodeCursor, instant, page } from './page.ts';
import type { Handlers } from './route.ts';

/** The last event of a page. */
export const eventPlace = z.strictObject({ at: timestamp, event_id: z.string() });
const rejectedPlace = z.strictObject({ stored_at: timestamp, sequence: z.int().min(0) });

/** Names a rejected message by its place in the stream: `<stored, epoch ms>-<sequence>`. */
const rejectedId = ({ stored_at, sequence }: RejectedRow): string => `${Date.parse(stored_at)}-${sequence}`;

function placeOf(id: string): z.infer<typeof rejectedPlace> {
  const [ms = 0, sequence = 0] = id.split('-').map(Number);
  return { stored_at: new Date(ms).toISOString(), sequence };
}

/** What workers can't publish themselves: sent on by the gateway, a message that one of them put into REJECTED would count, an acceptance for one. */
function isOfServices(subject: string): boolean {
  if (subject.startsWith('bw.finding.')) return true;
  const [, stream, entity] = subject.split('.');
  return stream === 'event' && !WORKER_EVENT_ENTITIES.some((own) => own === entity);
}

export const eventHandlers: Handlers<typeof eventApi> = {
  'GET /api/events': async ({ gateway, query: { cursor, since, ...query } }) => {
    const before = decodeCursor(cursor, eventPlace);
    const answer = await gateway.client.query('events', { ...query, since: instant(since), before });
    return page(answer, ({ at, event_id }) => ({ at, event_id }));
  },

  'GET /api/rejected': async ({ gateway, query: { limit, cursor } }) => {
    const before = decodeCursor(cursor, rejectedPlace);
    const answer = await gateway.client.query('rejected', { limit, before });
    const { items, next_cursor } = page(answer, ({ stored_at, sequence }) => ({ stored_at, sequence }));
    return { items: items.map((row) => ({ ...row, id: rejectedId(row) })), next_cursor };
  },

  'POST /api/rejected/:id/replay': async ({ gateway: { client }, params: { id } }) => {
    const [row] = (await client.query('rejected', { at: placeOf(id), limit: 1 })).rows;
    if (row === undefined) throw notFound(`rejected message ${id}`);
    if (!/^bw\.[A-Za-z0-9_.-]+$/.test(row.subject))
      throw new HttpProblem(
        409,
        'NOT_REPLAYABLE',
        `It came from ${row.subject}, which is not a NATS subject: send it there yourself.`,
      );
    if (isOfServices(row.subject))
      throw new HttpProblem(
        409,
        'NOT_REPLAYABLE',
        `${row.subject} is written by the stack's services alone, and anyone who may reject a message could have written this one.`,
      );
    client.nats.publish(row.subject, Buffer.from(row.raw_base64, 'base64'));
    await client.nats.flush();
    return { subject: row.subject };
  },
};
