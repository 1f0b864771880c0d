import type { savedApi } from '@benchwire/shared/contracts/api/saved.ts';
import { visibleText } from '@benchwire/shared/format/visible-text.ts';
import { notFound } from '../problem.ts';
import type { Handlers } from './route.ts';

export const savedHandlers: Handlers<typeof savedApi> = {
  'GET /api/saved/:kind': async ({ gateway, params: { kind } }) => ({ items: gateway.saved.list(kind) }),

  'GET /api/saved/:kind/:name': async ({ gateway, params: { kind, name } }) => {
    const value = await gateway.saved.get(kind, name);
    if (value === undefined) throw notFound(`${kind} "${visibleText(name)}"`);
    return { name, value };
  },

  'PUT /api/saved/:kind/:name': async ({ gateway, params: { kind, name }, body, caller }) => {
    await gateway.saved.put(kind, name, body, caller);
    return { name, value: body };
  },

  'DELETE /api/saved/:kind/:name': async ({ gateway, params: { kind, name } }) => {
    await gateway.saved.delete(kind, name);
    return null;
  },
};
