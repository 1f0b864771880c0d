import { z } from 'zod';
import { apiKey, newKeyName, role } from '../http.ts';
import { pageOf } from './lists.ts';
import { signatures } from './signature.ts';

export const keyApi = signatures({
  'GET /api/keys': { role: 'admin', summary: 'API keys, without their secrets', answer: pageOf(apiKey) },
  'POST /api/keys': {
    role: 'admin',
    summary: 'Make an API key; it is shown once',
    body: z.strictObject({
      name: newKeyName,
      role,
      expires_at: z.iso.datetime({ offset: true }).nullable().optional(),
    }),
    answer: apiKey.extend({ key: z.string() }),
    status: 201,
  },
  'DELETE /api/keys/:id': {
    role: 'admin',
    summary: 'Revoke an API key',
    params: z.object({ id: z.string().regex(/^[0-9a-f]{12}$/) }),
    answer: z.null(),
    status: 204,
  },
});
