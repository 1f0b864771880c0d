import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalServers, startServers } from '@benchwire/deploy/local/servers.ts';
import { createLog } from '@benchwire/shared/runtime/log.ts';
import { connectRedis } from '@benchwire/shared/runtime/redis.ts';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const COMMANDS = 500;

let dataDir: string;
let servers: LocalServers;
let redis: Redis;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'bw-redis-'));
  servers = await startServers({ dataDir, env: { NATS_URL: undefined, REDIS_URL: undefined } });
});
afterAll(async () => {
  await servers?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  const log = createLog('test', { LOG_LEVEL: 'silent', LOG_FORMAT: 'json' });
  redis = connectRedis('test', { REDIS_URL: servers.env.REDIS_URL ?? '' }, log);
  await redis.ping();
});
afterEach(() => redis.disconnect());

describe('a connection to Redis', () => {
  it('sends what is asked within one turn of the event loop as one piece, also after a reconnect', async () => {
    for (const round of [1, 2]) {
      const asked = Array.from({ length: COMMANDS }, (_, n) => redis.set(`${round}-${n}`, n));
      // Nothing has left yet.
      expect(redis.stream.writableLength).toBeGreaterThan(COMMANDS * 20);
      expect(new Set(await Promise.all(asked))).toEqual(new Set(['OK']));
      redis.stream.destroy();
      await redis.ping();
    }
  });

  it('sends what was asked before it is closed', async () => {
    const stored = redis.set('last', 'word');
    await redis.quit();
    expect(await stored).toBe('OK');
  });
});
