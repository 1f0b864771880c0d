import { createApiKey, listApiKeys, revokeApiKey } from '@benchwire/shared/client/api-keys.ts';
import type { keyApi } from '@benchwire/shared/contracts/api/keys.ts';
import { notFound } from '../problem.ts';
import { onePage } from './page.ts';
import type { Handlers } from './route.ts';

export const keyHandlers: Handlers<typeof keyApi> = {
  'GET /api/keys': async ({ gateway }) => onePage({ rows: await listApiKeys(gateway.client.nats) }),

  'POST /api/keys': ({ gateway, body: { name, role, expires_at = null } }) =>
    createApiKey(gateway.client.nats, { name, role, expires_at }),

  'DELETE /api/keys/:id': async ({ gateway, params: { id } }) => {
    if (!(await revokeApiKey(gateway.client.nats, id))) throw notFound(`API key ${id}`);
    return null;
  },
};
