import { type ScalingPolicy, usualPolicy } from '@benchwire/deploy/local/autoscale.ts';
import { startAutoscaler } from '@benchwire/deploy/local/autoscaler.ts';
import type { ServiceHandle } from '@benchwire/deploy/local/service-launcher.ts';
import type { LocalStack, StackOptions } from '@benchwire/deploy/local/stack.ts';
import { type Outcome, outcomesOfRun } from '@benchwire/shared/contracts/outcome.ts';
import { SUBMIT_SUBJECT, submitReply } from '@benchwire/shared/contracts/request.ts';
import { WORKERS_BUCKET, workerCommandSubject, workerPingSubject } from '@benchwire/shared/contracts/worker.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readAll } from '../support/nats-fixture.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** The real stack with real workers, and an autoscaler that is as patient as the test. */
async function scaledStack(policy: Partial<ScalingPolicy>, options: Partial<StackOptions> = {}) {
  const fixture = await StackFixture.start({
    services: { aggregator: 0, anomaly: 0 },
    ...options,
    env: { LOG_LEVEL: 'warn', NATS_URL: undefined, REDIS_URL: undefined, ...options.env },
  });
  onTestFinished(() => fixture.stop());
  const { stack, nats } = fixture;
  const said: string[] = [];
  const autoscaler = await startAutoscaler({
    stack,
    policy: { ...usualPolicy, min: 1, max: 3, drain_seconds: 2, cool_down_ms: 3000, ...policy },
    say: (text) => said.push(text),
  });
  onTestFinished(() => autoscaler.stop());

  const submit = async (tasks: object[]): Promise<string> => {
    const answer = await nats.request(SUBMIT_SUBJECT, JSON.stringify({ tasks }), { timeout: 10_000 });
    const reply = submitReply.parse(answer.json());
    if (!reply.ok) throw new Error(JSON.stringify(reply.issues));
    return reply.run_id;
  };
  const outcomes = async (run_id: string): Promise<Outcome[]> =>
    (await readAll(nats, 'OUTCOMES', outcomesOfRun(run_id))).map((message) => message.json<Outcome>());
  return { stack, nats, said, submit, outcomes };
}

function workersIn(stack: LocalStack, ...states: Array<ServiceHandle['state']>): string[] {
  return stack.services
    .filter(({ kind, state }) => kind === 'worker' && states.includes(state))
    .map(({ name }) => name);
}

const patience = { timeout: 60_000, interval: 100 };

describe('the autoscaler of the local stack', () => {
  it('grows for a burst and shrinks after it, and every task is run exactly once', async () => {
    const { stack, said, submit, outcomes } = await scaledStack({});
    const run_id = await submit([
      { task_id: 'short', executor: 'noop', repetitions: 30, config: { sleep_ms: 200 } },
      // Still running when fewer workers would do: they may be drained, and must not be interrupted.
      { task_id: 'long', executor: 'noop', repetitions: 2, priority: 10, config: { sleep_ms: 9000 } },
    ]);
    await vi.waitFor(() => expect(workersIn(stack, 'ready')).toHaveLength(3), patience);
    await vi.waitFor(async () => expect(await outcomes(run_id)).toHaveLength(32), patience);
    await vi.waitFor(() => expect(workersIn(stack, 'stopped')).toHaveLength(2), patience);
    expect(workersIn(stack, 'ready')).toHaveLength(1);

    const found = await outcomes(run_id);
    expect(found.map(({ status, attempt }) => `${status} ${attempt}`)).toEqual(new Array(32).fill('completed 1'));
    expect(new Set(found.map(({ task_id }) => task_id)).size).toBe(32);
    expect(new Set(found.map(({ worker_id }) => worker_id)).size).toBe(3);
    for (const sentence of [
      /^autoscaler: starting worker 2 of at most 3: \d+ waiting and \d+ given to cpu-\w+, \d+ s of work/,
      /^autoscaler: worker-\S+-\d takes no more tasks: for 3 s [12] of [23] would have done; now 0 waiting/,
      /^autoscaler: stopping worker-\S+-\d: it has nothing left to do$/,
    ]) {
      expect(said).toContainEqual(expect.stringMatching(sentence));
    }

    // And again, with the processes that were there before.
    const again = await submit([{ task_id: 'a', executor: 'noop', repetitions: 60, config: { sleep_ms: 200 } }]);
    await vi.waitFor(() => expect(workersIn(stack, 'ready')).toHaveLength(3), patience);
    expect(stack.services.filter(({ kind }) => kind === 'worker')).toHaveLength(3);
    await vi.waitFor(async () => expect(await outcomes(again)).toHaveLength(60), patience);
    expect((await outcomes(again)).every(({ status, attempt }) => status === 'completed' && attempt === 1)).toBe(true);
  });

  it('leaves a worker that a person drained as it is, and works with the others', async () => {
    const { stack, nats, said, submit, outcomes } = await scaledStack({ max: 2 });
    const worker_id = await registeredWorker(nats);
    const command = async (name: 'drain' | 'resume'): Promise<unknown> =>
      (
        await nats.request(workerCommandSubject(worker_id), JSON.stringify({ command: name }), { timeout: 5000 })
      ).json();
    expect(await command('drain')).toMatchObject({ ok: true });

    const run_id = await submit([{ task_id: 'a', executor: 'noop', repetitions: 20, config: { sleep_ms: 200 } }]);
    await vi.waitFor(async () => expect(await outcomes(run_id)).toHaveLength(20), patience);
    expect(new Set((await outcomes(run_id)).map((outcome) => outcome.worker_id))).toEqual(new Set([`${worker_id}-2`]));
    expect(stack.services.filter(({ kind }) => kind === 'worker')).toHaveLength(2);
    expect(workersIn(stack, 'ready')).toContain('worker-1');
    expect(said.filter((line) => line.includes(`${worker_id} `))).toEqual([]);

    // Its person lets it go: it counts again, and one of the two is enough.
    expect(await command('resume')).toMatchObject({ ok: true });
    await vi.waitFor(() => expect(workersIn(stack, 'stopped')).toHaveLength(1), patience);
  });

  it('says why a worker does not start, waits, and tries again', async () => {
    const { stack, nats, said, submit } = await scaledStack({ max: 2 }, { env: { SHUTDOWN_SECONDS: '3' } });
    // Somebody else answers to the id that the second worker is to have.
    const first = await registeredWorker(nats);
    const squatter = nats.subscribe(workerPingSubject(`${first}-2`), {
      callback: (_error, message) => {
        message.respond(JSON.stringify({ ok: true, message: 'here', boot_id: 'another' }));
      },
    });
    await submit([{ task_id: 'a', executor: 'noop', repetitions: 4, config: { sleep_ms: 60_000 } }]);
    await vi.waitFor(
      () =>
        expect(said).toContainEqual(
          expect.stringMatching(
            /^autoscaler: a worker did not start, none is started for 5 s: worker-2 does not start/,
          ),
        ),
      patience,
    );
    squatter.unsubscribe();
    await vi.waitFor(() => expect(workersIn(stack, 'ready')).toEqual(['worker-1', 'worker-2']), patience);
  });
});

/** The id under which a worker has registered. */
async function registeredWorker(nats: NatsConnection): Promise<string> {
  const bucket = await openBucket(nats, WORKERS_BUCKET, 1);
  for await (const worker_id of await bucket.keys()) return worker_id;
  throw new Error('no worker has registered');
}
