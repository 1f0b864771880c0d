import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { queryReply, querySubject } from '@benchwire/shared/contracts/query.ts';
import { SUBMIT_SUBJECT, submitReply } from '@benchwire/shared/contracts/request.ts';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { StackFixture } from '../support/stack-fixture.ts';

const TASKS = 800;
let fixture: StackFixture;
let stack: LocalStack;
let nats: NatsConnection;

beforeAll(async () => {
  fixture = await StackFixture.start({
    services: { ingest: 2, scheduler: 3, worker: 2 },
    env: { WORKER_SLOTS: '4', LOG_LEVEL: 'warn' },
  });
  ({ stack, nats } = fixture);
});

afterAll(async () => {
  await fixture?.stop();
});

async function sql(statement: string): Promise<Array<Record<string, unknown>>> {
  const answer = await nats.request(querySubject('sql'), JSON.stringify({ sql: statement }), { timeout: 5000 });
  const reply = queryReply.parse(answer.json());
  if (!reply.ok) throw new Error(JSON.stringify(reply.issues));
  return reply.rows;
}

it('every service is restarted one after the other during a run, and each task runs once, at its first attempt', async () => {
  const tasks = [{ task_id: 't', executor: 'noop', repetitions: TASKS, config: { sleep_ms: 200 } }];
  const answer = await nats.request(SUBMIT_SUBJECT, JSON.stringify({ name: 'rolling', tasks }), { timeout: 10_000 });
  const reply = submitReply.parse(answer.json());
  if (!reply.ok) throw new Error(JSON.stringify(reply.issues));
  const { run_id } = reply;
  // Schedulers first: two of the three restarts are of a standby or of the leader, no matter which that is by then.
  for (const kind of ['scheduler', 'worker', 'ingest', 'anomaly', 'aggregator']) {
    for (const service of stack.services.filter((each) => each.kind === kind)) await service.restart(30_000);
  }
  await vi.waitFor(
    async () => {
      expect(await sql(`SELECT state FROM runs FINAL WHERE run_id = '${run_id}'`)).toEqual([{ state: 'finished' }]);
      const [row] = await sql(
        `SELECT count() AS attempts, uniqExact(task_id) AS tasks, countIf(status = 'completed') AS completed
         FROM attempts FINAL WHERE run_id = '${run_id}'`,
      );
      expect(row).toEqual({ attempts: TASKS, tasks: TASKS, completed: TASKS });
    },
    { timeout: 120_000, interval: 250 },
  );
});
