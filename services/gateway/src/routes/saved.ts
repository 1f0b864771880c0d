import { savedKind } from '@benchwire/shared/contracts/http.ts';
import { MAX_SAVED_BYTES } from '@benchwire/shared/contracts/limits.ts';
import { visibleText } from '@benchwire/shared/format/visible-text.ts';
import { z } from 'zod';
import { notFound } from '../problem.ts';
import { listAnswer } from './page.ts';
import { type Route, route } from './route.ts';

const params = z.object({ kind: savedKind, name: z.string().min(1).max(128) });
const saved = z.object({ name: z.string(), value: z.unknown() });

const savedFacts = z.object({
  name: z.string(),
  saved_by: z.string().nullable(),
  saved_at: z.string().nullable(),
  bytes: z.int(),
});
/** Of what is saved now: a name that can be seen whole. What has another name may still be read and deleted. */
const newParams = params.extend({
  name: params.shape.name.refine((name) => visibleText(name) === name, 'has control or invisible characters'),
});

export const savedRoutes: Route[] = [
  route({
    ...{
      method: 'GET',
      url: '/api/saved/:kind',
      role: 'viewer',
      summary: 'Saved layouts or queries, without their values',
    },
    params: z.object({ kind: savedKind }),
    answer: listAnswer(savedFacts),
    handle: async ({ gateway, params: { kind } }) => ({ items: gateway.saved.list(kind) }),
  }),
  route({
    ...{ method: 'GET', url: '/api/saved/:kind/:name', role: 'viewer', summary: 'One of them' },
    params,
    answer: saved,
    handle: async ({ gateway, params: { kind, name } }) => {
      const value = await gateway.saved.get(kind, name);
      if (value === undefined) throw notFound(`${kind} "${visibleText(name)}"`);
      return { name, value };
    },
  }),
  route({
    ...{
      method: 'PUT',
      url: '/api/saved/:kind/:name',
      role: 'submitter',
      summary: 'Save one; the body is kept as it is',
    },
    params: newParams,
    // With room for blanks, since what counts is what is stored.
    max_body_bytes: 2 * MAX_SAVED_BYTES,
    body: z.record(z.string(), z.unknown()),
    answer: saved,
    handle: async ({ gateway, params: { kind, name }, body, caller }) => {
      await gateway.saved.put(kind, name, body, caller);
      return { name, value: body };
    },
  }),
  route({
    ...{ method: 'DELETE', url: '/api/saved/:kind/:name', role: 'submitter', summary: 'Take one away', status: 204 },
    params,
    answer: z.null(),
    handle: async ({ gateway, params: { kind, name } }) => {
      await gateway.saved.delete(kind, name);
      return null;
    },
  }),
];
