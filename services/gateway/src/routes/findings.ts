import { ask } from '@benchwire/shared/client/ask.ts';
import { ACT_SUBJECT, type ActRequest, actReply, actRequest } from '@benchwire/shared/contracts/anomaly.ts';
import type { findingApi } from '@benchwire/shared/contracts/api/findings.ts';
import { type FindingState, finding } from '@benchwire/shared/contracts/finding.ts';
import { FINDING_SORTS, findingSortValue } from '@benchwire/shared/contracts/finding-sort.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import { z } from 'zod';
import type { Gateway } from '../gateway.ts';
import { HttpProblem, notFound } from '../problem.ts';
import { decodeCursor, instant, onePage, page, sortedValue, wrongCursor } from './page.ts';
import type { Handlers } from './route.ts';

type Findings = typeof findingApi;

/** The last row of a page: what it has in the column that is sorted by. */
const findingPlace = z.strictObject({
  sort: z.enum(FINDING_SORTS),
  value: sortedValue,
  finding_id: z.string(),
});

const decide = ({ client }: Gateway, act: ActRequest) =>
  ask(client.nats, ACT_SUBJECT, act, actReply, { service: 'anomaly service' });

const action =
  (name: ActRequest['action']): Handlers<Findings>[`POST /api/findings/:id/${ActRequest['action']}`] =>
  async ({ gateway, params: { id }, body: { reason, link }, caller }) => {
    const act = { finding_id: id, action: name, reason, by: caller.subject, link: link ?? undefined };
    const parsed = parseWith(actRequest, act);
    if (!parsed.ok) throw new HttpProblem(422, 'BODY_INVALID', 'That can not be done so.', parsed.issues);
    const reply = await decide(gateway, parsed.value);
    if (reply.ok) return { finding_id: reply.finding_id, revision: reply.revision, state: reply.state };
    throw new HttpProblem(422, 'REFUSED', 'The anomaly service refused.', reply.issues);
  };

export const findingHandlers: Handlers<Findings> = {
  'GET /api/findings': async ({ gateway, query: { cursor, since, until, archived, ...query } }) => {
    const { sort } = query;
    const place = decodeCursor(cursor, findingPlace);
    if (place !== undefined && place.sort !== sort) throw wrongCursor();
    const after = place && { value: place.value, finding_id: place.finding_id };
    const times = { since: instant(since), until: instant(until) };
    const answer = await gateway.client.query('findings', {
      ...query,
      ...times,
      archived: archived || undefined,
      after,
    });
    return page(answer, (row) => ({ sort, value: findingSortValue(row, sort), finding_id: row.finding_id }));
  },

  'GET /api/findings/:id': async ({ gateway, params: { id } }) => {
    const [row] = (await gateway.client.query('finding', { finding_id: id })).rows;
    if (row === undefined) throw notFound(`finding ${id}`);
    const parsed = parseWith(finding, JSON.parse(row.record));
    if (parsed.ok) return parsed.value;
    throw new HttpProblem(502, 'BAD_REPLY', 'The finding was stored in a form that is not known here.', parsed.issues);
  },

  'POST /api/findings/:id/acknowledge': action('acknowledge'),
  'POST /api/findings/:id/dismiss': action('dismiss'),
  'POST /api/findings/:id/reopen': action('reopen'),
  'POST /api/findings/:id/link': action('link'),

  'POST /api/decisions': async ({ gateway, body: { finding_ids, action, reason }, caller }) => {
    const decided: Array<{ finding_id: string; state: FindingState }> = [];
    const refused: Array<{ finding_id: string; message: string }> = [];
    // One after the other: each is a message that the anomaly service stores before it answers.
    for (const finding_id of new Set(finding_ids)) {
      const reply = await decide(gateway, { finding_id, action, reason, by: caller.subject });
      if (reply.ok) decided.push({ finding_id, state: reply.state });
      else refused.push({ finding_id, message: reply.issues[0]?.message ?? 'refused' });
    }
    return { decided, refused };
  },

  'GET /api/incidents': async ({ gateway, query }) => onePage(await gateway.client.query('incidents', query)),

  'GET /api/incidents/:id': async ({ gateway, params: { id } }) => {
    const [row] = (await gateway.client.query('incidents', { incident_id: id, limit: 1 })).rows;
    if (row === undefined) throw notFound(`incident ${id}`);
    return row;
  },

  'GET /api/precision': async ({ gateway, query }) => onePage(await gateway.client.query('precision', query)),
};
