import { compatibilityNow } from '@benchwire/shared/client/compatibility.ts';
import { compatibilityCell, type modelApi } from '@benchwire/shared/contracts/api/models.ts';
import { toCsv } from '@benchwire/shared/format/csv.ts';
import type { Handlers } from './route.ts';

export const modelHandlers: Handlers<typeof modelApi> = {
  'GET /api/models/coverage': async ({ gateway: { client }, query }) => ({
    items: (await client.query('coverage', query)).rows,
  }),

  'GET /api/models/compatibility': ({ gateway: { client }, query }) => compatibilityNow(client, query),

  'GET /api/models/compatibility/csv': async ({ gateway: { client }, query, reply }) => {
    const { items } = await compatibilityNow(client, query);
    reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', 'attachment; filename="benchwire-compatibility.csv"');
    return `${toCsv(Object.keys(compatibilityCell.shape), items).join('\n')}\n`;
  },
};
