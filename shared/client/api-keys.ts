import { createHash, randomBytes } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { API_KEYS_BUCKET, type ApiKey, apiKey, type Role } from '../contracts/http.ts';
import { bucketEntries } from '../runtime/follow-bucket.ts';
import { parseJson } from '../runtime/issues.ts';
import type { NatsConnection } from '../runtime/nats.ts';

/** 256 random bits: too many to guess, so that a plain hash is enough to keep them by. */
export function newSecret(prefix: string): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`;
}

/** Under which a secret is kept: SHA-256 in hexadecimal. */
export function hashOfSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Makes an API key. `key` is told here and never again: only its hash is stored. */
export async function createApiKey(
  nats: NatsConnection,
  what: { name: string; role: Role; expires_at?: string | null },
): Promise<ApiKey & { key: string }> {
  const key = newSecret('bw');
  const hash = hashOfSecret(key);
  const { name, role, expires_at = null } = what;
  const stored: ApiKey = { v: 1, id: hash.slice(0, 12), name, role, created_at: new Date().toISOString(), expires_at };
  await (await openKeys(nats)).create(hash, JSON.stringify(stored));
  return { ...stored, key };
}

/** Every key, without its secret, the oldest first. */
export async function listApiKeys(nats: NatsConnection): Promise<ApiKey[]> {
  const bucket = await openKeys(nats);
  const found: ApiKey[] = [];
  for await (const entry of bucketEntries(await jetstreamManager(nats), bucket, API_KEYS_BUCKET)) {
    const parsed = parseJson(apiKey, entry.value);
    if (parsed.ok) found.push(parsed.value);
  }
  return found.sort((a, b) => a.created_at.localeCompare(b.created_at));
}

/** Takes a key away; sessions that were opened with it end too. @returns false where there is no such key */
export async function revokeApiKey(nats: NatsConnection, id: string): Promise<boolean> {
  const bucket = await openKeys(nats);
  const hashes: string[] = [];
  for await (const { key: hash } of bucketEntries(await jetstreamManager(nats), bucket, API_KEYS_BUCKET))
    if (hash.slice(0, 12) === id) hashes.push(hash);
  for (const hash of hashes) await bucket.purge(hash);
  return hashes.length > 0;
}

const openKeys = (nats: NatsConnection) => new Kvm(nats).create(API_KEYS_BUCKET, { history: 1 });
