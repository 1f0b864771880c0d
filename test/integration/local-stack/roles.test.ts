import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalServers, startServers } from '@benchwire/deploy/local/servers.ts';
import { CHECKPOINTS_BUCKET } from '@benchwire/shared/contracts/checkpoint.ts';
import { GATES_BUCKET, GATES_KEY } from '@benchwire/shared/contracts/gate.ts';
import { API_KEYS_BUCKET, SESSIONS_BUCKET } from '@benchwire/shared/contracts/http.ts';
import { LEASES_BUCKET } from '@benchwire/shared/contracts/lease.ts';
import { QUARANTINE_BUCKET } from '@benchwire/shared/contracts/quarantine.ts';
import { INBOX_PREFIX, natsPermissions, RESTRICTED_ROLES } from '@benchwire/shared/contracts/roles.ts';
import { STREAMS } from '@benchwire/shared/contracts/streams.ts';
import { WORKERS_BUCKET } from '@benchwire/shared/contracts/worker.ts';
import { connectNats, type NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { ensureStreams, openBucket } from '@benchwire/shared/runtime/streams.ts';
import { jetstreamManager } from '@nats-io/jetstream';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { noExternalServers, temporaryDataDir, waitFor } from './support.ts';

/** What users of the local stack's servers may do, tried on real ones. */

const BUCKETS = [
  API_KEYS_BUCKET,
  SESSIONS_BUCKET,
  LEASES_BUCKET,
  QUARANTINE_BUCKET,
  WORKERS_BUCKET,
  CHECKPOINTS_BUCKET,
];

const said: string[] = [];

async function serversOn(dataDir: string): Promise<LocalServers> {
  return await startServers({ dataDir, env: noExternalServers, say: (text) => said.push(text) });
}

function connect(servers: LocalServers, role: 'all' | 'worker' | 'viewer'): Promise<NatsConnection> {
  const { NATS_URL = '', NATS_USER, NATS_PASSWORD, ...more } = servers.env;
  const logins = {
    all: { NATS_USER, NATS_PASSWORD },
    worker: {
      NATS_USER: more.WORKER_NATS_USER,
      NATS_PASSWORD: more.WORKER_NATS_PASSWORD,
      NATS_INBOX_PREFIX: INBOX_PREFIX.worker,
    },
    viewer: {
      NATS_USER: more.VIEWER_NATS_USER,
      NATS_PASSWORD: more.VIEWER_NATS_PASSWORD,
      NATS_INBOX_PREFIX: INBOX_PREFIX.viewer,
    },
  };
  return connectNats('test', { NATS_URL: [NATS_URL], ...logins[role] }, false);
}

describe('users of NATS and Redis in the local stack', () => {
  const dataDir = { path: '' };
  let servers: LocalServers;
  let all: NatsConnection;
  let worker: NatsConnection;
  let viewer: NatsConnection;

  beforeAll(async () => {
    dataDir.path = mkdtempSync(join(tmpdir(), 'benchwire-roles-'));
    servers = await serversOn(dataDir.path);
    all = await connect(servers, 'all');
    await ensureStreams(await jetstreamManager(all), STREAMS, 1);
    for (const bucket of BUCKETS) await (await openBucket(all, bucket, 1)).put('key', 'value');
    worker = await connect(servers, 'worker');
    viewer = await connect(servers, 'viewer');
  });
  afterAll(async () => {
    for (const each of [viewer, worker, all]) await each?.close();
    await servers?.stop();
    rmSync(dataDir.path, { recursive: true, force: true });
  });

  const denied = async (who: NatsConnection, subject: string, payload = ''): Promise<void> => {
    const answer = await who.request(subject, payload, { timeout: 2000 }).then(
      (message) => `answered: ${message.string()}`,
      (error: Error) => `${error} ${error.cause}`,
    );
    expect(answer, subject).toMatch(/Permissions Violation/i);
  };

  test.each(['worker', 'viewer'] as const)(
    'a %s neither creates, changes, empties nor deletes a stream',
    async (role) => {
      const who = role === 'worker' ? worker : viewer;
      const streams = [...STREAMS.map(({ name }) => name), ...BUCKETS.map((bucket) => `KV_${bucket}`), 'NEW'];
      for (const stream of streams) {
        for (const action of ['CREATE', 'UPDATE', 'DELETE', 'PURGE', 'MSG.DELETE', 'SNAPSHOT', 'RESTORE'])
          await denied(who, `$JS.API.STREAM.${action}.${stream}`, '{}');
      }
    },
  );

  test("what gates and the audit trail rest on is not a worker's to publish: acceptances, gates, ends of runs", async () => {
    for (const who of [worker, viewer]) {
      for (const subject of ['run.019ab000-0000-7000-8000-000000000001', 'series.-', 'gate.-', 'access.-', 'pool.-'])
        await denied(who, `bw.event.${subject}`, '{}');
      await denied(who, `$KV.${GATES_BUCKET}.${GATES_KEY}`, '[]');
    }
    await worker.request('bw.event.worker.-', '{}', { timeout: 2000 });
  });

  test('a worker and a viewer read no sessions and write no API keys, leases, sessions or quarantines', async () => {
    for (const who of [worker, viewer]) {
      for (const bucket of [API_KEYS_BUCKET, SESSIONS_BUCKET, LEASES_BUCKET, QUARANTINE_BUCKET])
        await denied(who, `$KV.${bucket}.key`, 'forged');
      for (const bucket of [API_KEYS_BUCKET, SESSIONS_BUCKET, LEASES_BUCKET]) {
        await denied(who, `$JS.API.STREAM.MSG.GET.KV_${bucket}`, '{"last_by_subj":">"}');
        await denied(who, `$JS.API.DIRECT.GET.KV_${bucket}.$KV.${bucket}.key`);
        await denied(who, `$JS.API.CONSUMER.CREATE.KV_${bucket}`, '{}');
        await denied(who, `$JS.API.CONSUMER.CREATE.KV_${bucket}.mine.$KV.${bucket}.>`, '{}');
        await denied(who, `$JS.API.CONSUMER.DURABLE.CREATE.KV_${bucket}.mine`, '{}');
      }
    }
    for (const bucket of BUCKETS) expect((await (await openBucket(all, bucket, 1)).get('key'))?.string()).toBe('value');
  });

  test('a worker commands nobody, submits nothing, reads no stream and takes no message of RUNS', async () => {
    for (const subject of [
      'bw.worker.other.command',
      'bw.request.submit',
      'bw.request.cancel',
      'bw.run.x',
      'bw.finding.x.y',
      'bw.scheduler.reserve',
      'bw.scheduler.status',
      'bw.query.sql',
      'bw.anomaly.act',
      'bw.lease.scheduler.released',
      'bw.service.ping',
      '$JS.API.STREAM.LIST',
      '$JS.API.STREAM.NAMES',
      '$JS.API.CONSUMER.CREATE.RUNS',
      '$JS.API.CONSUMER.CREATE.OUTCOMES.x.bw.outcome.>',
      '$JS.API.CONSUMER.NAMES.KV_quarantine',
      '$JS.API.CONSUMER.MSG.NEXT.RUNS.scheduler',
      '$JS.API.CONSUMER.DELETE.RUNS.scheduler',
      '$JS.ACK.RUNS.scheduler.1.1.1.1.1',
      '$JS.API.CONSUMER.CREATE.KV_workers.x.$KV.workers.>',
      '$JS.API.CONSUMER.CREATE.KV_checkpoints.x.$KV.checkpoints.>',
    ])
      await denied(worker, subject, '{}');
  });

  test.each([
    [
      'worker',
      ['bw.>', '>', 'bw.run.>', 'bw.outcome.>', 'bw.request.submit', 'bw.worker.join', '_INBOX.>', '$KV.>', '$JS.>'],
    ],
    [
      'viewer',
      ['bw.>', '>', 'bw.run.>', 'bw.request.submit', 'bw.worker.join', '_INBOX.>', '$KV.>', 'bw.worker.x.command'],
    ],
  ] as const)('a %s overhears neither requests, answers nor keys', async (role, subjects) => {
    const who = role === 'worker' ? worker : viewer;
    for (const subject of subjects) {
      const refused = Promise.withResolvers<string>();
      const subscription = who.subscribe(subject, {
        callback: (error) => {
          if (error !== null) refused.resolve(`${error}`);
        },
      });
      await who.flush();
      expect(await refused.promise, subject).toMatch(/Permissions Violation/i);
      subscription.unsubscribe();
    }
  });

  test('a worker does what a worker has to', async () => {
    const manager = await jetstreamManager(worker);
    expect((await manager.getAccountInfo()).streams).toBeGreaterThan(0);
    const workers = await openBucket(worker, WORKERS_BUCKET, 1);
    await workers.put('me', 'here');
    expect((await workers.get('me'))?.string()).toBe('here');
    const checkpoints = await openBucket(worker, CHECKPOINTS_BUCKET, 1);
    await checkpoints.put('run.task', 'half');
    await checkpoints.delete('run.task');
    const quarantine = await openBucket(worker, QUARANTINE_BUCKET, 1);
    const watching = await quarantine.watch({ key: 'me' });
    await (await openBucket(all, QUARANTINE_BUCKET, 1)).put('me', 'out');
    for await (const entry of watching) {
      expect(entry.string()).toBe('out');
      break;
    }
    // Answers, also to those whose inbox it may not see.
    worker.subscribe('bw.worker.me.command', { callback: (_error, message) => void message.respond('done') });
    await worker.flush();
    expect((await all.request('bw.worker.me.command', '', { timeout: 2000 })).string()).toBe('done');
    // But only where it was asked.
    await denied(worker, '_INBOX.forged.1', 'x');
  });

  test("a worker's Redis user has the pools' queues and nothing else", async () => {
    const redis = new Redis(servers.env.WORKER_REDIS_URL ?? '');
    const owner = new Redis(servers.env.REDIS_URL ?? '');
    onTestFinished(() => {
      for (const each of [redis, owner]) each.disconnect();
    });
    await owner.set('benchwire:fence', '5-1');
    await redis.call('HSET', 'benchwire:bw-pool-p:1', 'name', 'attempt');
    for (const command of [
      ['SET', 'benchwire:fence', '9999999999999-1'],
      ['GET', 'benchwire:fence'],
      ['DEL', 'benchwire:fence'],
      ['RENAME', 'benchwire:bw-pool-p:1', 'benchwire:fence'],
      ['COPY', 'benchwire:bw-pool-p:1', 'benchwire:fence'],
      ['EVAL', "return redis.call('SET', 'benchwire:fence', '9-9')", '0'],
      ['EVAL', "return redis.call('SET', KEYS[1], '9-9')", '1', 'benchwire:fence'],
      ['EVAL', "return redis.call('FLUSHALL')", '0'],
      ['EVAL', "return redis.call('SCAN', 0)", '0'],
      ['SET', 'other', '1'],
      ['SCAN', '0'],
      ['KEYS', '*'],
      ['RANDOMKEY'],
      ['DBSIZE'],
      ['FLUSHALL'],
      ['FLUSHDB'],
      ['SWAPDB', '0', '1'],
      ['MIGRATE', '127.0.0.1', '9', 'benchwire:fence', '0', '1'],
      ['SCRIPT', 'FLUSH'],
      ['SCRIPT', 'KILL'],
      ['CONFIG', 'GET', '*'],
      ['ACL', 'LIST'],
      ['CLIENT', 'KILL', 'TYPE', 'normal'],
      ['CLIENT', 'PAUSE', '100000'],
      ['CLIENT', 'LIST'],
      ['MONITOR'],
      ['SHUTDOWN'],
      ['DEBUG', 'SLEEP', '100'],
      ['REPLICAOF', 'host', '1'],
      ['SETRANGE', 'benchwire:bw-pool-x', '536870000', 'x'],
      ['PUBLISH', 'channel', 'x'],
      ['SUBSCRIBE', 'channel'],
    ]) {
      const [name = '', ...args] = command;
      const answer = await redis.call(name, ...args).then(
        (value) => `done: ${value}`,
        (error: Error) => error.message,
      );
      expect(answer, command.join(' ')).toMatch(
        /NOPERM|ACL failure|can't (run|access)|No permissions|unknown command|not allowed/i,
      );
    }
    expect(await owner.get('benchwire:fence')).toBe('5-1');
  });

  test.each([
    ['has written nothing', 'while true do end', /ended a script in Redis/],
    ['has written', "redis.call('SET', KEYS[1], 1) while true do end", /restarting Redis/],
  ])(
    'a script of a worker that does not end and %s stops the others for seconds only',
    async (_what, script, message) => {
      const redis = new Redis(servers.env.WORKER_REDIS_URL ?? '', { maxRetriesPerRequest: null });
      const owner = new Redis(servers.env.REDIS_URL ?? '', { maxRetriesPerRequest: null });
      for (const each of [redis, owner]) {
        each.on('error', () => {});
        onTestFinished(() => each.disconnect());
      }
      await owner.set('kept', 'yes');
      redis.eval(script, 1, 'benchwire:bw-pool-x').catch(() => undefined);
      await waitFor(() => expect(said.join('\n')).toMatch(message));
      redis.disconnect(); // it would send the script again
      await waitFor(async () => expect(await owner.get('kept')).toBe('yes'));
    },
  );

  test('junk that BullMQ is busy with for longer than a script may run does not outlive the restart', async () => {
    const redis = new Redis(servers.env.WORKER_REDIS_URL ?? '', { maxRetriesPerRequest: null });
    const owner = new Redis(servers.env.REDIS_URL ?? '', { maxRetriesPerRequest: null });
    for (const each of [redis, owner]) {
      each.on('error', () => {});
      onTestFinished(() => each.disconnect());
    }
    await owner.set('kept', 'yes');
    const filled = 'benchwire:bw-pool-x:active';
    await redis.lpush(filled, ...Array.from({ length: 30_000 }, (_, index) => `junk${index}`));
    await redis.lpush('benchwire:bw-pool-y:active', 'a job');
    redis.eval("redis.call('LPUSH', KEYS[1], 1) while true do end", 1, filled).catch(() => undefined);
    await waitFor(() => expect(said.join('\n')).toContain(`removed ${filled} from Redis: with 30000 entries`));
    redis.disconnect(); // it would send the script again
    await waitFor(async () => expect(await owner.get('kept')).toBe('yes'));
    expect(await owner.exists(filled)).toBe(0);
    expect(await owner.llen('benchwire:bw-pool-y:active')).toBe(1);
  });
});

test('nobody who may create consumers of a stream may write to it: a consumer sends what is in it anywhere', () => {
  for (const role of RESTRICTED_ROLES) {
    const { allow } = natsPermissions(role).publish;
    const watched = allow.flatMap((subject) => /^\$JS\.API\.CONSUMER\.CREATE\.([^.]+)/.exec(subject)?.[1] ?? []);
    for (const stream of watched) {
      const prefix = stream.startsWith('KV_')
        ? `$KV.${stream.slice(3)}.`
        : STREAMS.find(({ name }) => name === stream)?.subjects;
      expect(
        allow.filter((subject) => subject.startsWith(prefix ?? '?')),
        `${role} and ${stream}`,
      ).toEqual([]);
    }
  }
});

describe('the credentials of a data folder', () => {
  test('of before 0.5 are completed, and those that are there stay', async () => {
    const dataDir = temporaryDataDir();
    const path = join(dataDir, 'credentials.json');
    const old = { nats_user: 'benchwire', nats_password: 'one', redis_password: 'two', api_key: 'bw_three' };
    writeFileSync(path, JSON.stringify(old));
    const servers = await serversOn(dataDir);
    onTestFinished(() => servers.stop());
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject(old);
    for (const role of ['all', 'worker', 'viewer'] as const) await (await connect(servers, role)).close();
  });

  test("are changed by deleting one: yesterday's workers are locked out", async () => {
    const dataDir = temporaryDataDir();
    const first = await serversOn(dataDir);
    await first.stop();
    const path = join(dataDir, 'credentials.json');
    const { nats_worker_password: _, redis_worker_password: __, ...kept } = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify(kept));
    const second = await serversOn(dataDir);
    onTestFinished(() => second.stop());
    expect(existsSync(path)).toBe(true);
    const { WORKER_NATS_PASSWORD, WORKER_REDIS_URL, NATS_PASSWORD } = first.env;
    expect(second.env).toMatchObject({ NATS_PASSWORD });
    const yesterday = { ...second, env: { ...second.env, WORKER_NATS_PASSWORD: WORKER_NATS_PASSWORD ?? '' } };
    await expect(connect(yesterday, 'worker')).rejects.toThrow(/Authorization/i);
    await (await connect(second, 'worker')).close();
    expect(WORKER_REDIS_URL).not.toBe(second.env.WORKER_REDIS_URL);
  });
});
