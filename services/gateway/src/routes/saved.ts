import type { savedApi } from '@benchwire/shared/contracts/api/saved.ts';
import { visibleText } from '@benchwire/shared/format/visible-text.ts';
import { notFound } from '../problem.ts';
import type { Handlers } from './route.ts';

export const savedHandlers: Handlers<typeof savedApi> = {
  'GET /api/saved/:kind': async ({ gateway, params: { kind } }) => ({ items: gateway.saved.list(kind) }),

  'GET /api/saved/:kind/:name': async ({ gateway, params: { kind, name } }) => {
    const found = await gateway.saved.get(kind, name);
    if (found === undefined) throw notFound(`${kind} "${visibleText(name)}"`);
    return found;
  },

  'PUT /api/saved/:kind/:name': ({ gateway, params: { kind, name }, query: { revision }, body, caller }) =>
    gateway.saved.put(kind, name, body, { caller, over: revision }),

  'DELETE /api/saved/:kind/:name': async ({ gateway, params: { kind, name } }) => {
    await gateway.saved.delete(kind, name);
    return null;
  },
};
