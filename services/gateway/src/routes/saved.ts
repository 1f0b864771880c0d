import { savedKind } from '@benchwire/shared/contracts/http.ts';
import { z } from 'zod';
import { notFound } from '../problem.ts';
import { listAnswer } from './page.ts';
import { type Route, route } from './route.ts';

const params = z.object({ kind: savedKind, name: z.string().min(1).max(128) });
const saved = z.object({ name: z.string(), value: z.unknown() });

/** A key of a bucket takes few characters; a name any. */
const keyOf = (kind: string, name: string): string => `${kind}.${Buffer.from(name).toString('base64url')}`;

export const savedRoutes: Route[] = [
  route({
    ...{ method: 'GET', url: '/api/saved/:kind', role: 'viewer', summary: 'Saved layouts or queries' },
    params: z.object({ kind: savedKind }),
    answer: listAnswer(saved),
    handle: async ({ gateway, params: { kind } }) => {
      const items: Array<z.infer<typeof saved>> = [];
      for await (const key of await gateway.saved.keys(`${kind}.*`)) {
        const entry = await gateway.saved.get(key);
        const name = Buffer.from(key.slice(kind.length + 1), 'base64url').toString();
        if (entry?.operation === 'PUT') items.push({ name, value: entry.json() });
      }
      return { items: items.sort((a, b) => a.name.localeCompare(b.name)) };
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/saved/:kind/:name', role: 'viewer', summary: 'One of them' },
    params,
    answer: saved,
    handle: async ({ gateway, params: { kind, name } }) => {
      const entry = await gateway.saved.get(keyOf(kind, name));
      if (entry?.operation !== 'PUT') throw notFound(`${kind} "${name}"`);
      return { name, value: entry.json() };
    },
  }),
  route({
    ...{
      method: 'PUT',
      url: '/api/saved/:kind/:name',
      role: 'submitter',
      summary: 'Save one; the body is kept as it is',
    },
    params,
    body: z.record(z.string(), z.unknown()),
    answer: saved,
    handle: async ({ gateway, params: { kind, name }, body }) => {
      await gateway.saved.put(keyOf(kind, name), JSON.stringify(body));
      return { name, value: body };
    },
  }),
  route({
    ...{ method: 'DELETE', url: '/api/saved/:kind/:name', role: 'submitter', summary: 'Take one away', status: 204 },
    params,
    answer: z.null(),
    handle: async ({ gateway, params: { kind, name } }) => {
      await gateway.saved.delete(keyOf(kind, name));
      return null;
    },
  }),
];
