import { hostname } from 'node:os';
import { natsVariables, redisVariables, serviceVariables } from '@benchwire/shared/runtime/config.ts';
import { z } from 'zod';

export const schedulerConfig = z.object({
  ...natsVariables,
  ...redisVariables,
  ...serviceVariables,
  /** Names this replica in the lease; unique by default. */
  SCHEDULER_ID: z.string().min(1).prefault(`${hostname()}-${process.pid}`),
});
