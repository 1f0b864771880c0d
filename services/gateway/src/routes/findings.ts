import { ask } from '@benchwire/shared/client/ask.ts';
import { ACT_SUBJECT, type ActRequest, actReply, actRequest } from '@benchwire/shared/contracts/anomaly.ts';
import { findingKind, findingState } from '@benchwire/shared/contracts/finding.ts';
import { runId, timestamp } from '@benchwire/shared/contracts/ids.ts';
import { findingRow, incidentRow, precisionRow } from '@benchwire/shared/contracts/rows.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import { z } from 'zod';
import { HttpProblem, notFound } from '../problem.ts';
import { cursor, decodeCursor, instant, limitOf, listOf, page, pageOf, since } from './page.ts';
import { type Route, route } from './route.ts';

const params = z.object({ id: z.string().min(1).max(512) });

const actBody = z.strictObject({ reason: z.string().max(2000).default(''), link: z.url().max(2048).nullish() });
const needed: Partial<Record<ActRequest['action'], z.ZodType>> = {
  dismiss: actBody.extend({ reason: z.string().regex(/\S/).max(2000) }),
  link: actBody.extend({ link: z.url().max(2048) }),
};

/** For the OpenAPI document: what an action needs beside; the contract `actRequest` says so when it is left out. */
function documentedBody(name: ActRequest['action']): Record<string, unknown> {
  const { $schema: _, ...json } = z.toJSONSchema(needed[name] ?? actBody, { io: 'input', reused: 'inline' });
  return json;
}

const action = (name: ActRequest['action'], summary: string): Route =>
  route({
    ...{ method: 'POST', url: `/api/findings/:id/${name}`, role: 'submitter', summary },
    params,
    body: actBody.default({ reason: '' }).meta(documentedBody(name)),
    answer: z.object({ finding_id: z.string(), revision: z.int(), state: findingState }),
    handle: async ({ gateway, params: { id }, body: { reason, link }, caller }) => {
      const act = { finding_id: id, action: name, reason, by: caller.subject, ...(link == null ? {} : { link }) };
      const parsed = parseWith<ActRequest>(actRequest as never, act);
      if (!parsed.ok) throw new HttpProblem(422, 'BODY_INVALID', 'That can not be done so.', parsed.issues);
      const reply = await ask(gateway.client.nats, ACT_SUBJECT, parsed.value, actReply, { service: 'anomaly service' });
      if (reply.ok) return { finding_id: reply.finding_id, revision: reply.revision, state: reply.state };
      throw new HttpProblem(422, 'REFUSED', 'The anomaly service refused.', reply.issues);
    },
  });

export const findingRoutes: Route[] = [
  route({
    ...{ method: 'GET', url: '/api/findings', role: 'viewer', summary: 'Findings, the newest first' },
    query: z.object({
      run_id: runId.optional(),
      kind: findingKind.optional(),
      states: listOf(findingState),
      series_id: z.string().max(64).optional(),
      incident_id: z.string().max(512).optional(),
      search: z.string().max(256).default(''),
      since,
      limit: limitOf(50),
      cursor,
    }),
    answer: pageOf(findingRow),
    handle: async ({ gateway, query: { cursor, since, ...query } }) => {
      const before = decodeCursor(cursor, z.strictObject({ detected_at: timestamp, finding_id: z.string() }));
      const answer = await gateway.client.query('findings', {
        ...query,
        ...instant(since),
        ...(before === undefined ? {} : { before }),
      });
      return page(answer, ({ detected_at, finding_id }) => ({ detected_at, finding_id }));
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/findings/:id', role: 'viewer', summary: 'One finding with the numbers behind it' },
    params,
    answer: z.record(z.string(), z.unknown()),
    handle: async ({ gateway, params: { id } }) => {
      const [row] = (await gateway.client.query('finding', { finding_id: id })).rows;
      if (row === undefined) throw notFound(`finding ${id}`);
      return JSON.parse(row.record);
    },
  }),
  action('acknowledge', 'It is right, and somebody looks after it'),
  action('dismiss', 'It is no regression, with a reason: the detector learns from it'),
  action('reopen', 'Back to confirmed'),
  action('link', 'Where it is followed up'),
  route({
    ...{ method: 'GET', url: '/api/incidents', role: 'viewer', summary: 'Findings of one cause, together' },
    query: z.object({ only_open: z.stringbool().default(false), limit: limitOf(50) }),
    answer: pageOf(incidentRow),
    handle: async ({ gateway, query }) => ({
      items: (await gateway.client.query('incidents', query)).rows,
      next_cursor: null,
    }),
  }),
  route({
    ...{ method: 'GET', url: '/api/incidents/:id', role: 'viewer', summary: 'One incident' },
    params,
    answer: incidentRow,
    handle: async ({ gateway, params: { id } }) => {
      const [row] = (await gateway.client.query('incidents', { incident_id: id, limit: 1 })).rows;
      if (row === undefined) throw notFound(`incident ${id}`);
      return row;
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/precision', role: 'viewer', summary: 'How often findings were right' },
    query: z.object({ limit: limitOf(100) }),
    answer: pageOf(precisionRow),
    handle: async ({ gateway, query }) => ({
      items: (await gateway.client.query('precision', query)).rows,
      next_cursor: null,
    }),
  }),
];
