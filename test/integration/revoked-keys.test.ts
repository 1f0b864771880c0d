import { hashOfSecret } from '@benchwire/shared/client/api-keys.ts';
import { API_KEYS_BUCKET, type ApiKey, apiKey } from '@benchwire/shared/contracts/http.ts';
import { type FollowedBucket, followBucket } from '@benchwire/shared/runtime/follow-bucket.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type NatsFixture, natsFixture } from '../support/nats-fixture.ts';
import { type SpawnedService, spawnService } from '../support/spawn-service.ts';

const STREAM = `KV_${API_KEYS_BUCKET}`;
const patience = { timeout: 20_000, interval: 50 };

let fixture: NatsFixture;
let bucket: Awaited<ReturnType<typeof openBucket>>;

beforeAll(async () => {
  fixture = await natsFixture();
}, 60_000);
beforeEach(async () => {
  bucket = await openBucket(fixture.nats, API_KEYS_BUCKET, 1);
});
afterAll(async () => {
  await fixture?.stop();
});

async function store(secret: string): Promise<string> {
  const hash = hashOfSecret(secret);
  const key: ApiKey = {
    ...{ v: 1, id: hash.slice(0, 12), name: secret, role: 'viewer' },
    ...{ created_at: new Date().toISOString(), expires_at: null },
  };
  await vi.waitFor(() => bucket.put(hash, JSON.stringify(key)), patience);
  return hash;
}

/** Takes away everything that the bucket is read with. */
async function deleteConsumers(): Promise<void> {
  const consumers = await Array.fromAsync(fixture.manager.consumers.list(STREAM));
  expect(consumers.length).toBeGreaterThan(0);
  for (const { name } of consumers) await fixture.manager.consumers.delete(STREAM, name);
}

/** What may happen to a service that follows a bucket. */
const MISHAPS = {
  'its consumer is deleted': deleteConsumers,
  'NATS restarts': async () => await fixture.servers.nats?.restart(),
  'NATS is killed': async () => await fixture.servers.nats?.kill('SIGKILL'),
};
const mishaps = Object.entries(MISHAPS).map(([what, happen]) => ({ what, happen }));

describe('a gateway', () => {
  let service: SpawnedService;
  beforeEach(async () => {
    service = spawnService('gateway', { ...fixture.servers.env, HTTP_PORT: '0' });
    await vi.waitFor(() => expect(service.port()).toBeDefined(), patience);
  });
  afterEach(async () => {
    await service?.stop();
  });

  it.each(mishaps)('refuses a key that is revoked after $what', async ({ happen }) => {
    const ask = async (secret: string): Promise<number> => {
      const headers = { authorization: `Bearer ${secret}` };
      return (await fetch(`http://127.0.0.1:${service.port()}/api/session`, { headers })).status;
    };
    const revoked = await store('a-key-that-is-revoked');
    await store('a-key-that-stays');
    await vi.waitFor(async () => expect(await ask('a-key-that-is-revoked')).toBe(200), patience);
    await happen();
    await vi.waitFor(() => bucket.purge(revoked), patience);
    await vi.waitFor(async () => expect(await ask('a-key-that-is-revoked')).toBe(401), patience);
    expect(await ask('a-key-that-stays')).toBe(200);
    await store('a-key-that-comes-later');
    await vi.waitFor(async () => expect(await ask('a-key-that-comes-later')).toBe(200), patience);
  });
});

describe('a service that follows a bucket', () => {
  const present = new Map<string, ApiKey>();
  let followed: FollowedBucket;
  const names = (): string[] => [...present.values()].map(({ name }) => name).sort();
  beforeEach(async () => {
    for await (const name of await bucket.keys()) await bucket.purge(name);
    present.clear();
    await store('first');
    followed = followBucket({
      ...fixture,
      ...{ bucket, name: API_KEYS_BUCKET, schema: apiKey },
      put: (value, key) => present.set(key, value),
      removed: (key) => present.delete(key),
    });
    await followed.known;
    expect(names()).toEqual(['first']);
  });
  afterEach(async () => {
    await followed.stop();
  });

  it('loses what is gone, and gets what is there, when the bucket is made anew', async () => {
    await fixture.manager.streams.delete(STREAM);
    bucket = await openBucket(fixture.nats, API_KEYS_BUCKET, 1);
    await store('second');
    await vi.waitFor(() => expect(names()).toEqual(['second']), patience);
  });

  it('loses what is gone when the bucket is made anew and stays empty', async () => {
    await fixture.manager.streams.delete(STREAM);
    bucket = await openBucket(fixture.nats, API_KEYS_BUCKET, 1);
    await vi.waitFor(() => expect(names()).toEqual([]), patience);
  });

  it('hears of one key alone where it follows that', async () => {
    const hash = hashOfSecret('second');
    const heard: string[] = [];
    const alone = followBucket({
      ...fixture,
      ...{ name: API_KEYS_BUCKET, key: hash, schema: apiKey },
      put: ({ name }) => heard.push(name),
      removed: () => heard.push('removed'),
    });
    await alone.known;
    await store('second');
    await bucket.delete(hash);
    await vi.waitFor(() => expect(heard).toEqual(['second', 'removed']), patience);
    await alone.stop();
  });

  it('stops at once while NATS is away, and hears nothing afterwards', async () => {
    await fixture.servers.nats?.kill('SIGKILL');
    await followed.stop();
    await store('second');
    expect(names()).toEqual(['first']);
  });
});
