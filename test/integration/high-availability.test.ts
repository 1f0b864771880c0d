import { connect } from 'node:net';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { Job } from '@benchwire/shared/contracts/job.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { REJECTED_HEADERS } from '@benchwire/shared/contracts/rejected.ts';
import { runSubject } from '@benchwire/shared/contracts/run.ts';
import { consume, OK } from '@benchwire/shared/runtime/consume.ts';
import { CONTENT_HASH_HEADER, contentHash } from '@benchwire/shared/runtime/content-hash.ts';
import { createLog } from '@benchwire/shared/runtime/log.ts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SchedulerFixture } from '../support/scheduler-fixture.ts';
import { proxyOf, type TcpProxy, through } from '../support/tcp-proxy.ts';

let fixture: SchedulerFixture | undefined;
let proxy: TcpProxy | undefined;

const frozen = new Set<number>();
function freeze(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  frozen.add(pid);
}
function thaw(pid: number): void {
  process.kill(pid, 'SIGCONT');
  frozen.delete(pid);
}

afterEach(async () => {
  proxy?.heal();
  // A frozen process could not be stopped.
  for (const pid of frozen) thaw(pid);
  await fixture?.stop();
  await proxy?.close();
  fixture = undefined;
  proxy = undefined;
});

async function schedulers(count: number): Promise<SchedulerFixture> {
  fixture = await SchedulerFixture.start({ scheduler: count });
  return fixture;
}

const waitFor = <T>(condition: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(condition, { timeout: 30_000, interval: 20 });

/** The epochs in the order in which a pool's only worker took its jobs, which is the order of their arrival. */
function terms(started: readonly Job[]): string[] {
  return started.map((job) => job.epoch ?? 'none').filter((epoch, index, all) => epoch !== all[index - 1]);
}

function expectEachOnce(outcomes: readonly Outcome[], tasks: number): void {
  expect(outcomes.filter((each) => each.status === 'completed')).toHaveLength(tasks);
  expect(new Set(outcomes.map((each) => each.task_id)).size).toBe(tasks);
}

/** Every command that a Redis gets from now on, as it prints them. (ioredis' own MONITOR breaks where many come at once.) */
async function monitorOf(redis_url: string): Promise<{ lines(): string[]; close(): void }> {
  const { hostname, port, username, password } = new URL(redis_url);
  const socket = connect({ host: hostname, port: Number(port) });
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  const login =
    password === '' ? '' : `AUTH ${decodeURIComponent(username) || 'default'} ${decodeURIComponent(password)}\r\n`;
  socket.write(`${login}MONITOR\r\n`);
  await waitFor(() => expect(text.match(/^\+OK/gm) ?? []).toHaveLength(login === '' ? 1 : 2));
  return { lines: () => text.split('\r\n'), close: () => socket.destroy() };
}

const quick = { device: { slots: 4 } };
const noops = (repetitions: number) => ({ tasks: [{ task_id: 'a', executor: 'noop', repetitions }] });

describe('of several schedulers one leads', () => {
  it('after kill -9 the next one goes on within seconds, over and over', async () => {
    const bench = await schedulers(2);
    const worker = await bench.worker(quick);
    const run_id = await bench.submit(noops(20_000));
    for (let kill = 1; kill <= 3; kill++) {
      await waitFor(() => expect(terms(worker.started)).toHaveLength(kill));
      const leader = await bench.leader();
      const killed_at = performance.now();
      process.kill(leader.pid, 'SIGKILL');
      await waitFor(() => expect(terms(worker.started)).toHaveLength(kill + 1));
      expect(performance.now() - killed_at).toBeLessThan(5000);
      await waitFor(async () => expect(await bench.instances()).toHaveLength(2));
    }
    await bench.publishRun({ v: 1, run_id, at: new Date().toISOString(), kind: 'cancelled', reason: 'enough seen' });
    await bench.finished(run_id);
  });

  it('a task that was cancelled under one is not started by the next', async () => {
    const bench = await schedulers(2);
    const gate = Promise.withResolvers<void>();
    const worker = await bench.worker({
      run: async () => {
        await gate.promise;
        return { status: 'completed', error: null };
      },
    });
    const run_id = await bench.submit(noops(3));
    await waitFor(() => expect(worker.started).toHaveLength(1));
    const waiting = ['a-r1', 'a-r2', 'a-r3'].filter((task_id) => task_id !== worker.started[0]?.task.task_id);
    const [task_id = ''] = waiting;
    const at = new Date().toISOString();
    await bench.publishRun({ v: 1, run_id, at, kind: 'task_cancelled', task_id, reason: 'not this one' });
    await waitFor(async () => expect(await bench.outcomes(run_id)).toHaveLength(1));
    const leader = await bench.leader();
    process.kill(leader.pid, 'SIGKILL');
    await waitFor(async () => expect((await bench.leader()).pid).not.toBe(leader.pid));
    gate.resolve();
    const found = await bench.finished(run_id);
    expect(found.filter(({ status }) => status === 'cancelled').map((each) => each.task_id)).toEqual([task_id]);
    expect(found.filter(({ status }) => status === 'completed')).toHaveLength(2);
    expect(worker.started.map(({ task }) => task.task_id)).not.toContain(task_id);
  });

  it('one that is frozen for long in the midst of its emissions adds nothing after its successor has begun', async () => {
    const bench = await schedulers(2);
    const worker = await bench.worker(quick);
    const run_id = await bench.submit(noops(6000));
    for (let round = 1; round <= 2; round++) {
      await waitFor(() => expect(terms(worker.started)).toHaveLength(round));
      const { pid, instance_id } = await bench.leader();
      freeze(pid);
      await waitFor(() => expect(terms(worker.started)).toHaveLength(round + 1));
      thaw(pid);
      await waitFor(async () => {
        const old = (await bench.instances()).find((each) => each.instance_id === instance_id);
        expect(old?.role).toBe('standby');
      });
    }
    expectEachOnce(await bench.finished(run_id), 6000);
    expect(terms(worker.started)).toHaveLength(new Set(terms(worker.started)).size);
  });

  it('jobs that reach Redis late, after a successor has begun, are refused there', async () => {
    const bench = await schedulers(0);
    const redis_url = bench.stack.env.REDIS_URL ?? '';
    proxy = await proxyOf(redis_url);
    await bench.stack.addService('scheduler', { REDIS_URL: through(redis_url, proxy) });
    const old = await bench.leader();
    let gate = Promise.withResolvers<void>();
    const worker = await bench.worker({
      device: { slots: 2 },
      run: async () => {
        await gate.promise;
        return { status: 'completed', error: null };
      },
    });
    const run_id = await bench.submit(noops(40));
    await waitFor(() => expect(worker.started).toHaveLength(2));
    await bench.stack.addService('scheduler');

    // The line to Redis is cut, then there is room in the queue: what the leader adds now is on its way for long.
    proxy.cut();
    gate.resolve();
    await waitFor(async () => expect((await bench.outcomes(run_id)).length).toBeGreaterThanOrEqual(4));
    await waitFor(() => expect(proxy?.keeps('benchwire:fence')).toBe(true));
    gate = Promise.withResolvers();
    freeze(old.pid);
    await waitFor(() => expect(terms(worker.started)).toHaveLength(2));
    const redis = new Redis(redis_url);
    const monitor = await monitorOf(redis_url);
    const [first = ''] = terms(worker.started);
    const late = (): string[] =>
      monitor.lines().filter((line) => line.includes('] "eval" "') && line.includes(`"${first}"`));
    proxy.heal();
    await waitFor(() => expect(late()).not.toHaveLength(0));
    monitor.close();
    // The jobs are the last of its arguments, each an id and its data.
    const ids = late().flatMap((line) => [...line.matchAll(/ "([^"\\]+)"/g)].map(([, argument = '']) => argument));
    const ofJobs = ids.filter((argument) => argument.startsWith(run_id));
    expect(ofJobs).not.toHaveLength(0);
    const epochs = await Promise.all(ofJobs.map((id) => redis.hget(`benchwire:bw-pool-${worker.pool}:${id}`, 'data')));
    for (const data of epochs) if (data !== null) expect(JSON.parse(data).epoch).toBe(terms(worker.started)[1]);
    redis.disconnect();

    gate.resolve();
    thaw(old.pid);
    expectEachOnce(await bench.finished(run_id), 40);
    expect(worker.started).toHaveLength(40);
    expect(terms(worker.started)).toHaveLength(2);
  });

  it('one that is cut off from NATS is replaced, and stands by once the line is whole', async () => {
    const bench = await schedulers(0);
    const nats_url = bench.stack.env.NATS_URL ?? '';
    proxy = await proxyOf(nats_url);
    await bench.stack.addService('scheduler', { NATS_URL: through(nats_url, proxy) });
    const old = await bench.leader();
    await bench.stack.addService('scheduler');
    const worker = await bench.worker(quick);
    const run_id = await bench.submit(noops(3000));
    await waitFor(() => expect(terms(worker.started)).toHaveLength(1));
    proxy.cut();
    await waitFor(() => expect(terms(worker.started)).toHaveLength(2));
    const successor = await bench.leader();
    expect(successor.instance_id).not.toBe(old.instance_id);
    proxy.heal();
    expectEachOnce(await bench.finished(run_id), 3000);
    await waitFor(async () => {
      const roles = new Map((await bench.instances()).map((each) => [each.instance_id, each.role]));
      expect(roles.get(old.instance_id)).toBe('standby');
      expect(roles.get(successor.instance_id)).toBe('leader');
    });
    expect(terms(worker.started)).toHaveLength(2);
  });

  it('one that is stopped in order hands over, and a Redis that forgot who leads is told again', async () => {
    const bench = await schedulers(2);
    const worker = await bench.worker(quick);
    const run_id = await bench.submit(noops(4000));
    await waitFor(() => expect(terms(worker.started)).toHaveLength(1));
    process.kill((await bench.leader()).pid, 'SIGTERM');
    await waitFor(() => expect(terms(worker.started)).toHaveLength(2));
    const redis = new Redis(bench.stack.env.REDIS_URL ?? '');
    await redis.del('benchwire:fence');
    await waitFor(async () => expect(await redis.get('benchwire:fence')).toBe(terms(worker.started)[1]));
    redis.disconnect();
    expectEachOnce(await bench.finished(run_id), 4000);
    expect(terms(worker.started)).toHaveLength(2);
  });
});

describe('a worker', () => {
  it('that is cut off from NATS is given up, and what it says once the line is whole counts for nothing twice', async () => {
    const bench = await schedulers(1);
    const nats_url = bench.stack.env.NATS_URL ?? '';
    proxy = await proxyOf(nats_url);
    const env = { NATS_URL: through(nats_url, proxy), WORKER_ID: 'cut-off', WORKER_SLOTS: '4', WORKER_CLASSES: 'cpu' };
    await bench.stack.addService('worker', env);
    const tasks = [{ task_id: 'a', executor: 'noop', repetitions: 40, config: { sleep_ms: 300 } }];
    const run_id = await bench.submit({ tasks });
    await waitFor(async () => expect((await bench.outcomes(run_id)).length).toBeGreaterThanOrEqual(4));
    proxy.cut();
    await bench.worker(quick);
    await waitFor(async () => expect((await bench.outcomes(run_id)).some((each) => each.status === 'lost')).toBe(true));
    proxy.heal();
    const found = await bench.finished(run_id);
    expectEachOnce(found, 40);
    // It answers again only once it has said everything that waited.
    await waitFor(async () => expect((await bench.instances()).map((each) => each.role)).toContain('cut-off'));
    const attempts = (await bench.outcomes(run_id)).map((each) => `${each.task_id}.${each.attempt}`);
    expect(attempts).toHaveLength(new Set(attempts).size);
  });
});

describe('a message whose content does not fit its hash', () => {
  it('is rejected by the scheduler, and by everything else that reads a stream', async () => {
    const bench = await schedulers(1);
    const client = jetstream(bench.nats);
    const run_id = newRunId();
    const message = { v: 1, run_id, at: new Date().toISOString(), kind: 'submitted', request: noops(1) };
    const head = hash(JSON.stringify(message));
    const edited = JSON.stringify({ ...message, request: noops(2) });
    await client.publish(runSubject(run_id), edited, { headers: head });
    expect(await bench.finished(run_id)).toEqual([]);

    const manager = await jetstreamManager(bench.nats);
    const handled: string[] = [];
    const reading = await consume(manager, client, createLog('test', { LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }), {
      stream: 'FINDINGS',
      durable: 'test',
      where: 'finding',
      parse: (each) => ({ ok: true, value: each.string() }),
      handle: async (batch) => {
        handled.push(...batch.map((each) => each.value));
        return OK;
      },
      max_batch: 10,
      max_wait_ms: 20,
    });
    for (const content of ['said', 'something else'])
      await client.publish('bw.finding.drift.x', content, { headers: hash('said') });
    await waitFor(async () => {
      const rejected = [];
      for (const where of ['run', 'finding']) {
        rejected.push(await manager.streams.getMessage('REJECTED', { last_by_subj: `bw.rejected.${where}` }));
      }
      expect(rejected.map((each) => each?.string())).toEqual([edited, 'something else']);
      for (const each of rejected) expect(each?.header.get(REJECTED_HEADERS.issues)).toContain('content_hash_mismatch');
    });
    await reading.stop();
    expect(handled).toEqual(['said']);
  });
});

function hash(content: string): MsgHdrs {
  const head = headers();
  head.set(CONTENT_HASH_HEADER, contentHash(content));
  return head;
}
