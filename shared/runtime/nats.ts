import { readFileSync } from 'node:fs';
import {
  type Authenticator,
  connect,
  createInbox,
  credsAuthenticator,
  errors,
  type NatsConnection,
  nkeyAuthenticator,
  type Status,
  type TlsOptions,
} from '@nats-io/transport-node';
import { onStatus } from './connection-status.ts';
import { messageOf, UnreachableError } from './errors.ts';
import { pause } from './lifecycle.ts';
import type { Log } from './log.ts';
import { NATS_ADDRESS, readServerUrl, withoutLoginsOf } from './server-url.ts';

export type { NatsConnection } from '@nats-io/transport-node';

export interface NatsOptions {
  NATS_URL: string[];
  NATS_USER?: string | undefined;
  NATS_PASSWORD?: string | undefined;
  NATS_TOKEN?: string | undefined;
  NATS_NKEY_SEED?: string | undefined;
  NATS_CREDS_FILE?: string | undefined;
  NATS_TLS_CA_FILE?: string | undefined;
  NATS_TLS_CERT_FILE?: string | undefined;
  NATS_TLS_KEY_FILE?: string | undefined;
  /** Where answers are received; what a user may subscribe to can be limited to one of its own. */
  NATS_INBOX_PREFIX?: string | undefined;
}

/**
 * Connects to NATS. A service waits for the server and reconnects for ever; with `wait: false` (the CLI) the first
 * failure is an error.
 * @throws UnreachableError when nobody answers and `wait` is false, or when the credentials are refused.
 */
export async function connectNats(name: string, options: NatsOptions, wait = true, log?: Log): Promise<NatsConnection> {
  const tls = tlsOf(options);
  const { servers, user, pass, token } = addressesOf(options);
  const authenticator = authenticatorOf(options);
  try {
    const connection = await connect({
      name,
      servers,
      reconnect: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      reconnectJitter: 250,
      waitOnFirstConnect: wait,
      timeout: 5000,
      pingInterval: 10_000,
      maxPingOut: 2,
      // A stack trace for every request would cost more than the request.
      noAsyncTraces: true,
      ...(user === undefined ? {} : { user }),
      ...(pass === undefined ? {} : { pass }),
      ...(options.NATS_INBOX_PREFIX === undefined ? {} : { inboxPrefix: options.NATS_INBOX_PREFIX }),
      ...(token === undefined ? {} : { token }),
      ...(authenticator === undefined ? {} : { authenticator }),
      ...(tls === undefined ? {} : { tls }),
    });
    if (options.NATS_INBOX_PREFIX !== undefined) inboxPrefixes.set(connection, options.NATS_INBOX_PREFIX);
    if (log !== undefined) onStatus(connection, (status) => logStatus(status, log));
    return connection;
  } catch (error) {
    throw new UnreachableError(
      `no NATS server at ${servers.join(', ')} (${withoutLoginsOf(messageOf(error), options.NATS_URL, NATS_ADDRESS)}): is the stack running, and are NATS_URL, NATS_USER and NATS_PASSWORD right?`,
      error,
    );
  }
}

const inboxPrefixes = new WeakMap<NatsConnection, string>();

/** A new subject for answers, where this connection may receive some. */
export function newInbox(connection: NatsConnection): string {
  return createInbox(inboxPrefixes.get(connection));
}

/** `nats://user:password@host` is what everyone writes, but the client ignores that part: it is taken out here. */
function addressesOf(options: NatsOptions): {
  servers: string[];
  user?: string | undefined;
  pass?: string | undefined;
  token?: string | undefined;
} {
  const urls = options.NATS_URL.map((text) => readServerUrl('NATS_URL', text, NATS_ADDRESS));
  const login = urls.find(({ user, password }) => user !== undefined || password !== undefined);
  const user = options.NATS_USER ?? login?.user;
  const pass = options.NATS_PASSWORD ?? login?.password;
  const servers = urls.map(({ address }) => address);
  // One word before the @, and a password from nowhere: it is a token, as for every NATS client.
  if (user !== undefined && pass === undefined && options.NATS_USER === undefined && options.NATS_TOKEN === undefined) {
    return { servers, token: user };
  }
  return { servers, user, pass, token: options.NATS_TOKEN };
}

/** Closes a connection after what was written last (acks, replies) has reached the server, or after two seconds. */
export async function closeNats(connection: NatsConnection): Promise<void> {
  if (connection.isClosed()) return;
  const waited = new AbortController();
  await Promise.race([connection.flush().catch(() => undefined), pause(2000, waited.signal)]);
  waited.abort();
  await connection.close();
}

/** Whether a request failed because nobody is connected who would answer; the server says so at once. */
export function isNobodyThere(error: unknown): boolean {
  return (
    error instanceof errors.NoRespondersError ||
    (error instanceof errors.RequestError && error.cause instanceof errors.NoRespondersError)
  );
}

function tlsOf(options: NatsOptions): TlsOptions | undefined {
  const { NATS_TLS_CA_FILE: caFile, NATS_TLS_CERT_FILE: certFile, NATS_TLS_KEY_FILE: keyFile } = options;
  if (caFile === undefined && certFile === undefined) return undefined;
  return {
    ...(caFile === undefined ? {} : { caFile }),
    ...(certFile === undefined ? {} : { certFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
  };
}

function authenticatorOf(options: NatsOptions): Authenticator | undefined {
  if (options.NATS_NKEY_SEED !== undefined) return nkeyAuthenticator(new TextEncoder().encode(options.NATS_NKEY_SEED));
  if (options.NATS_CREDS_FILE !== undefined) return credsAuthenticator(readFileSync(options.NATS_CREDS_FILE));
  return undefined;
}

function logStatus(status: Status, log: Log): void {
  if (status.type === 'disconnect') log.warn('lost the connection to NATS, reconnecting');
  else if (status.type === 'reconnect') log.info('connected to NATS again');
  else if (status.type === 'error' && !isExpected(status.error))
    log.error({ reason: messageOf(status.error) }, 'NATS reports an error');
}

/** A worker asks for a bucket that the scheduler is about to create; `awaitBucket` says so where it takes long. */
function isExpected(error: unknown): boolean {
  return (
    error instanceof errors.PermissionViolationError &&
    error.operation === 'publish' &&
    error.subject.startsWith('$JS.API.STREAM.CREATE.KV_')
  );
}
