import { hostname } from 'node:os';
import { natsVariables, redisVariables, secret, serviceVariables } from '@benchwire/shared/runtime/config.ts';
import { z } from 'zod';

export const schedulerConfig = z.object({
  ...natsVariables,
  ...redisVariables,
  ...serviceVariables,
  /** Names this replica in the lease; unique by default. */
  SCHEDULER_ID: z.string().min(1).prefault(`${hostname()}-${process.pid}`),
  /** REDIS_URL as workers elsewhere have to write it, where that differs: told to those that join. */
  WORKER_REDIS_URL: secret(z.url({ protocol: /^rediss?$/ }).optional()),
});
