import { hostname } from 'node:os';
import { natsVariables, redisVariables, secret, serviceVariables } from '@benchwire/shared/runtime/config.ts';
import { z } from 'zod';
import { DEFAULT_BREAKER_SETTINGS as BREAKERS } from './decide/breakers.ts';
import type { FailureSettings } from './decide/scheduler-state.ts';
import { DEFAULT_SUSPECT_SETTINGS as SUSPECTS } from './decide/suspects.ts';

const count = z.coerce.number().pipe(z.int().min(1).max(1000));
const seconds = z.coerce.number().pipe(z.number().min(0.1).max(86_400));

export const schedulerConfig = z.object({
  ...natsVariables,
  ...redisVariables,
  ...serviceVariables,
  /** Names this replica in the lease; unique by default. */
  SCHEDULER_ID: z.string().min(1).prefault(`${hostname()}-${process.pid}`),
  /** REDIS_URL as workers elsewhere have to write it, where that differs: told to those that join. */
  WORKER_REDIS_URL: secret(z.url({ protocol: /^rediss?$/ }).optional()),

  /** The same failure of one model on so many workers in a row holds the model back on that hardware class. */
  SCHEDULER_BREAKER_WORKERS: count.prefault(String(BREAKERS.workers)),
  /** How long at first, until one task may try it; doubled up to 15 minutes each time that one fails. */
  SCHEDULER_BREAKER_SECONDS: seconds.prefault(String(BREAKERS.cool_down_ms / 1000)),
  /** The same failure of so many different models on one worker in a row puts the worker in quarantine. */
  SCHEDULER_QUARANTINE_MODELS: count.prefault(String(SUSPECTS.subjects)),
  /** How long until its first health check; doubled up to an hour each time that it fails. */
  SCHEDULER_QUARANTINE_SECONDS: seconds.prefault('30'),
  /** Failures further apart than this are no pattern. */
  SCHEDULER_FAILURE_WINDOW_SECONDS: seconds.prefault(String(BREAKERS.window_ms / 1000)),
});

/** What makes a pattern out of failures, as configured. */
export function failureSettings(config: z.infer<typeof schedulerConfig>): FailureSettings {
  const window_ms = config.SCHEDULER_FAILURE_WINDOW_SECONDS * 1000;
  const cool_down_ms = config.SCHEDULER_BREAKER_SECONDS * 1000;
  return {
    breakers: {
      workers: config.SCHEDULER_BREAKER_WORKERS,
      window_ms,
      cool_down_ms,
      max_cool_down_ms: Math.max(BREAKERS.max_cool_down_ms, cool_down_ms),
    },
    suspects: { subjects: config.SCHEDULER_QUARANTINE_MODELS, window_ms },
  };
}
