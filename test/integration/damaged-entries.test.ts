import { API_KEYS_BUCKET } from '@benchwire/shared/contracts/http.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { LEASES_BUCKET, SCHEDULER_LEASE_KEY } from '@benchwire/shared/contracts/lease.ts';
import { outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { QUARANTINE_BUCKET } from '@benchwire/shared/contracts/quarantine.ts';
import { REJECTED_HEADERS } from '@benchwire/shared/contracts/rejected.ts';
import { runSubject } from '@benchwire/shared/contracts/run.ts';
import { RESERVATIONS_BUCKET } from '@benchwire/shared/contracts/scheduler.ts';
import { WORKERS_BUCKET } from '@benchwire/shared/contracts/worker.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readAll } from '../support/nats-fixture.ts';
import { SchedulerFixture } from '../support/scheduler-fixture.ts';

const POOL = 'cpu-00000001';
let bench: SchedulerFixture;
let redis: Redis;

beforeEach(async () => {
  bench = await SchedulerFixture.start({ scheduler: 1 });
  redis = new Redis(bench.stack.env.REDIS_URL ?? '');
});
afterEach(async () => {
  redis?.disconnect();
  await bench?.stop();
});

const key = (name: string, pool = POOL): string => `benchwire:bw-pool-${pool}:${name}`;
const waitFor = <T>(condition: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(condition, { timeout: 30_000, interval: 50 });

async function killLeader(): Promise<void> {
  const { pid } = await bench.leader();
  process.kill(pid, 'SIGKILL');
  await waitFor(async () => expect((await bench.leader()).pid).not.toBe(pid));
}

/** What REJECTED holds, by the place where it stood, with the codes of what was wrong. */
async function rejected(where: string): Promise<Map<string, { raw: string; codes: string[] }>> {
  const messages = await readAll(bench.nats, 'REJECTED', `bw.rejected.${where}`);
  return new Map(
    messages.map((message) => {
      const issues = JSON.parse(message.header.get(REJECTED_HEADERS.issues)) as Array<{ code: string }>;
      return [
        message.header.get(REJECTED_HEADERS.subject),
        { raw: message.string(), codes: issues.map(({ code }) => code) },
      ];
    }),
  );
}

async function completes(tasks = 6): Promise<void> {
  const run_id = await bench.submit({ tasks: [{ task_id: 'a', executor: 'noop', repetitions: tasks }] });
  const outcomes = await bench.finished(run_id, 90_000);
  expect(outcomes.filter(({ status }) => status === 'completed')).toHaveLength(tasks);
}

describe('a new leader', () => {
  it('leads although jobs in Redis are damaged: each goes to REJECTED and out of the way', async () => {
    const worker = await bench.worker();
    await completes();
    // Nobody takes anything while the damage is done, so that it is the scheduler that finds it.
    await worker.stop();
    const hashes: Record<string, Record<string, string>> = {
      'bad-data': { name: 'attempt', data: '{not json', opts: '{}' },
      'bad-opts': { name: 'attempt', data: '{}', opts: '[1' },
      'opts-no-object': { name: 'attempt', data: '{}', opts: 'null' },
      'bad-tries': { name: 'attempt', data: '{}', opts: '{}', atm: 'many' },
      'bad-return': { name: 'attempt', data: '{}', opts: '{}', returnvalue: '{"a"' },
      'of-a-family': { name: 'attempt', data: '{}', opts: '{}', rjk: 'benchwire:fence', parentKey: 'benchwire:fence' },
      'no-utf8': { name: 'attempt', opts: '{}' },
    };
    for (const [id, fields] of Object.entries(hashes)) await redis.hset(key(id), fields);
    await redis.hset(key('no-utf8'), 'data', Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    await redis.set(key('no-hash'), 'text');
    await redis.lpush(key('wait'), ...Object.keys(hashes), 'no-hash', 'no-data-at-all');
    await redis.hset(key('in-active'), { name: 'attempt', data: 'x', processedOn: 'yesterday' });
    await redis.lpush(key('active'), 'in-active', 'gone-from-active');
    await redis.hset(key('in-delayed'), { data: '"' });
    await redis.zadd(key('delayed'), 1, 'in-delayed');
    await redis.hset(key('in-prioritized'), { data: '"' });
    await redis.zadd(key('prioritized'), 1, 'in-prioritized');
    await redis.hset(key('in-paused'), { data: '"' });
    await redis.lpush(key('paused'), 'in-paused');

    await killLeader();
    await waitFor(async () => expect((await rejected('redis')).size).toBe(14));
    await bench.worker();
    await completes();
    const found = await rejected('redis');
    const names = [...Object.keys(hashes), 'no-hash', 'no-data-at-all', 'in-active', 'gone-from-active'];
    for (const id of [...names, 'in-delayed', 'in-prioritized', 'in-paused']) {
      expect(found.has(key(id)), id).toBe(true);
      expect(await redis.exists(key(id)), id).toBe(0);
    }
    expect(found.get(key('bad-data'))).toMatchObject({
      codes: ['invalid_json'],
      raw: expect.stringContaining('{not json'),
    });
    expect(found.get(key('no-hash'))).toMatchObject({ codes: ['wrong_type'], raw: '"text"' });
    expect(found.get(key('no-data-at-all'))).toMatchObject({ codes: ['missing'], raw: 'null' });
    expect(found.get(key('no-utf8'))?.raw).toContain(Buffer.from([0xff, 0xfe, 0x00, 0x80]).toString('base64'));
    for (const list of ['wait', 'active', 'paused']) expect(await redis.llen(key(list)), list).toBe(0);
    for (const list of ['delayed', 'prioritized']) expect(await redis.zcard(key(list)), list).toBe(0);
  });

  it('leads although keys of queues are of another type, and its pools run on', async () => {
    const worker = await bench.worker();
    await completes();
    await worker.stop();
    const types: Array<[string, () => Promise<unknown>]> = [
      ['wait', () => redis.set(key('wait'), 'x')],
      ['active', () => redis.hset(key('active'), 'a', 'b')],
      ['prioritized', () => redis.rpush(key('prioritized'), 'x')],
      ['delayed', () => redis.set(key('delayed'), 'x')],
      ['completed', () => redis.set(key('completed'), 'x')],
      ['marker', () => redis.set(key('marker'), 'x')],
      ['events', () => redis.set(key('events'), 'x')],
      ['id', () => redis.set(key('id'), 'x')],
      ['pc', () => redis.rpush(key('pc'), 'x')],
      ['stalled', () => redis.set(key('stalled'), 'x')],
    ];
    for (const [name, damage] of types) {
      await redis.del(key(name));
      await damage();
    }
    await redis.hset(key('meta'), { paused: '1', concurrency: 'few' });
    await redis.hset(key('meta', 'a:b'), 'x', 'y');
    await redis.set(key('meta', 'cpu-00000002'), 'no hash');
    await killLeader();
    await bench.worker();
    await completes();
    const found = await rejected('redis');
    for (const [name] of types) expect(found.has(key(name)), name).toBe(true);
    expect(found.get(key('meta'))?.raw).toBe('{"paused":"1","concurrency":"few"}');
    expect(found.has(key('meta', 'cpu-00000002'))).toBe(true);
  });

  it('leads although what is of the right type holds values that refuse every job', async () => {
    const worker = await bench.worker();
    await completes();
    await worker.stop();
    await redis.xadd(key('events'), '18446744073709551615-18446744073709551615', 'a', 'b');
    await redis.hset(key('meta'), 'opts.maxLenEvents', '9'.repeat(23));
    await redis.lpush(key('wait'), Buffer.from([0xff, 0xfe, 0x00]), 'meta', 'wait');
    await redis.zadd(key('delayed'), '+inf', 'meta');
    await redis.sadd(key('stalled'), ...Array.from({ length: 25_000 }, (_, index) => `junk${index}`));
    await killLeader();
    await waitFor(async () => expect((await rejected('redis')).size).toBe(5));
    expect(await redis.exists(key('stalled'))).toBe(0);
    for (const list of ['wait', 'active']) expect(await redis.llen(key(list)), list).toBe(0);
    expect(await redis.zcard(key('delayed'))).toBe(0);
    expect(await redis.exists(key('meta'))).toBe(1);
    await bench.worker();
    await completes();
  });

  it('heals a queue while it leads', async () => {
    await bench.worker();
    await completes();
    await redis.xadd(key('events'), '18446744073709551615-18446744073709551615', 'a', 'b');
    await completes();
    expect((await rejected('redis')).get(key('events'))?.codes).toEqual(['too_big']);
  });

  it.each([
    ['of a far future', (r: Redis) => r.set('benchwire:fence', '9999999999999-1')],
    ['of more digits than a number has', (r: Redis) => r.set('benchwire:fence', `${'9'.repeat(400)}-1`)],
    ['that is no epoch', (r: Redis) => r.set('benchwire:fence', Buffer.from([0xff, 0x00, 0x2d, 0xfe]))],
    ['that is empty', (r: Redis) => r.set('benchwire:fence', '')],
    ['that is a list', (r: Redis) => r.del('benchwire:fence').then(() => r.rpush('benchwire:fence', 'x'))],
  ])('leads although somebody has set a fence %s', async (_what, damage) => {
    await bench.worker();
    await completes(1);
    await damage(redis);
    await killLeader();
    await completes();
    expect((await rejected('redis')).has('benchwire:fence')).toBe(true);
    expect(await redis.get('benchwire:fence')).toMatch(/^\d{13}-\d+$/);
  });

  it('whose fence is damaged while it leads takes the queues back', async () => {
    await bench.worker();
    await completes(1);
    for (const damage of ['9999999999999-7', 'garbage']) {
      await redis.set('benchwire:fence', damage);
      await completes();
    }
    await redis.del('benchwire:fence');
    await redis.rpush('benchwire:fence', 'x');
    await completes();
  });

  it('leads although RUNS has a consumer that claims a later term', async () => {
    await bench.worker();
    await completes(1);
    const manager = await jetstreamManager(bench.nats);
    const [own] = await Array.fromAsync(manager.consumers.list('RUNS'));
    await manager.consumers.delete('RUNS', own?.name ?? '');
    const durable_name = 'scheduler-9999999999999-1';
    await manager.consumers.add('RUNS', { durable_name, ack_policy: AckPolicy.Explicit });
    await killLeader();
    await completes();
  });

  it('leads although entries of buckets, runs and outcomes are junk', async () => {
    await bench.worker();
    const client = jetstream(bench.nats);
    const junk = [new Uint8Array([0xff, 0, 0x80]), '{"v":1', 'null', '[]', `{"worker_id":${'['.repeat(5000)}`];
    for (const name of [WORKERS_BUCKET, QUARANTINE_BUCKET, RESERVATIONS_BUCKET]) {
      const bucket = await openBucket(bench.nats, name, 1);
      for (const [n, raw] of junk.entries()) await bucket.put(`junk-${n}`, raw);
    }
    for (const raw of junk) {
      const ids = { run_id: newRunId(), task_id: 'a' };
      await client.publish(runSubject(ids.run_id), raw);
      await client.publish(outcomeSubject(ids), raw);
    }
    const leases = await openBucket(bench.nats, LEASES_BUCKET, 1);
    await leases.put(SCHEDULER_LEASE_KEY, 'junk');
    await killLeader();
    await completes();
    await waitFor(async () => {
      const found = await rejected('kv');
      for (const name of [WORKERS_BUCKET, QUARANTINE_BUCKET, RESERVATIONS_BUCKET]) {
        const bucket = await openBucket(bench.nats, name, 1);
        for (const n of junk.keys()) {
          expect(found.has(`$KV.${name}.junk-${n}`), `${name} ${n}`).toBe(true);
          expect((await bucket.get(`junk-${n}`))?.operation).toBe('DEL');
        }
      }
      expect((await rejected('run')).size).toBe(junk.length);
    });
  });

  it('an attempt whose place in Redis is taken by something else runs all the same', async () => {
    const run_id = newRunId();
    await redis.hset(key(`${run_id}.a-r1.1`), { name: 'attempt', data: '{}' });
    await redis.set(key(`${run_id}.a-r2.1`), 'x');
    await bench.worker({ device: { slots: 4 } });
    const at = new Date().toISOString();
    const tasks = [{ task_id: 'a', executor: 'noop', repetitions: 3 }];
    const { request } = await import('@benchwire/shared/contracts/request.ts');
    await bench.publishRun({ v: 1, run_id, at, kind: 'submitted', request: request.parse({ tasks }) });
    const outcomes = await bench.finished(run_id, 40_000);
    expect(outcomes.filter(({ status }) => status === 'completed')).toHaveLength(3);
    expect((await rejected('redis')).get(key(`${run_id}.a-r1.1`))?.codes).toEqual(['orphaned']);
  });
});

describe('the gateway', () => {
  it('starts although API keys, sessions and saved views are junk, and however many of them have come and gone', async () => {
    const bucket = await openBucket(bench.nats, API_KEYS_BUCKET, 1);
    // Gaps in the bucket's stream: what makes nats-server 2.9 count too many.
    for (let n = 0; n < 300; n++) await bucket.put(`k${n % 150}`, 'x'.repeat(9000));
    await bench.stack.addService('gateway');
    await waitFor(async () =>
      expect((await bench.instances()).find((each) => each.service === 'gateway')?.ready).toBe(true),
    );
    await waitFor(async () => expect((await rejected('kv')).size).toBe(150));
    await waitFor(async () => expect((await bucket.status()).values).toBe(150));
  });
});
