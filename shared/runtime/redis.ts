import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type RedisOptions as ClientOptions, Redis } from 'ioredis';
import { UnreachableError } from './errors.ts';
import { pause } from './lifecycle.ts';
import type { Log } from './log.ts';
import { REDIS_ADDRESS, readServerUrl, withoutLoginsOf } from './server-url.ts';

export interface RedisOptions {
  REDIS_URL: string;
  REDIS_TLS_CA_FILE?: string | undefined;
}

/**
 * A Redis connection as BullMQ wants it: commands wait for the server instead of failing, and it reconnects for ever.
 * Errors are logged once per outage.
 */
export function connectRedis(name: string, options: RedisOptions, log: Log): Redis {
  const redis = new Redis(addressOf(options).href, {
    connectionName: name,
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    retryStrategy: (times) => Math.min(2000, 50 * 2 ** Math.min(times, 6)),
    ...tlsOf(options),
  });
  redis.on('connect', () => oneWriteATurn(redis.stream));
  let down = false;
  redis.on('error', (error: Error) => {
    if (!down) log.warn({ err: error }, 'lost the connection to Redis, reconnecting');
    down = true;
  });
  redis.on('ready', () => {
    if (down) log.info('connected to Redis again');
    down = false;
  });
  return redis;
}

/** Lets all that is written to a socket within one turn of the event loop leave in one system call. */
function oneWriteATurn(socket: Redis['stream']): void {
  const write = socket.write.bind(socket) as Redis['stream']['write'];
  socket.write = ((...parameters: Parameters<Redis['stream']['write']>) => {
    if (socket.writableCorked === 0) {
      socket.cork();
      setImmediate(() => socket.uncork());
    }
    return write(...parameters);
  }) as Redis['stream']['write'];
}

const ANSWER_MS = 2000;

/**
 * Whether Redis answers on a connection. One that is busy with a script, frozen or gone does not.
 * @throws with the reason
 */
export async function pingRedis(redis: Redis): Promise<void> {
  await connecting(redis);
  // A command would wait for the connection.
  if (redis.status !== 'ready') throw new Error(`no connection to Redis: ${redis.status}`);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`Redis gave no answer within ${ANSWER_MS / 1000} s`)),
    ANSWER_MS,
  );
  try {
    await Promise.race([redis.ping(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** A connection that is just being made, as at every start, is given its time. */
async function connecting(redis: Redis): Promise<void> {
  if (redis.status !== 'connecting' && redis.status !== 'connect') return;
  const over = new AbortController();
  const settled = (event: string): Promise<unknown> => once(redis, event, { signal: over.signal });
  try {
    await Promise.race([settled('ready'), settled('close'), pause(ANSWER_MS, over.signal)]);
  } catch {
    // An error of the connection: its status tells.
  } finally {
    over.abort();
  }
}

/**
 * Looks once whether Redis is there and lets us in.
 * @throws UnreachableError with the reason
 */
export async function checkRedis(options: RedisOptions, timeout_ms: number): Promise<void> {
  const { href, address } = addressOf(options);
  const redis = new Redis(href, { lazyConnect: true, retryStrategy: () => null, ...tlsOf(options) });
  let reason = `no answer within ${timeout_ms / 1000} s`;
  redis.on('error', (error: Error) => {
    reason = withoutLoginsOf(error.message, [options.REDIS_URL], REDIS_ADDRESS);
  });
  const timer = setTimeout(() => redis.disconnect(), timeout_ms);
  try {
    await redis.connect();
  } catch (error) {
    throw new UnreachableError(`no Redis at ${address} (${reason})`, error);
  } finally {
    clearTimeout(timer);
    redis.disconnect();
  }
}

const addressOf = (options: RedisOptions) => readServerUrl('REDIS_URL', options.REDIS_URL, REDIS_ADDRESS);

function tlsOf(options: RedisOptions): Pick<ClientOptions, 'tls'> {
  return options.REDIS_TLS_CA_FILE === undefined ? {} : { tls: { ca: readFileSync(options.REDIS_TLS_CA_FILE) } };
}
