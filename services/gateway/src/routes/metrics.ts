import { metricCatalogue } from '@benchwire/shared/client/metric-catalogue.ts';
import type { metricApi } from '@benchwire/shared/contracts/api/metrics.ts';
import type { Handlers } from './route.ts';

export const metricHandlers: Handlers<typeof metricApi> = {
  'GET /api/metrics/catalogue': async ({ gateway }) => ({ rules: await metricCatalogue.read(gateway.client.nats) }),

  'GET /api/metrics': async ({ gateway, query }) => ({ items: (await gateway.client.query('metrics', query)).rows }),

  'PUT /api/metrics/catalogue': async ({ gateway, body: { rules } }) => {
    await metricCatalogue.write(gateway.client.nats, rules);
    return { rules };
  },
};
