import { hostname } from 'node:os';
import { ask } from '@benchwire/shared/client/ask.ts';
import { ClientError } from '@benchwire/shared/client/errors.ts';
import { JOIN_SUBJECT, joinReply } from '@benchwire/shared/contracts/join.ts';
import { messageOf, UnreachableError } from '@benchwire/shared/runtime/errors.ts';
import { isLoopback } from '@benchwire/shared/runtime/hosts.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { addressOnly, NATS_ADDRESS, parseServerUrl, REDIS_ADDRESS } from '@benchwire/shared/runtime/server-url.ts';
import { UsageError } from '../errors.ts';

const REDIS_ANSWERS_WITHIN_MS = 5000;

/** What a worker has to know of a stack besides NATS. `REDIS_URL` holds a password: for the worker's environment only. */
export interface WayIn {
  REDIS_URL: string;
  REDIS_PREFIX: string;
  NATS_REPLICAS: string;
}

export interface WayInOptions {
  /** Where NATS was reached. */
  nats_urls: readonly string[];
  /** The user's own word for where Redis is. */
  redis: string | undefined;
  /** Of the certificate authority that signed the server's certificate, where it is a private one. */
  redis_ca_file: string | undefined;
}

/**
 * Asks the stack how to join it, and looks whether that can work from here.
 * @throws UnreachableError when nobody answers, or Redis can't be reached; ClientError REFUSED when the stack says no
 */
export async function askWayIn(nats: NatsConnection, options: WayInOptions): Promise<WayIn> {
  const question = { v: 1, hostname: hostname().slice(0, 256) };
  const reply = await ask(nats, JOIN_SUBJECT, question, joinReply, { service: 'scheduler' });
  if (!reply.ok) throw new ClientError('REFUSED', 'the stack does not say how to join it', { issues: reply.issues });
  const REDIS_URL = redisFromHere(reply.redis_url, options);
  // Loaded here, since no other command needs the client.
  const { checkRedis } = await import('@benchwire/shared/runtime/redis.ts');
  try {
    await checkRedis({ REDIS_URL, REDIS_TLS_CA_FILE: options.redis_ca_file }, REDIS_ANSWERS_WITHIN_MS);
  } catch (error) {
    const told = options.redis === undefined ? ', which is where the stack says it is' : '';
    throw new UnreachableError(`${messageOf(error)}${told}. ${ADVICE}`, error);
  }
  return { REDIS_URL, REDIS_PREFIX: reply.redis_prefix, NATS_REPLICAS: String(reply.nats_replicas) };
}

const ADVICE =
  'A worker needs Redis as well as NATS: open its port to this machine, set WORKER_REDIS_URL for the stack’s scheduler to an ' +
  'address that works from here, or name one with --redis redis://host:6379.';

/**
 * The address of Redis that is right on this machine. One that the user gave counts, with the stack's credentials where it
 * has none of its own. Pure.
 * @throws UnreachableError for a Redis that only the stack's own machine reaches, UsageError for what is no address
 */
export function redisFromHere(advertised: string, options: Pick<WayInOptions, 'nats_urls' | 'redis'>): string {
  const told = new URL(advertised);
  if (options.redis !== undefined) {
    const given = parseServerUrl(options.redis, REDIS_ADDRESS);
    if (given === undefined) {
      throw new UsageError(`--redis takes an address like redis://host:6379, not "${addressOnly(options.redis)}".`);
    }
    if (given.password !== undefined) return given.href;
    const with_login = new URL(given.address);
    with_login.username = told.username;
    with_login.password = told.password;
    return with_login.href;
  }
  // Through a tunnel NATS is on loopback, too, and then both may be.
  if (isLoopback(told.hostname) && !options.nats_urls.some((url) => isLoopback(hostOf(url)))) {
    throw new UnreachableError(
      `the stack says that its Redis is at ${told.host}, where only its own machine reaches it. Start the stack with ` +
        '`npm start -- --share ADDRESS`, or set WORKER_REDIS_URL for its scheduler to an address that works from here, ' +
        'or name one with --redis redis://host:6379.',
    );
  }
  return advertised;
}

function hostOf(nats_url: string): string {
  return parseServerUrl(nats_url, NATS_ADDRESS)?.host ?? '';
}
