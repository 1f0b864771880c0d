import type { Client } from '@benchwire/shared/client/client.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcomeMessageId, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import { runMessageId, runSubject } from '@benchwire/shared/contracts/run.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readAll } from '../support/nats-fixture.ts';
import { outcomeWith } from '../support/outcomes.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** Scheduler, aggregator and anomaly service, and nobody who runs anything: the outcomes are the test's own. */
let fixture: StackFixture;
let nats: NatsConnection;
let client: Client;

beforeAll(async () => {
  fixture = await StackFixture.start({ services: { ingest: 0, worker: 0, gateway: 0 } });
  ({ nats, client } = fixture);
});
afterAll(async () => {
  await fixture?.stop();
});

const waitFor = <T>(condition: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(condition, { timeout: 40_000, interval: 100 });

/** Resolves when the scheduler has accepted it. */
async function submit(tasks: unknown[]): Promise<string> {
  const run_id = newRunId();
  const message = {
    ...{ v: 1 as const, run_id, at: new Date().toISOString(), kind: 'submitted' as const },
    request: request.parse({ tasks }),
  };
  await jetstream(nats).publish(runSubject(run_id), JSON.stringify(message), { msgID: runMessageId(message) });
  await waitFor(async () => expect(await readAll(nats, 'EVENTS', `bw.event.run.${run_id}`)).not.toEqual([]));
  return run_id;
}

async function say(outcome: Outcome, subject = outcomeSubject(outcome)): Promise<void> {
  await jetstream(nats).publish(subject, JSON.stringify(outcome), { msgID: `${outcomeMessageId(outcome)}.${subject}` });
}

const isOpen = async (run_id: string): Promise<boolean> => {
  const info = await (await jetstreamManager(nats)).streams.info('RUNS', { subjects_filter: runSubject(run_id) });
  return Object.keys(info.state.subjects ?? {}).length > 0;
};

it('an outcome that does not agree with what was asked ends nothing and enters no history', async () => {
  const here = { requirements: { hardware: ['tpu'] } };
  const run_id = await submit([
    { ...here, task_id: 'a', executor: 'noop', benchmark: 'bench' },
    { ...here, task_id: 'b', executor: 'command', benchmark: 'bench', config: { command: ['true'] } },
    { ...here, task_id: 'c', executor: 'command', benchmark: 'bench', config: { command: ['true'] } },
  ]);
  const about = (task_id: string) => ({ run_id, task_id });
  const forged: Outcome[] = [
    outcomeWith(7, { ...about('a'), executor: 'onnx', model: 'silero-vad-v5' }),
    outcomeWith(7, { ...about('a'), executor: 'noop' }),
    outcomeWith(7, { ...about('b'), model: 'silero-vad-v5' }),
    outcomeWith(7, { ...about('b'), executor: 'onnx' }),
    outcomeWith(7, { ...about('b'), benchmark: 'other' }),
    outcomeWith(7, { ...about('b'), attempt: 99 }),
    outcomeWith(7, { ...about('nobody') }),
  ];
  for (const [n, each] of forged.entries()) {
    await jetstream(nats).publish(outcomeSubject(each), JSON.stringify(each), { msgID: `forged-${run_id}-${n}` });
  }
  // About one task, under the subject of another.
  await say(outcomeWith(7, about('c')), outcomeSubject(about('b')));
  const rejected = async () => await readAll(nats, 'REJECTED', 'bw.rejected.outcome');
  // By the aggregator, the anomaly service and the scheduler, which knows nothing of a task that there isn't.
  await waitFor(async () => expect((await rejected()).length).toBe(3 * 8 - 1));
  expect(await isOpen(run_id)).toBe(true);
  expect((await client.query('results', { run_id })).rows).toEqual([]);
  expect((await client.query('series', {})).rows).toEqual([]);

  for (const task_id of ['b', 'c']) await say(outcomeWith(5, about(task_id)));
  const true_noop = { executor: 'noop', simulation_status: { is_simulated: true } };
  await say(outcomeWith(5, { ...about('a'), ...true_noop }));
  await waitFor(async () => expect(await isOpen(run_id)).toBe(false));
  await waitFor(async () => {
    const { rows } = await client.query('results', { run_id });
    expect(rows.map(({ task_id, value }) => [task_id, value]).sort()).toEqual([
      ['a', 5],
      ['b', 5],
      ['c', 5],
    ]);
  });
});

it('an outcome of a run that nobody knows any more is taken as it is', async () => {
  const before = (await readAll(nats, 'REJECTED', 'bw.rejected.outcome')).length;
  const outcome = outcomeWith(3);
  await say(outcome);
  await waitFor(async () => {
    const { rows } = await client.query('results', { run_id: outcome.run_id });
    expect(rows.map(({ value }) => value)).toEqual([3]);
  });
  expect(await readAll(nats, 'REJECTED', 'bw.rejected.outcome')).toHaveLength(before);
});
