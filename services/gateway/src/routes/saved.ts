import { SAVED_BUCKET, savedKind } from '@benchwire/shared/contracts/http.ts';
import { bucketEntries, discardEntry } from '@benchwire/shared/runtime/follow-bucket.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { KvEntry } from '@nats-io/kv';
import { z } from 'zod';
import type { Gateway } from '../gateway.ts';
import { notFound } from '../problem.ts';
import { listAnswer } from './page.ts';
import { type Route, route } from './route.ts';

const params = z.object({ kind: savedKind, name: z.string().min(1).max(128) });
const saved = z.object({ name: z.string(), value: z.unknown() });

/** A key of a bucket takes few characters; a name any. */
const keyOf = (kind: string, name: string): string => `${kind}.${Buffer.from(name).toString('base64url')}`;

/** Undefined where it cannot be read; then it is out of the bucket, and in REJECTED. */
async function read({ saved: bucket, jetstream: client, log }: Gateway, entry: KvEntry): Promise<unknown> {
  const parsed = parseJson(z.record(z.string(), z.unknown()), entry.value);
  if (parsed.ok) return parsed.value;
  await discardEntry({ bucket, name: SAVED_BUCKET, client, log }, entry, parsed.issues);
  return undefined;
}

export const savedRoutes: Route[] = [
  route({
    ...{ method: 'GET', url: '/api/saved/:kind', role: 'viewer', summary: 'Saved layouts or queries' },
    params: z.object({ kind: savedKind }),
    answer: listAnswer(saved),
    handle: async ({ gateway, params: { kind } }) => {
      const items: Array<z.infer<typeof saved>> = [];
      const manager = await gateway.jetstream.jetstreamManager();
      for await (const entry of bucketEntries(manager, gateway.saved, SAVED_BUCKET, `${kind}.*`)) {
        const name = Buffer.from(entry.key.slice(kind.length + 1), 'base64url').toString();
        const value = await read(gateway, entry);
        if (value !== undefined) items.push({ name, value });
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
      const value = entry?.operation === 'PUT' ? await read(gateway, entry) : undefined;
      if (value === undefined) throw notFound(`${kind} "${name}"`);
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
