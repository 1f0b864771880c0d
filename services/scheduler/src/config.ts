import { hostname } from 'node:os';
import { pluginVariables } from '@benchwire/shared/plugins/service-plugins.ts';
import { natsVariables, redisVariables, secret, serviceVariables } from '@benchwire/shared/runtime/config.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { REDIS_ADDRESS, serverUrl } from '@benchwire/shared/runtime/server-url.ts';
import { z } from 'zod';
import { DEFAULT_BREAKER_SETTINGS as BREAKERS } from './failures/breakers.ts';
import { DEFAULT_SUSPECT_SETTINGS as SUSPECTS } from './failures/suspects.ts';
import { DEFAULT_HISTORY_PATIENCE_SECONDS } from './placement/history-patience.ts';
import { DEFAULT_AGING_SECONDS } from './queue/order.ts';
import type { FailureSettings, StateOptions } from './state/state-options.ts';

const count = z.coerce.number().pipe(z.int().min(1).max(1000));
const seconds = z.coerce.number().pipe(z.number().min(0.1).max(86_400));

const json = (text: string, context: z.core.$RefinementCtx<string>): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `not JSON: ${messageOf(error)}` });
    return z.NEVER;
  }
};

const tenants = z
  .string()
  .transform(json)
  .pipe(
    z.record(
      z.string(),
      z.strictObject({ weight: z.number().positive().max(1e6).default(1), max_running: z.int().min(1).optional() }),
    ),
  );

const weights = z
  .string()
  .transform((text, context): unknown => {
    if (text.trim().startsWith('{')) return json(text, context);
    const pairs = text.split(',').filter((pair) => pair.trim() !== '');
    return Object.fromEntries(
      pairs
        .map((pair) => pair.split('=').map((part) => part.trim()))
        .map(([name, value]) => [name, value === undefined || value === '' ? Number.NaN : Number(value)]),
    );
  })
  .pipe(z.record(z.string(), z.number()));

export const schedulerConfig = z.object({
  ...natsVariables,
  ...redisVariables,
  ...serviceVariables,
  ...pluginVariables,
  /** Names this replica in the lease; unique by default. */
  SCHEDULER_ID: z.string().min(1).prefault(`${hostname()}-${process.pid}`),
  /** REDIS_URL as workers elsewhere have to write it, where that differs: told to those that join. */
  WORKER_REDIS_URL: secret(serverUrl(REDIS_ADDRESS).optional()),

  /** Which pool gets a task: a built-in strategy, that of a plug-in, or `module:` and a file or package. */
  SCHEDULER_STRATEGY: z.string().min(1).prefault('fastest_completion'),
  /** What the strategy weighs how much: JSON, or `affinity=0.2,patience=0.1`. */
  SCHEDULER_WEIGHTS: weights.prefault(''),
  /** One step of priority outweighs so much waiting. */
  SCHEDULER_AGING_SECONDS: seconds.prefault(String(DEFAULT_AGING_SECONDS)),
  /** The tag that names whom a run belongs to. */
  SCHEDULER_TENANT_TAG: z.string().min(1).max(64).prefault('tenant'),
  /** JSON by tenant: `{"research": {"weight": 2, "max_running": 100}}`; 1 and no limit for those not named. */
  SCHEDULER_TENANTS: tenants.prefault('{}'),

  /** How long a task waits for the pool that has its history before it goes elsewhere; 0 for not at all. */
  SCHEDULER_HISTORY_PATIENCE_SECONDS: z.coerce
    .number()
    .pipe(z.number().min(0).max(86_400))
    .prefault(String(DEFAULT_HISTORY_PATIENCE_SECONDS)),
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

/** What the state of a leader is made with, as configured. */
export function stateOptions(config: z.infer<typeof schedulerConfig>): Partial<StateOptions> {
  const limits = Object.entries(config.SCHEDULER_TENANTS).map(
    ([name, { weight, max_running = Number.POSITIVE_INFINITY }]) => [name, { weight, max_running }] as const,
  );
  return {
    aging_ms: config.SCHEDULER_AGING_SECONDS * 1000,
    tenant_tag: config.SCHEDULER_TENANT_TAG,
    tenants: new Map(limits),
    history_patience_ms: config.SCHEDULER_HISTORY_PATIENCE_SECONDS * 1000,
    failures: failureSettings(config),
  };
}

/** What makes a pattern out of failures. */
function failureSettings(config: z.infer<typeof schedulerConfig>): FailureSettings {
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
