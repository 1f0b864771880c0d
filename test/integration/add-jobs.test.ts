import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalServers, startServers } from '@benchwire/deploy/local/servers.ts';
import { addJobs, isFenced, MAX_EVENTS } from '@benchwire/scheduler/src/adapters/add-jobs.ts';
import { JOB_NAME } from '@benchwire/shared/contracts/job.ts';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const FENCE = 'test:fence';
const EPOCH = '1764490000000-1';

let dataDir: string;
let servers: LocalServers;
let redis: Redis;
const queues: Queue[] = [];

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'bw-add-'));
  servers = await startServers({ dataDir, env: { NATS_URL: undefined, REDIS_URL: undefined } });
});
afterAll(async () => {
  await servers?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  redis = new Redis(servers.env.REDIS_URL ?? '', { maxRetriesPerRequest: null });
  await redis.flushall();
  await redis.set(FENCE, EPOCH);
});
afterEach(async () => {
  await Promise.all(queues.splice(0).map((queue) => queue.close()));
  redis.disconnect();
});

async function queueOf(name: string): Promise<Queue> {
  const queue = new Queue(name, { connection: redis, prefix: 'test', streams: { events: { maxLen: MAX_EVENTS } } });
  queues.push(queue);
  await queue.waitUntilReady();
  return queue;
}

const to = (name: string, epoch = EPOCH) => ({ fence: FENCE, epoch, queue: `test:${name}:` });
const JOBS = Array.from({ length: 5 }, (_, n) => [`run.t${n}.1`, JSON.stringify({ n, text: 'ü"\n' })] as const);

/** Every key of a queue with all that stands there, but for events and times. */
async function contentOf(name: string): Promise<Record<string, unknown>> {
  const start = `test:${name}:`;
  const content: Record<string, unknown> = {};
  for (const key of (await redis.keys(`${start}*`)).toSorted()) {
    const type = await redis.type(key);
    const read: Record<string, () => Promise<unknown>> = {
      hash: async () => ({ ...(await redis.hgetall(key)), timestamp: undefined }),
      list: () => redis.lrange(key, 0, -1),
      zset: () => redis.zrange(key, '0', '-1', 'WITHSCORES'),
    };
    content[key.slice(start.length)] = (await read[type]?.()) ?? type;
  }
  return content;
}

describe('jobs that are added in one script', () => {
  it('leave in Redis what BullMQ leaves, but for its events and its counter', async () => {
    await addJobs(redis, to('ours'), JOBS);
    await addJobs(redis, to('ours'), JOBS);
    const theirs = await queueOf('theirs');
    await theirs.addBulk(JOBS.map(([id, data]) => ({ name: JOB_NAME, data: JSON.parse(data), opts: { jobId: id } })));
    const { id, meta, ...kept } = await contentOf('theirs');
    expect(id).toBe('string');
    // An id among the options is of no use to anybody.
    for (const [jobId] of JOBS) {
      const hash = kept[jobId] as Record<string, string>;
      expect(JSON.parse(hash.opts ?? '')).toEqual({ attempts: 0, jobId });
      hash.opts = '{"attempts":0}';
    }
    const own = await contentOf('ours');
    expect(own).toEqual({ ...kept, meta: { 'opts.maxLenEvents': String(MAX_EVENTS), timestamp: undefined } });
    expect(meta).toMatchObject(own.meta as object);
  });

  it('are done once and in their order by a BullMQ worker that was waiting for them', async () => {
    const taken: string[] = [];
    const all = Promise.withResolvers<void>();
    const connection = new Redis(servers.env.REDIS_URL ?? '', { maxRetriesPerRequest: null });
    const worker = new Worker(
      'waiting',
      async (job) => {
        expect(JSON.stringify(job.data)).toBe(JOBS.find(([id]) => id === job.id)?.[1]);
        taken.push(job.id ?? '');
        if (taken.length === JOBS.length) all.resolve();
      },
      { connection, prefix: 'test' },
    );
    await worker.waitUntilReady();
    await addJobs(redis, to('waiting'), JOBS.slice(0, 2));
    await addJobs(redis, to('waiting'), JOBS);
    await all.promise;
    await worker.close();
    connection.disconnect();
    expect(taken).toEqual(JOBS.map(([id]) => id));
  });

  it('are refused, all of them, where another epoch or none stands', async () => {
    await expect(addJobs(redis, to('fenced', '1764490000000-2'), JOBS)).rejects.toSatisfy(isFenced);
    await redis.del(FENCE);
    await expect(addJobs(redis, to('fenced'), JOBS)).rejects.toSatisfy(isFenced);
    await redis.rpush(FENCE, 'x');
    await expect(addJobs(redis, to('fenced'), JOBS)).rejects.toSatisfy(isFenced);
    expect(await contentOf('fenced')).toEqual({});
  });

  it.each(['wait', 'marker', 'meta', 'events'])('are not there at all where %s is damaged', async (key) => {
    await redis.set(`test:damaged:${key}`, 'x');
    await expect(addJobs(redis, to('damaged'), JOBS)).rejects.toThrow('WRONGTYPE');
    const content = await contentOf('damaged');
    expect(JOBS.filter(([id]) => id in content)).toEqual([]);
    if (key !== 'wait') expect(content).not.toHaveProperty('wait');
  });
});
