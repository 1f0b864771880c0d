import { natsVariables, serviceVariables } from '@benchwire/shared/runtime/config.ts';
import { z } from 'zod';

export const notifierConfig = z.object({
  ...natsVariables,
  ...serviceVariables,
  /** Where people reach the dashboard, for links in messages: `https://bench.example.com`. Messages have none without it. */
  DASHBOARD_URL: z.url({ protocol: /^https?$/ }).optional(),
});
