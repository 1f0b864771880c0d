import { ConfigError, messageOf, UnreachableError } from '@benchwire/shared/runtime/errors.ts';
import { type Address, probeNats, probeRedis } from './probe.ts';
import { converse } from './probe-socket.ts';

type Environment = Record<string, string | undefined>;

const timeout_ms = 5_000;

/**
 * Looks whether the servers that the user named are there, before anything is started that would wait for them for ever.
 * @throws ConfigError for an address that is none, UnreachableError when nobody answers; both name the variable
 */
export async function checkExternalServers(environment: Environment): Promise<void> {
  const { NATS_URL, REDIS_URL, CLICKHOUSE_URL, KAFKA_BROKERS } = environment;
  const checks: Promise<void>[] = [];
  if (NATS_URL) checks.push(any('NATS_URL', NATS_URL, (url) => probeNats(natsAddress(url, environment), timeout_ms)));
  if (REDIS_URL) checks.push(one('REDIS_URL', REDIS_URL, (url) => probeRedis(redisAddress(url), timeout_ms)));
  if (CLICKHOUSE_URL) checks.push(one('CLICKHOUSE_URL', CLICKHOUSE_URL, probeClickHouse));
  if (KAFKA_BROKERS) checks.push(any('KAFKA_BROKERS', KAFKA_BROKERS, probeBroker));
  await Promise.all(checks);
}

async function one(variable: string, url: string, probe: (url: string) => Promise<void>): Promise<void> {
  try {
    await probe(url);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const shown = withoutCredentials(url);
    throw new UnreachableError(
      `${variable} is ${shown}: ${messageOf(error)}. Start that server, correct ${variable}, or unset it to get one from the local stack.`,
      error,
    );
  }
}

/** Of a list of servers, one that answers is enough: the clients find the others. */
async function any(variable: string, list: string, probe: (url: string) => Promise<void>): Promise<void> {
  const urls = list.split(',').map((url) => url.trim());
  try {
    await Promise.any(urls.map((url) => one(variable, url, probe)));
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

function natsAddress(text: string, { NATS_USER, NATS_PASSWORD, NATS_TOKEN, ...rest }: Environment): Address {
  const url = parse('NATS_URL', text.includes('://') ? text : `nats://${text}`, ['nats:', 'tls:'], 'nats://host:4222');
  return {
    ...hostAndPort(url, 4222),
    user: NATS_USER || decodeURIComponent(url.username) || undefined,
    password: NATS_PASSWORD || decodeURIComponent(url.password) || undefined,
    token: NATS_TOKEN || undefined,
    opaque: url.protocol === 'tls:' || Boolean(rest.NATS_NKEY_SEED || rest.NATS_CREDS_FILE),
  };
}

function redisAddress(text: string): Address {
  const url = parse('REDIS_URL', text, ['redis:', 'rediss:'], 'redis://:password@host:6379');
  return {
    ...hostAndPort(url, 6379),
    user: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    opaque: url.protocol === 'rediss:',
  };
}

async function probeClickHouse(text: string): Promise<void> {
  const url = parse('CLICKHOUSE_URL', text, ['http:', 'https:'], 'http://user:password@host:8123');
  const ping = new URL(`${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}/ping`);
  const response = await fetch(ping, { signal: AbortSignal.timeout(timeout_ms) }).catch((error: Error) => {
    throw error.cause instanceof Error ? error.cause : error;
  });
  if (!response.ok || !(await response.text()).startsWith('Ok.'))
    throw new Error('something else than ClickHouse answers there');
}

async function probeBroker(text: string): Promise<void> {
  const url = parse('KAFKA_BROKERS', `kafka://${text}`, ['kafka:'], 'host:9092,host:9092');
  await converse({ ...hostAndPort(url, 9092), timeout_ms, answer: () => ({ done: true }) });
}

function parse(variable: string, text: string, protocols: string[], example: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '' || !protocols.includes(url.protocol)) {
    throw new ConfigError(`${variable} is "${withoutCredentials(text)}", which is no address like ${example}`);
  }
  return url;
}

function hostAndPort(url: URL, usual: number): { host: string; port: number } {
  // IPv6 addresses stand in brackets in a URL and without them everywhere else.
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? usual : Number(url.port) };
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//…@');
}
