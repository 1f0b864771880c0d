import type { ServiceHandle } from '@benchwire/deploy/local/service-launcher.ts';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { queryReply, querySubject } from '@benchwire/shared/contracts/query.ts';
import { SUBMIT_SUBJECT, submitReply } from '@benchwire/shared/contracts/request.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { StackFixture } from '../support/stack-fixture.ts';

/**
 * Eight workers that are killed, stopped in order and started again at random, while runs come in all the time. In the
 * end every task has ended exactly once in ClickHouse. BENCHWIRE_CHURN_SECONDS=60 is the figure in docs/benchmarks.md.
 */
const WORKERS = 8;
const TASKS_PER_RUN = 100;
const churn_ms = Number(process.env.BENCHWIRE_CHURN_SECONDS ?? 20) * 1000;
const seed = Number(process.env.BENCHWIRE_CHURN_SEED ?? 1);
const random = createRandom(seed);
let fixture: StackFixture;
let stack: LocalStack;
let nats: NatsConnection;

beforeAll(async () => {
  fixture = await StackFixture.start({
    services: { worker: WORKERS },
    // Without ONNX Runtime a worker starts in a moment, and what dies here are processes.
    env: { WORKER_SLOTS: '2', WORKER_EXECUTORS: 'noop', SHUTDOWN_SECONDS: '3', LOG_LEVEL: 'warn' },
  });
  ({ stack, nats } = fixture);
});

afterAll(async () => {
  await fixture?.stop();
});

async function submit(): Promise<string> {
  const tasks = [
    { task_id: 't', executor: 'noop', repetitions: TASKS_PER_RUN, config: { sleep_ms: 200, value: 1 } },
    { task_id: 'last', executor: 'noop', depends_on: ['t'] },
  ];
  const answer = await nats.request(SUBMIT_SUBJECT, JSON.stringify({ name: 'churn', tasks }), { timeout: 10_000 });
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

/** One accident after the other until the time is over; then everybody is brought back. */
async function churn(
  workers: readonly ServiceHandle[],
  until_ms: number,
): Promise<{ killed: number; stopped: number }> {
  const done = { killed: 0, stopped: 0 };
  const down = new Set<ServiceHandle>();
  while (performance.now() < until_ms) {
    await pause(200 + random() * 800);
    const worker = workers[Math.floor(random() * workers.length)];
    if (worker === undefined) continue;
    if (down.has(worker)) {
      worker.start();
      down.delete(worker);
    } else if (down.size >= WORKERS - 2) {
      // Somebody has to be left to do the work.
    } else if (random() < 0.75) {
      await worker.kill('SIGKILL', { stay_down: true });
      down.add(worker);
      done.killed++;
    } else {
      // In order: what it cannot finish in time it hands back.
      await worker.stop();
      down.add(worker);
      done.stopped++;
    }
  }
  for (const worker of down) worker.start();
  return done;
}

it(`every task ends exactly once, whichever of ${WORKERS} workers dies when (seed ${seed})`, async () => {
  const workers = stack.services.filter((service) => service.kind === 'worker');
  expect(workers).toHaveLength(WORKERS);
  const until_ms = performance.now() + churn_ms;
  const accidents = churn(workers, until_ms);
  const runs: string[] = [];
  while (performance.now() < until_ms) {
    runs.push(await submit());
    await pause(1500);
  }
  const done = await accidents;
  expect(done.killed).toBeGreaterThan(0);
  const ids = runs.map((run_id) => `'${run_id}'`).join(', ');
  const expected = runs.length * (TASKS_PER_RUN + 1);
  await vi.waitFor(
    async () => {
      const [row] = await sql(`SELECT count() AS n FROM runs FINAL WHERE run_id IN (${ids}) AND state = 'finished'`);
      expect(row).toEqual({ n: runs.length });
    },
    { timeout: 150_000, interval: 500 },
  );
  await vi.waitFor(
    async () => {
      const [tasks] = await sql(
        `SELECT count() AS tasks, countIf(state = 'completed') AS completed FROM tasks FINAL WHERE run_id IN (${ids})`,
      );
      expect(tasks).toEqual({ tasks: expected, completed: expected });
    },
    { timeout: 30_000, interval: 200 },
  );
  const [attempts] = await sql(
    `SELECT uniqExact(run_id, task_id) AS tasks, countIf(status = 'completed') AS completed,
       count() - uniqExact(run_id, task_id, attempt) AS doubled, countIf(status = 'lost') AS lost
     FROM attempts FINAL WHERE run_id IN (${ids})`,
  );
  expect(attempts).toMatchObject({ tasks: expected, completed: expected, doubled: 0 });
  // The values of the tasks, too, stand in their series once.
  const [points] = await sql(
    `SELECT count() AS n FROM results FINAL WHERE run_id IN (${ids}) AND metric = 'noop_value'`,
  );
  expect(points).toEqual({ n: runs.length * TASKS_PER_RUN });
  console.log(JSON.stringify({ churn_seconds: churn_ms / 1000, seed, runs: runs.length, ...done, ...attempts }));
});
