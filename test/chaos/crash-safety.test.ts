import type { ServiceHandle } from '@benchwire/deploy/local/service-launcher.ts';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { queryReply, querySubject } from '@benchwire/shared/contracts/query.ts';
import { SUBMIT_SUBJECT, submitReply } from '@benchwire/shared/contracts/request.ts';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { StackFixture } from '../support/stack-fixture.ts';

/**
 * One stack, five accidents, each in the middle of a run of 500 tasks. Whatever dies: every task ends exactly once in
 * ClickHouse, none is lost, none doubled.
 */
const TASKS = 500;
let fixture: StackFixture;
let stack: LocalStack;
let nats: NatsConnection;

beforeAll(async () => {
  fixture = await StackFixture.start({
    services: { scheduler: 2, worker: 2 },
    env: { WORKER_SLOTS: '4', LOG_LEVEL: 'warn' },
  });
  ({ stack, nats } = fixture);
});

afterAll(async () => {
  await fixture?.stop();
});

async function submit(): Promise<string> {
  const tasks = [{ task_id: 't', executor: 'noop', repetitions: TASKS, config: { sleep_ms: 40 } }];
  const answer = await nats.request(SUBMIT_SUBJECT, JSON.stringify({ name: 'chaos', tasks }), { timeout: 10_000 });
  const reply = submitReply.parse(answer.json());
  if (!reply.ok) throw new Error(JSON.stringify(reply.issues));
  return reply.run_id;
}

async function sql(statement: string): Promise<Array<Record<string, unknown>>> {
  const answer = await nats.request(querySubject('sql'), JSON.stringify({ sql: statement }), { timeout: 5000 });
  const reply = queryReply.parse(answer.json());
  if (!reply.ok) throw new Error(JSON.stringify(reply.issues));
  return reply.rows;
}

/** Counts completed tasks; the aggregator may be away for a moment. */
async function completed(run_id: string): Promise<number> {
  const [row] = await sql(`SELECT count() AS n FROM tasks FINAL WHERE run_id = '${run_id}' AND state = 'completed'`);
  return Number(row?.n);
}

async function midway(run_id: string): Promise<void> {
  await vi.waitFor(async () => expect(await completed(run_id)).toBeGreaterThan(50), { timeout: 30_000, interval: 50 });
}

async function everyTaskOnce(run_id: string): Promise<void> {
  await vi.waitFor(async () => expect(await completed(run_id)).toBe(TASKS), { timeout: 90_000, interval: 200 });
  const [attempts] = await sql(
    `SELECT uniqExact(task_id) AS tasks, countIf(status = 'completed') AS completed,
       count() - uniqExact(task_id, attempt) AS doubled
     FROM attempts FINAL WHERE run_id = '${run_id}'`,
  );
  expect(attempts).toEqual({ tasks: TASKS, completed: TASKS, doubled: 0 });
  const [tasks] = await sql(`SELECT count() AS rows FROM tasks FINAL WHERE run_id = '${run_id}'`);
  expect(tasks).toEqual({ rows: TASKS });
  await vi.waitFor(
    async () =>
      expect(await sql(`SELECT state FROM runs FINAL WHERE run_id = '${run_id}'`)).toEqual([{ state: 'finished' }]),
    { timeout: 30_000, interval: 100 },
  );
}

async function leader(): Promise<ServiceHandle> {
  for (const service of stack.services.filter((each) => each.kind === 'scheduler')) {
    const text = await (await fetch(`${service.http_url}/metrics`)).text();
    if (/benchwire_scheduler_leader\{[^}]*\} 1/.test(text)) return service;
  }
  throw new Error('nobody leads');
}

describe('a run of 500 tasks survives', () => {
  it('kill -9 of the scheduler leader', async () => {
    const run_id = await submit();
    await midway(run_id);
    await (await leader()).kill('SIGKILL');
    await everyTaskOnce(run_id);
  });

  it('kill -9 of a worker in mid-task', async () => {
    const run_id = await submit();
    await midway(run_id);
    await stack.service('worker').kill('SIGKILL');
    await everyTaskOnce(run_id);
  });

  it('kill -9 of the aggregator in mid-batch', async () => {
    const run_id = await submit();
    await midway(run_id);
    await stack.service('aggregator').kill('SIGKILL');
    await everyTaskOnce(run_id);
  });

  it('kill -9 and restart of NATS', async () => {
    const run_id = await submit();
    await midway(run_id);
    await stack.nats?.kill('SIGKILL');
    await everyTaskOnce(run_id);
  });

  it('kill -9 and restart of Redis', async () => {
    const run_id = await submit();
    await midway(run_id);
    await stack.redis?.kill('SIGKILL');
    await everyTaskOnce(run_id);
  });

  it('all of them at once', async () => {
    const run_id = await submit();
    await midway(run_id);
    await Promise.all([
      (await leader()).kill('SIGKILL'),
      stack.service('worker-2').kill('SIGKILL'),
      stack.service('aggregator').kill('SIGKILL'),
      stack.nats?.kill('SIGKILL'),
      stack.redis?.kill('SIGKILL'),
    ]);
    await everyTaskOnce(run_id);
  });
});
