import { createApiKey, listApiKeys, revokeApiKey } from '@benchwire/shared/client/api-keys.ts';
import { apiKey, newKeyName, role } from '@benchwire/shared/contracts/http.ts';
import { z } from 'zod';
import { notFound } from '../problem.ts';
import { pageOf } from './page.ts';
import { type Route, route } from './route.ts';

export const keyRoutes: Route[] = [
  route({
    ...{ method: 'GET', url: '/api/keys', role: 'admin', summary: 'API keys, without their secrets' },
    answer: pageOf(apiKey),
    handle: async ({ gateway }) => ({ items: await listApiKeys(gateway.client.nats), next_cursor: null }),
  }),
  route({
    ...{ method: 'POST', url: '/api/keys', role: 'admin', summary: 'Make an API key; it is shown once', status: 201 },
    body: z.strictObject({
      name: newKeyName,
      role,
      expires_at: z.iso.datetime({ offset: true }).nullable().optional(),
    }),
    answer: apiKey.extend({ key: z.string() }),
    handle: async ({ gateway, body: { name, role, expires_at = null } }) =>
      await createApiKey(gateway.client.nats, { name, role, expires_at }),
  }),
  route({
    ...{ method: 'DELETE', url: '/api/keys/:id', role: 'admin', summary: 'Revoke an API key', status: 204 },
    params: z.object({ id: z.string().regex(/^[0-9a-f]{12}$/) }),
    answer: z.null(),
    handle: async ({ gateway, params: { id } }) => {
      if (!(await revokeApiKey(gateway.client.nats, id))) throw notFound(`API key ${id}`);
      return null;
    },
  }),
];
