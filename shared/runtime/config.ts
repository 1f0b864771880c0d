import './zod-words.ts';
import { z } from 'zod';
import { ConfigError } from './errors.ts';
import { addressOnly, NATS_ADDRESS, REDIS_ADDRESS, serverUrl, serverUrls, withoutCredentials } from './server-url.ts';

/** Marks a variable whose value must never be printed. */
export function secret<T extends z.ZodType>(schema: T): T {
  return schema.meta({ secret: true }) as T;
}

/** `true/1/yes` and `false/0/no`. */
export const flag = z.stringbool();

/** A comma-separated list; blanks around the entries do not count. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
);

/** `key=value,key=value`. */
export const keyValues = list.transform((entries, context) => {
  const pairs: Record<string, string> = {};
  for (const entry of entries) {
    const at = entry.indexOf('=');
    if (at < 1) context.addIssue({ code: 'custom', message: `"${entry}" is not key=value` });
    else pairs[entry.slice(0, at)] = entry.slice(at + 1);
  }
  return pairs;
});

const number = z.coerce.number();

/** Variables of every process that talks to NATS. */
export const natsVariables = {
  /** One or more servers, comma-separated. */
  NATS_URL: serverUrls(NATS_ADDRESS).prefault('nats://127.0.0.1:4222'),
  NATS_USER: z.string().optional(),
  NATS_PASSWORD: secret(z.string().optional()),
  NATS_TOKEN: secret(z.string().optional()),
  /** An nkey seed (`SU…`), or with NATS_CREDS_FILE a .creds file. */
  NATS_NKEY_SEED: secret(z.string().optional()),
  NATS_CREDS_FILE: z.string().optional(),
  NATS_TLS_CA_FILE: z.string().optional(),
  NATS_TLS_CERT_FILE: z.string().optional(),
  NATS_TLS_KEY_FILE: z.string().optional(),
  /** Copies of each stream; 3 on a cluster. */
  NATS_REPLICAS: number.pipe(z.int().min(1).max(5)).prefault(1),
  /** Room for all streams on the servers' disks, in MB; where it is small, streams with a cap get a smaller one. */
  NATS_STORE_MB: number.pipe(z.int().min(64)).optional(),
};

/** Where answers are received: services have the usual place, a restricted user may have one of its own (contracts/roles.ts). */
export const inboxPrefix = z
  .string()
  .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, 'use a subject without wildcards, such as _INBOX_viewer');

/** Variables of every process that uses BullMQ queues. */
export const redisVariables = {
  /** redis:// or rediss://, with user and password where needed. */
  REDIS_URL: secret(serverUrl(REDIS_ADDRESS).prefault('redis://127.0.0.1:6379')),
  REDIS_TLS_CA_FILE: z.string().optional(),
  /** Prefix of all keys, so that several stacks can share a server. */
  REDIS_PREFIX: z.string().min(1).prefault('benchwire'),
};

/** Variables of every service that can use Kafka; withKafkaRules checks them against each other. */
export const kafkaVariables = {
  /** `host:port` of one or more brokers, comma-separated. Without it Kafka is not used. */
  KAFKA_BROKERS: list
    .pipe(
      z
        .array(z.string().regex(/^[A-Za-z0-9._-]+(:\d{1,5})?$/, 'use host:port, several of them comma-separated'))
        .min(1),
    )
    .optional(),
  KAFKA_CLIENT_ID: z.string().min(1).prefault('benchwire'),
  /** TLS with the system's authorities; implied by the files. */
  KAFKA_TLS: flag.prefault('false'),
  KAFKA_TLS_CA_FILE: z.string().optional(),
  KAFKA_TLS_CERT_FILE: z.string().optional(),
  KAFKA_TLS_KEY_FILE: z.string().optional(),
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: secret(z.string().optional()),
};
export type KafkaConfig = z.infer<z.ZodObject<typeof kafkaVariables>>;

/** A login is complete or absent, and so is a client certificate. */
export function withKafkaRules<T extends z.ZodObject>(schema: T): T {
  const goTogether = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'];
  return schema.superRefine((config, context) => {
    for (const names of [goTogether, ['KAFKA_TLS_CERT_FILE', 'KAFKA_TLS_KEY_FILE']]) {
      const missing = names.filter((name) => config[name] === undefined);
      if (missing.length === names.length) continue;
      const given = names.filter((name) => !missing.includes(name)).join(' and ');
      for (const name of missing) {
        context.addIssue({ code: 'custom', path: [name], message: `${given} needs it too` });
      }
    }
  });
}

/** Variables of every service. */
export const serviceVariables = {
  HTTP_HOST: z.string().prefault('127.0.0.1'),
  /** A second address that it listens on, on the same port. */
  HTTP_ALSO_HOST: z.string().optional(),
  /** 0 takes a free port. */
  HTTP_PORT: number.pipe(z.int().min(0).max(65_535)).prefault(0),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).prefault('info'),
  /** Pretty for a terminal, JSON otherwise. */
  LOG_FORMAT: z.enum(['pretty', 'json', 'auto']).prefault('auto'),
  /** Time to finish what is under way after SIGTERM. */
  SHUTDOWN_SECONDS: number.pipe(z.number().min(0).max(3600)).prefault(20),
};

/**
 * Reads the environment through a schema. Empty variables count as absent.
 * @throws ConfigError that names every wrong variable and what it accepts; secrets are not shown.
 */
export function loadConfig<T extends z.ZodObject>(
  schema: T,
  environment: Record<string, string | undefined>,
): z.infer<T> {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = schema.safeParse(present);
  if (result.success) return result.data;
  const lines = result.error.issues.map((problem) => {
    const name = String(problem.path[0] ?? '(all)');
    const value = present[name];
    const shown =
      value === undefined
        ? 'is missing'
        : isSecret(schema, name)
          ? 'has a wrong value'
          : `is "${shownValue(name, value)}"`;
    return `  ${name} ${shown}: ${problem.message}`;
  });
  throw new ConfigError(`wrong configuration:\n${lines.join('\n')}`);
}

function isSecret(schema: z.ZodObject, name: string): boolean {
  const field: unknown = schema.shape[name];
  return field instanceof z.ZodType && field.meta()?.secret === true;
}

/** The configuration as it may be logged. */
export function redacted(schema: z.ZodObject, config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      value !== undefined && isSecret(schema, name) ? '(secret)' : shown(name, value),
    ]),
  );
}

function shown(name: string, value: unknown): unknown {
  if (typeof value === 'string') return shownValue(name, value);
  return Array.isArray(value) ? value.map((each) => shown(name, each)) : value;
}

function shownValue(name: string, value: string): string {
  return /_(URL|BROKERS)$/.test(name) ? addressOnly(value) : withoutCredentials(value);
}
