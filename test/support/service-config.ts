import { aggregatorConfig } from '@benchwire/aggregator/src/config.ts';
import { anomalyConfig } from '@benchwire/anomaly/src/config.ts';
import { gatewayConfig } from '@benchwire/gateway/src/config.ts';
import { ingestConfig } from '@benchwire/ingest/src/config.ts';
import { notifierConfig } from '@benchwire/notifier/src/config.ts';
import { schedulerConfig } from '@benchwire/scheduler/src/config.ts';
import { loadConfig, natsVariables } from '@benchwire/shared/runtime/config.ts';
import { workerConfig } from '@benchwire/worker/src/config.ts';
import { z } from 'zod';

/** What each program reads from its environment. */
const CONFIGS: Readonly<Record<string, z.ZodObject>> = {
  ingest: ingestConfig,
  scheduler: schedulerConfig,
  worker: workerConfig,
  aggregator: aggregatorConfig,
  anomaly: anomalyConfig,
  notifier: notifierConfig,
  gateway: gatewayConfig,
  bw: z.object(natsVariables),
};

/** Variables of the Node process itself. */
const OF_NODE = ['NODE_ENV'];

/**
 * The variables that a service does not know, after it has accepted the values of the others.
 * @throws ConfigError for a value or a combination that the service refuses
 */
export function unknownVariables(service: string, environment: Readonly<Record<string, string>>): string[] {
  const config = CONFIGS[service];
  if (config === undefined) throw new Error(`there is no service ${service}`);
  loadConfig(config, environment);
  return Object.keys(environment).filter((name) => !(name in config.shape) && !OF_NODE.includes(name));
}

/** Names of the variables whose value must never be shown. */
export function secretsOf(service: string): string[] {
  return Object.entries(CONFIGS[service]?.shape ?? {}).flatMap(([name, field]) =>
    field instanceof z.ZodType && field.meta()?.secret === true ? [name] : [],
  );
}
