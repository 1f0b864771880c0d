import { readMetricRules, writeMetricRules } from '@benchwire/shared/client/metric-catalogue.ts';
import type { metricApi } from '@benchwire/shared/contracts/api/metrics.ts';
import type { Handlers } from './route.ts';

export const metricHandlers: Handlers<typeof metricApi> = {
  'GET /api/metrics/catalogue': async ({ gateway }) => ({ rules: await readMetricRules(gateway.client.nats) }),

  'PUT /api/metrics/catalogue': async ({ gateway, body: { rules } }) => {
    await writeMetricRules(gateway.client.nats, rules);
    return { rules };
  },
};
