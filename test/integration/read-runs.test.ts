import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import { type RunMessage, runSubject } from '@benchwire/shared/contracts/run.ts';
import { RUNS } from '@benchwire/shared/contracts/streams.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type RunMessages, readRuns } from '../../services/scheduler/src/handlers/runs.ts';
import { type NatsFixture, natsFixture, readAll } from '../support/nats-fixture.ts';

let fixture: NatsFixture;
let term = 0;
beforeAll(async () => {
  fixture = await natsFixture();
});
afterAll(() => fixture?.stop());
beforeEach(async () => {
  for (const { name } of await Array.fromAsync(fixture.manager.consumers.list(RUNS.name)))
    await fixture.manager.consumers.delete(RUNS.name, name);
  await fixture.manager.streams.purge(RUNS.name);
  await fixture.manager.streams.purge('REJECTED');
});

const waitFor = <T>(condition: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(condition, { timeout: 30_000, interval: 20 });

async function submit(name: string, subject?: string): Promise<string> {
  const run_id = newRunId();
  const message: RunMessage = {
    ...{ v: 1, run_id, at: new Date().toISOString(), kind: 'submitted' },
    request: request.parse({ name, tasks: [{ task_id: 'a', executor: 'noop' }] }),
  };
  await publish(fixture.client, subject ?? runSubject(run_id), JSON.stringify(message));
  return run_id;
}

/** Reads RUNS as a new leader does. A run called "bad" makes the fold fail. */
async function read(): Promise<{ runs: RunMessages; seen: string[]; spoiled: string[] }> {
  const seen: string[] = [];
  const spoiled: string[] = [];
  const epoch = `1-${++term}`;
  const lease = { epoch, newestEpoch: async () => epoch, valid: () => true };
  const runs = await readRuns(
    { ...fixture, jetstream: fixture.client, lease },
    {
      apply: (message) => {
        if (message.kind === 'submitted' && message.request.name === 'bad') throw new Error('a fold that fails');
        if (!seen.includes(message.run_id)) seen.push(message.run_id);
        return [];
      },
      isOpen: () => true,
      spoiled: (reason) => spoiled.push(reason),
    },
  );
  return { runs, seen, spoiled };
}

it('a run that the fold fails on is out of the way: the leader after the one that met it does not meet it', async () => {
  const first = await submit('good');
  await submit('bad');
  const last = await submit('good');
  const one = await read();
  await one.runs.caughtUp;
  expect(one.seen).toEqual([first, last]);
  expect(one.spoiled).toEqual([expect.stringContaining('a fold that fails')]);
  await waitFor(async () => expect((await fixture.manager.streams.info(RUNS.name)).state.messages).toBe(2));
  expect(await readAll(fixture.nats, 'REJECTED', 'bw.rejected.run')).toHaveLength(1);
  await one.runs.stop();
  const next = await read();
  await next.runs.caughtUp;
  expect([next.seen, next.spoiled]).toEqual([[first, last], []]);
  await next.runs.stop();
});

it('a run under the subject of another one is no run', async () => {
  await submit('good', runSubject(newRunId()));
  const { runs, seen } = await read();
  await runs.caughtUp;
  expect(seen).toEqual([]);
  await waitFor(async () =>
    expect(await readAll(fixture.nats, 'REJECTED', 'bw.rejected.run')).toMatchObject([{ subject: 'bw.rejected.run' }]),
  );
  await runs.stop();
});

it('goes on after its consumer was deleted and after NATS was killed, and misses nothing', async () => {
  const expected = [await submit('good')];
  const { runs, seen } = await read();
  await runs.caughtUp;
  await fixture.manager.consumers.delete(RUNS.name, `scheduler-1-${term}`);
  expected.push(await submit('good'));
  await waitFor(() => expect(seen).toEqual(expected));
  for (let round = 0; round < 2; round++) {
    await fixture.servers.nats?.kill('SIGKILL');
    await fixture.servers.nats?.waitReady();
    expected.push(await submit('good'));
    await waitFor(() => expect(seen).toEqual(expected));
  }
  // What is over leaves the stream, through whichever consumer it came.
  for (const run_id of expected) runs.ack(run_id);
  await waitFor(async () => expect((await fixture.manager.streams.info(RUNS.name)).state.messages).toBe(0));
  await runs.stop();
});
