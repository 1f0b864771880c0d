import { Kvm } from '@nats-io/kv';
import { SIGN_IN_LINK_MS, SIGN_IN_LINKS_BUCKET, type StoredLink } from '../contracts/http.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { hashOfSecret, newSecret } from './api-keys.ts';

export interface SignInToken {
  token: string;
  expires_at: string;
}

/** Makes a token that signs a browser in once, within ten minutes. Only its hash is stored. Anyone who may do this may make API keys, too. */
export async function createSignInToken(nats: NatsConnection, now = Date.now()): Promise<SignInToken> {
  const token = newSecret('bwl');
  const expires_at = new Date(now + SIGN_IN_LINK_MS).toISOString();
  const link: StoredLink = { v: 1, first_known_at: new Date(now).toISOString(), used_at: null, expires_at };
  await (await new Kvm(nats).open(SIGN_IN_LINKS_BUCKET)).create(hashOfSecret(token), JSON.stringify(link));
  return { token, expires_at };
}
