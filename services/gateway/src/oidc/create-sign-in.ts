import { readFile } from 'node:fs/promises';
import { ConfigError, messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import type { GatewayConfig } from '../config.ts';
import { BEGUN_SIGN_INS_BUCKET, BEGUN_TTL_MS, BegunSignIns } from './begun-sign-ins.ts';
import { Provider } from './provider.ts';
import type { SignInOptions } from './serve-sign-in.ts';

/**
 * Sign-in with OpenID Connect as it is configured; undefined without a provider.
 * @throws ConfigError where the file with the secret can't be read
 */
export async function createSignIn(
  config: GatewayConfig,
  nats: NatsConnection,
  log: Log,
): Promise<SignInOptions | undefined> {
  const { GATEWAY_OIDC_ISSUER: issuer, GATEWAY_OIDC_CLIENT_ID: client_id } = config;
  if (issuer === undefined || client_id === undefined) return undefined;
  const client_secret = await secretOf(config);
  const provider = new Provider({ issuer, client_id, client_secret, scopes: config.GATEWAY_OIDC_SCOPES, log });
  const bucket = await openBucket(nats, BEGUN_SIGN_INS_BUCKET, config.NATS_REPLICAS, BEGUN_TTL_MS);
  return { provider, begun: new BegunSignIns(bucket), config };
}

async function secretOf(config: GatewayConfig): Promise<string | undefined> {
  const { GATEWAY_OIDC_CLIENT_SECRET: secret, GATEWAY_OIDC_CLIENT_SECRET_FILE: file } = config;
  if (file === undefined) return secret;
  const read = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigError(`wrong configuration:\n  GATEWAY_OIDC_CLIENT_SECRET_FILE can't be read: ${messageOf(error)}`);
  });
  if (read.trim() === '') throw new ConfigError('wrong configuration:\n  GATEWAY_OIDC_CLIENT_SECRET_FILE is empty');
  return read.trim();
}
