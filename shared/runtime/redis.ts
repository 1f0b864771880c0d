import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import type { Log } from './log.ts';

export interface RedisOptions {
  REDIS_URL: string;
  REDIS_TLS_CA_FILE?: string | undefined;
}

/**
 * A Redis connection as BullMQ wants it: commands wait for the server instead of failing, and it reconnects for ever.
 * Errors are logged once per outage.
 */
export function connectRedis(name: string, options: RedisOptions, log: Log): Redis {
  const redis = new Redis(options.REDIS_URL, {
    connectionName: name,
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    retryStrategy: (times) => Math.min(2000, 50 * 2 ** Math.min(times, 6)),
    ...(options.REDIS_TLS_CA_FILE === undefined ? {} : { tls: { ca: readFileSync(options.REDIS_TLS_CA_FILE) } }),
  });
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
