import { ConfigError, messageOf, UnreachableError } from '@benchwire/shared/runtime/errors.ts';
import {
  addressOnly,
  CLICKHOUSE_ADDRESS,
  NATS_ADDRESS,
  REDIS_ADDRESS,
  readServerUrl,
  splitUrls,
  type UrlKind,
} from '@benchwire/shared/runtime/server-url.ts';
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
    const shown = addressOnly(url);
    throw new UnreachableError(
      `${variable} is ${shown}: ${messageOf(error)}. Start that server, correct ${variable}, or unset it to get one from the local stack.`,
      error,
    );
  }
}

/** Of a list of servers, one that answers is enough: the clients find the others. */
async function any(variable: string, list: string, probe: (url: string) => Promise<void>): Promise<void> {
  const urls = splitUrls(list);
  try {
    await Promise.any(urls.map((url) => one(variable, url, probe)));
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

function natsAddress(text: string, { NATS_USER, NATS_PASSWORD, NATS_TOKEN, ...rest }: Environment): Address {
  const url = readServerUrl('NATS_URL', text, NATS_ADDRESS);
  const user = NATS_USER || url.user;
  const password = NATS_PASSWORD || url.password;
  return {
    host: url.host,
    port: url.port ?? 4222,
    user,
    password,
    token: NATS_TOKEN || (password === undefined && !NATS_USER ? user : undefined),
    opaque: url.protocol === 'tls' || Boolean(rest.NATS_NKEY_SEED || rest.NATS_CREDS_FILE),
  };
}

function redisAddress(text: string): Address {
  const { host, port = 6379, user, password, protocol } = readServerUrl('REDIS_URL', text, REDIS_ADDRESS);
  return { host, port, user, password, opaque: protocol === 'rediss' };
}

async function probeClickHouse(text: string): Promise<void> {
  const url = new URL(readServerUrl('CLICKHOUSE_URL', text, CLICKHOUSE_ADDRESS).address);
  const ping = new URL(`${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}/ping`);
  const response = await fetch(ping, { signal: AbortSignal.timeout(timeout_ms) }).catch((error: Error) => {
    throw error.cause instanceof Error ? error.cause : error;
  });
  if (!response.ok || !(await response.text()).startsWith('Ok.'))
    throw new Error('something else than ClickHouse answers there');
}

async function probeBroker(text: string): Promise<void> {
  const { host, port = 9092 } = readServerUrl('KAFKA_BROKERS', text, KAFKA_ADDRESS);
  await converse({ host, port, timeout_ms, answer: () => ({ done: true }) });
}

const KAFKA_ADDRESS: UrlKind = { protocols: ['kafka'], example: 'host:9092,host:9092', protocol_optional: true };
