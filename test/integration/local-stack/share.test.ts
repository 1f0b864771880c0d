import { startServers } from '@benchwire/deploy/local/servers.ts';
import { joinCommand } from '@benchwire/deploy/local/share.ts';
import { loadConfig, natsVariables } from '@benchwire/shared/runtime/config.ts';
import { closeNats, connectNats } from '@benchwire/shared/runtime/nats.ts';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { noExternalServers, temporaryDataDir } from './support.ts';

/** A second address of loopback stands in for one that other machines reach; only Linux has it without being told. */
const SHARED = '127.0.0.2';

async function start(share: string | undefined, env = {}): Promise<Record<string, string>> {
  const servers = await startServers({ dataDir: temporaryDataDir(), share, env: { ...noExternalServers, ...env } });
  onTestFinished(() => servers.stop());
  return servers.env;
}

/** The address that each server itself says it listens on. */
async function listening(env: Record<string, string>): Promise<unknown[]> {
  const nats = await connectNats('test', loadConfig(z.object(natsVariables), env), false);
  const redis = new Redis(env.REDIS_URL ?? '');
  try {
    return [nats.info?.host, ...((await redis.config('GET', 'bind')) as string[]).slice(1)];
  } finally {
    redis.disconnect();
    await closeNats(nats);
  }
}

describe.skipIf(process.platform !== 'linux')('NATS and Redis of the local stack', () => {
  test('listen on loopback alone, unless they are shared, and then on that address alone', async () => {
    expect(await listening(await start(undefined))).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(await listening(await start(SHARED))).toEqual([SHARED, SHARED]);
  });

  test('are shared under one line, which has what it takes to log in', async () => {
    const env = await start(SHARED);
    const [, password, url] = /^NATS_PASSWORD=(\S+) npm run bw -- worker --join (\S+)$/.exec(joinCommand(env)) ?? [];
    const nats = await connectNats('test', { NATS_URL: [url ?? ''], NATS_PASSWORD: password }, false);
    expect(nats.info?.host).toBe(SHARED);
    await closeNats(nats);
  });

  test('let workers elsewhere use the queues of pools, and nothing that concerns the server', async () => {
    const env = await start(SHARED);
    expect(new URL(env.WORKER_REDIS_URL ?? '').password).not.toBe(new URL(env.REDIS_URL ?? '').password);
    const redis = new Redis(env.WORKER_REDIS_URL ?? '');
    onTestFinished(() => redis.disconnect());
    await redis.set('benchwire:bw-pool-x', '1');
    expect(await redis.eval('return redis.call("GET", KEYS[1])', 1, 'benchwire:bw-pool-x')).toBe('1');
    for (const command of ['FLUSHALL', 'CONFIG GET *', 'KEYS *', 'SHUTDOWN', 'ACL LIST', 'REPLICAOF h 1']) {
      const [name = '', ...args] = command.split(' ');
      await expect(redis.call(name, ...args), command).rejects.toThrow('NOPERM');
    }
  });

  test('are not shared where nobody would expect it', async () => {
    const refused = async (share: string, env = {}): Promise<string> =>
      start(share, env).then(
        () => 'it started',
        (error: Error) => error.message,
      );
    expect(await refused('0.0.0.0')).toMatch(/0\.0\.0\.0 is not an address of this machine\. This machine has /);
    expect(await refused('192.0.2.254')).toMatch(/not an address of this machine/);
    expect(await refused('localhost')).toMatch(/"localhost" means .* where other machines do not reach this one/);
    expect(await refused('no-such-host.invalid')).toMatch(/cannot be resolved/);
    expect(await refused(SHARED, { NATS_URL: 'nats://127.0.0.1:9' })).toMatch(/NATS_URL names a server of yours/);
  });
});
