import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalServers, startServers } from '@benchwire/deploy/local/servers.ts';
import { addJobs } from '@benchwire/scheduler/src/adapters/add-jobs.ts';
import { finishTogether } from '@benchwire/worker/src/queue/finish-together.ts';
import { type Job, Queue, type RedisQueueBackend, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const FENCE = 'test:fence';
const EPOCH = '1764490000000-1';
const KEPT = 2;
const WORKER_ID = 'w-1';
const LOCK_MS = 30_000;

let dataDir: string;
let servers: LocalServers;
let redis: Redis;
const open: Array<{ close: () => Promise<unknown> }> = [];

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'bw-finish-'));
  servers = await startServers({ dataDir, env: { NATS_URL: undefined, REDIS_URL: undefined } });
});
afterAll(async () => {
  await servers?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  redis = connect();
  await redis.flushall();
  await redis.set(FENCE, EPOCH);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  redis.disconnect();
});

const connect = (): Redis => new Redis(servers.env.REDIS_URL ?? '', { maxRetriesPerRequest: null });
const idOf = (n: number): string => `run.t${n}.1`;

async function add(name: string, count: number, from = 0): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => from + n);
  const jobs = numbers.map((n) => [idOf(n), JSON.stringify({ n, text: 'ü"\n' })] as const);
  await addJobs(redis, { fence: FENCE, epoch: EPOCH, queue: `test:${name}:` }, jobs);
}

interface Consumer {
  worker: Worker;
  backend: RedisQueueBackend;
  /** How often BullMQ's own script finished a job. */
  alone: () => number;
}

async function consumer(
  name: string,
  {
    together = true,
    concurrency = 8,
    run,
  }: { together?: boolean; concurrency?: number; run?: (job: Job) => unknown } = {},
): Promise<Consumer> {
  const connection = connect();
  const worker = new Worker(name, async (job) => await run?.(job), {
    ...{ connection, prefix: 'test', name: WORKER_ID, concurrency, autorun: false, lockDuration: LOCK_MS },
    ...{ removeOnComplete: { count: KEPT }, maxStalledCount: 0 },
  });
  worker.on('error', () => undefined);
  const backend = worker.getBackend();
  let alone = 0;
  const script = backend.execCommand.bind(backend);
  backend.execCommand = (client, command, parameters) => {
    if (command === 'moveToFinished') alone++;
    return script(client, command, parameters);
  };
  const target = { queue: worker.toKey(''), worker: WORKER_ID, lock_ms: LOCK_MS, keep: KEPT };
  if (together) finishTogether(worker, connection, target);
  await worker.waitUntilReady();
  open.push({ close: () => worker.close(true).finally(() => connection.disconnect()) });
  return { worker, backend, alone: () => alone };
}

/** Takes jobs one after the other, and finishes them all at once, each with a next one. */
async function takeAndFinish({ worker }: Consumer, count: number): Promise<unknown[]> {
  const taken = await take(worker, count);
  return await Promise.all(taken.map((job) => job.moveToCompleted('completed', job.token ?? '', true)));
}

async function take(worker: Worker, count: number): Promise<Job[]> {
  const taken: Job[] = [];
  for (let n = 0; n < count; n++) {
    const job = await worker.getNextJob(`token-${n}`, { block: false });
    if (job !== undefined) taken.push(job);
  }
  return taken;
}

const TIMES = { timestamp: undefined, processedOn: undefined, finishedOn: undefined };

/** Every key of a queue with all that stands there, but for events and times. */
async function contentOf(name: string): Promise<Record<string, unknown>> {
  const start = `test:${name}:`;
  const content: Record<string, unknown> = {};
  for (const key of (await redis.keys(`${start}*`)).toSorted()) {
    const type = await redis.type(key);
    const read: Record<string, () => Promise<unknown>> = {
      hash: async () => ({ ...(await redis.hgetall(key)), ...TIMES }),
      list: () => redis.lrange(key, 0, -1),
      zset: () => redis.zrange(key, '0', '-1'),
      set: () => redis.smembers(key),
      string: async () => ({ value: await redis.get(key), expires: (await redis.pttl(key)) > LOCK_MS / 2 }),
    };
    content[key.slice(start.length)] = (await read[type]?.()) ?? type;
  }
  return content;
}

/** Answers of moveToFinished without what differs by the time of day. */
const withoutTimes = (answers: unknown[]): unknown[] =>
  answers.map((answer) =>
    Array.isArray(answer) ? [answer[0] === null ? null : { ...answer[0], ...TIMES }, ...answer.slice(1)] : answer,
  );

describe('jobs that are finished by one script', () => {
  it.each([
    ['with a next one for each', 4, 9],
    ['with next ones for some', 4, 6],
    ['with no next one, and the oldest removed', 4, 4],
  ])('leave in Redis and answer what BullMQ leaves and answers, but for its events: %s', async (_, taken, added) => {
    const ours = await consumer('ours');
    const theirs = await consumer('theirs', { together: false });
    const answers: unknown[][] = [];
    for (const [name, of] of [
      ['ours', ours],
      ['theirs', theirs],
    ] as const) {
      await add(name, added);
      answers.push(withoutTimes(await takeAndFinish(of, taken)));
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(await contentOf('ours')).toEqual(await contentOf('theirs'));
    expect([ours.alone(), theirs.alone()]).toEqual([0, taken]);
  });

  it('are done once each and in their order, from a queue that is filled while they run', async () => {
    const started: string[] = [];
    const all = Promise.withResolvers<void>();
    const { worker, alone } = await consumer('busy', {
      concurrency: 32,
      run: async (job) => {
        started.push(job.id ?? '');
        if (started.length === 100) await add('busy', 300, 300);
        if (started.length === 600) all.resolve();
        await new Promise((resolve) => setTimeout(resolve, 1));
      },
    });
    await add('busy', 300);
    void worker.run();
    await all.promise;
    await worker.close();
    expect(started).toEqual(Array.from({ length: 600 }, (_, n) => idOf(n)));
    const { wait, active } = await contentOf('busy');
    expect({ wait, active }).toEqual({ wait: undefined, active: undefined });
    expect(alone()).toBe(0);
  });

  it('fail alone where their lock is gone or is another worker’s', async () => {
    const of = await consumer('locks');
    await add('locks', 8);
    const taken = await take(of.worker, 4);
    await redis.del(`test:locks:${idOf(1)}:lock`);
    await redis.set(`test:locks:${idOf(2)}:lock`, 'another');
    const results = await Promise.allSettled(
      taken.map((job) => job.moveToCompleted('completed', job.token ?? '', true)),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(String((results[1] as PromiseRejectedResult).reason)).toContain('Missing lock');
    expect(String((results[2] as PromiseRejectedResult).reason)).toContain('Lock mismatch');
    const content = await contentOf('locks');
    // The two are where they were, with two next ones in front of them.
    expect(content.active).toEqual([idOf(5), idOf(4), idOf(2), idOf(1)]);
    expect(content.completed).toEqual([idOf(0), idOf(3)]);
  });

  it('change nothing when they are finished a second time, as after an answer that was lost', async () => {
    const of = await consumer('again');
    await add('again', 6);
    const taken = await take(of.worker, 2);
    const finish = () =>
      Promise.allSettled(taken.map((job) => job.moveToCompleted('completed', job.token ?? '', false)));
    await finish();
    const before = await contentOf('again');
    expect((await finish()).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await contentOf('again')).toEqual(before);
  });

  it('fail alone where they are damaged', async () => {
    const of = await consumer('damaged');
    await add('damaged', 6);
    const taken = await take(of.worker, 3);
    await redis.set(`test:damaged:${idOf(1)}`, 'x');
    const results = await Promise.allSettled(
      taken.map((job) => job.moveToCompleted('completed', job.token ?? '', false)),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(String((results[1] as PromiseRejectedResult).reason)).toContain('WRONGTYPE');
  });

  it.each(['completed', 'stalled', 'active'])('are all refused where %s of the queue is damaged', async (key) => {
    const of = await consumer('broken');
    await add('broken', 6);
    const taken = await take(of.worker, 3);
    await redis.set(`test:broken:${key}`, 'x');
    const results = await Promise.allSettled(
      taken.map((job) => job.moveToCompleted('completed', job.token ?? '', true)),
    );
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    const { wait } = await contentOf('broken');
    expect(wait).toHaveLength(3);
  });

  it('are left to BullMQ where they have a parent or are deduplicated', async () => {
    const of = await consumer('unusual');
    await add('unusual', 5);
    const [plain, unusual] = await take(of.worker, 2);
    await redis.hset(`test:unusual:${idOf(1)}`, 'deid', 'd');
    await Promise.all([plain, unusual].map((job) => job?.moveToCompleted('completed', job.token ?? '', false)));
    expect(of.alone()).toBe(1);
    expect(((await contentOf('unusual')).completed as string[]).toSorted()).toEqual([idOf(0), idOf(1)]);
  });

  it('take no next ones from a queue that is paused or limited, or where a delayed job is due', async () => {
    const of = await consumer('limited');
    const queue = new Queue('limited', { connection: redis, prefix: 'test' });
    open.push(queue);
    await add('limited', 5);
    const [one, two, three] = await take(of.worker, 3);
    const answer = (job: Job | undefined) => job?.moveToCompleted('completed', job.token ?? '', true);
    await queue.pause();
    expect(await answer(one)).toEqual([]);
    await queue.resume();
    await queue.setGlobalConcurrency(1);
    expect(await answer(two)).toEqual([]);
    await queue.removeGlobalConcurrency();
    await queue.add('later', {}, { jobId: 'later', delay: 1 });
    await expect
      .poll(
        async () =>
          Number((await redis.zrange('test:limited:delayed', '0', '0', 'WITHSCORES'))[1]) / 0x1000 <= Date.now(),
      )
      .toBe(true);
    expect(await answer(three)).toEqual([null, 0, 0, expect.any(Number)]);
    expect((await contentOf('limited')).wait).toEqual([idOf(4), idOf(3)]);
  });

  it('wake the worker for a delayed job while others keep it busy', async () => {
    const started: string[] = [];
    const late = Promise.withResolvers<void>();
    const { worker } = await consumer('delayed', {
      concurrency: 4,
      run: async (job) => {
        started.push(job.id ?? '');
        if (job.id === 'later') late.resolve();
        await new Promise((resolve) => setTimeout(resolve, 1));
      },
    });
    const queue = new Queue('delayed', { connection: redis, prefix: 'test' });
    open.push(queue);
    await queue.add('later', {}, { jobId: 'later', delay: 50 });
    await add('delayed', 200);
    void worker.run();
    await late.promise;
    await expect.poll(() => started.length, { timeout: 20_000 }).toBe(201);
  });

  it('are finished by a Redis that has forgotten the script', async () => {
    const of = await consumer('forgotten');
    await add('forgotten', 4);
    const [one, two] = await take(of.worker, 2);
    await one?.moveToCompleted('completed', one.token ?? '', false);
    await redis.script('FLUSH');
    await two?.moveToCompleted('completed', two.token ?? '', false);
    expect((await contentOf('forgotten')).completed).toEqual([idOf(0), idOf(1)]);
  });
});
