import type { Settings, SettingVariable } from '@benchwire/shared/contracts/server-setting.ts';
import { pluginVariables } from '@benchwire/shared/plugins/service-plugins.ts';
import {
  flag,
  kafkaVariables,
  natsVariables,
  secret,
  serviceVariables,
  withKafkaRules,
} from '@benchwire/shared/runtime/config.ts';
import { CLICKHOUSE_ADDRESS, serverUrl } from '@benchwire/shared/runtime/server-url.ts';
import { z } from 'zod';
import type { Retention } from './tables/table.ts';

const days = (fallback: number) => z.coerce.number().pipe(z.int().min(1).max(36_500)).prefault(fallback);
const whole = (fallback: number, least: number, most: number) =>
  z.coerce.number().pipe(z.int().min(least).max(most)).prefault(fallback);
const identifier = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'use letters, digits and "_", not beginning with a digit');

/** Everything the aggregator reads from the environment. */
export const aggregatorConfig = withKafkaRules(
  z
    .object({
      ...natsVariables,
      ...kafkaVariables,
      ...serviceVariables,
      ...pluginVariables,
      /** A ClickHouse server, `http://host:8123`; without it the embedded engine is used. */
      CLICKHOUSE_URL: serverUrl(CLICKHOUSE_ADDRESS).optional(),
      CLICKHOUSE_USER: z.string().optional(),
      CLICKHOUSE_PASSWORD: secret(z.string().optional()),
      /** A user with nothing but SELECT on the database, for `bw sql`; the main user with readonly=1 when absent. */
      CLICKHOUSE_READER_USER: z.string().optional(),
      CLICKHOUSE_READER_PASSWORD: secret(z.string().optional()),
      CLICKHOUSE_DATABASE: identifier.prefault('benchwire'),
      /** Name of the cluster to create replicated tables on. */
      CLICKHOUSE_CLUSTER: identifier.optional(),
      /** Data folder of the embedded engine. One process owns it. */
      CLICKHOUSE_PATH: z.string().min(1).prefault('.benchwire/clickhouse'),

      TTL_SAMPLES_DAYS: days(30),
      TTL_EVENTS_DAYS: days(90),
      TTL_ATTEMPTS_DAYS: days(730),
      TTL_RESULTS_DAYS: days(3650),
      TTL_FINDINGS_DAYS: days(3650),
      TTL_REJECTED_DAYS: days(30),

      /** Limits of one `sql` statement. */
      SQL_MAX_ROWS: whole(10_000, 1, 1_000_000),
      SQL_MAX_SECONDS: whole(10, 1, 600),
      SQL_MAX_MEMORY_MB: whole(512, 16, 1_048_576),
      SQL_MAX_THREADS: whole(2, 1, 256),
      /** How many run at a time, of all callers; each in a process of its own. */
      SQL_MAX_RUNNING: whole(2, 1, 16),

      /** Metrics go to Kafka too: by far the most messages. */
      KAFKA_METRICS: flag.prefault('false'),
    })
    .refine((c) => c.CLICKHOUSE_CLUSTER === undefined || c.CLICKHOUSE_URL !== undefined, {
      path: ['CLICKHOUSE_CLUSTER'],
      message: 'needs CLICKHOUSE_URL: the embedded engine is not a cluster',
    })
    .refine((c) => (c.CLICKHOUSE_READER_USER === undefined) === (c.CLICKHOUSE_READER_PASSWORD === undefined), {
      path: ['CLICKHOUSE_READER_PASSWORD'],
      message: 'CLICKHOUSE_READER_USER and CLICKHOUSE_READER_PASSWORD go together',
    }),
);
export type AggregatorConfig = z.infer<typeof aggregatorConfig>;

/** The variable that says how long rows of each kind are kept. */
const RETENTION_VARIABLES = {
  samples: 'TTL_SAMPLES_DAYS',
  events: 'TTL_EVENTS_DAYS',
  attempts: 'TTL_ATTEMPTS_DAYS',
  results: 'TTL_RESULTS_DAYS',
  findings: 'TTL_FINDINGS_DAYS',
  rejected: 'TTL_REJECTED_DAYS',
} as const satisfies Record<keyof Retention, keyof AggregatorConfig>;
const KEPT = Object.keys(RETENTION_VARIABLES) as Array<keyof Retention>;

/** Days that each table keeps its rows: what is set, else the variable. */
export function retentionOf(config: AggregatorConfig, { retention = {} }: Settings = {}): Retention {
  const days = KEPT.map((kept) => [kept, retention[kept] ?? config[RETENTION_VARIABLES[kept]]]);
  return Object.fromEntries(days);
}

/** The variables that the setting goes before, as this service was started. */
export function variablesOf(config: AggregatorConfig, isSet: (variable: string) => boolean): SettingVariable[] {
  return KEPT.map((field) => {
    const variable = RETENTION_VARIABLES[field];
    return { setting: 'retention', field, variable, value: config[variable], is_set: isSet(variable) };
  });
}
