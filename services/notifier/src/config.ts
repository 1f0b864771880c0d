import { pluginVariables } from '@benchwire/shared/plugins/service-plugins.ts';
import { natsVariables, serviceVariables } from '@benchwire/shared/runtime/config.ts';
import { z } from 'zod';

export const notifierConfig = z.object({
  ...natsVariables,
  ...serviceVariables,
  ...pluginVariables,
  /** Where people reach the dashboard, for links in messages: `https://bench.example.com`. Messages have none without it. */
  DASHBOARD_URL: z.url({ protocol: /^https?$/ }).optional(),
});
