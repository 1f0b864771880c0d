import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import { type RunMessage, runSubject } from '@benchwire/shared/contracts/run.ts';
import { OUTCOMES, RUNS, STREAMS } from '@benchwire/shared/contracts/streams.ts';
import { nextSequence, scanStream, untilRead } from '@benchwire/shared/runtime/read-to-end.ts';
import { ensureStreams } from '@benchwire/shared/runtime/streams.ts';
import {
  AckPolicy,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bareNats, natsPrograms } from '../support/bare-nats.ts';
import { SchedulerFixture } from '../support/scheduler-fixture.ts';

const programs = natsPrograms();
const isOld = (version: string): boolean => version.startsWith('2.9.');
const kinds = [
  { kind: 'nats-server 2.9 (Debian)', program: programs.find(({ version }) => isOld(version)) },
  { kind: 'a current nats-server', program: programs.find(({ version }) => !isOld(version)) },
];

const RUN_COUNT = 3000;
const RUN_BYTES = 9000;
const LEFT_OPEN = 3;

/** A run that stays open, since no pool has such a device; as large as a matrix of some size. */
function waitingRun(): RunMessage {
  const run_id = newRunId();
  const task = { task_id: 'a', executor: 'noop', requirements: { hardware: ['tpu'] } };
  const tags = Object.fromEntries(Array.from({ length: RUN_BYTES / 225 }, (_, n) => [`tag-${n}`, 'x'.repeat(200)]));
  return {
    v: 1,
    run_id,
    at: new Date().toISOString(),
    kind: 'submitted',
    request: request.parse({ tags, tasks: [task] }),
  };
}

describe.each(kinds)('on $kind', ({ program }) => {
  let server: Awaited<ReturnType<typeof bareNats>>;
  let nats: NatsConnection;
  let manager: JetStreamManager;
  let client: JetStreamClient;

  beforeEach(async () => {
    if (program === undefined) return;
    server = await bareNats(program);
    nats = await connect({ servers: server.url });
    manager = await jetstreamManager(nats);
    client = jetstream(nats);
    await ensureStreams(manager, STREAMS, 1);
  });
  afterEach(async () => {
    await nats?.close();
    await server?.stop();
  });

  /** Thousands of runs have come and gone; the last message is among those that are gone. */
  async function leaveGaps(): Promise<void> {
    const messages = Array.from({ length: RUN_COUNT }, waitingRun);
    for (let n = 0; n < messages.length; n += 500)
      await Promise.all(
        messages.slice(n, n + 500).map((each) => client.publish(runSubject(each.run_id), JSON.stringify(each))),
      );
    const open = new Set(Array.from({ length: LEFT_OPEN }, (_, n) => 1 + n * Math.floor(RUN_COUNT / LEFT_OPEN)));
    const settings = { durable_name: 'scheduler-1-1', ack_policy: AckPolicy.Explicit, max_ack_pending: -1 };
    await manager.consumers.add(RUNS.name, settings);
    const consumer = await client.consumers.get(RUNS.name, settings.durable_name);
    for await (const message of await consumer.consume({ max_messages: 500 })) {
      if (!open.has(message.seq)) await message.ackAck();
      if (message.seq === RUN_COUNT) break;
    }
    expect((await manager.streams.info(RUNS.name)).state.messages).toBe(LEFT_OPEN);
  }

  it.skipIf(program === undefined)('a scheduler that starts again leads, whatever the counters say', async () => {
    await leaveGaps();
    const bench = await SchedulerFixture.start({ scheduler: 1 }, { NATS_URL: server.url });
    try {
      await bench.worker();
      const begun = performance.now();
      const run_id = await bench.submit({ tasks: [{ task_id: 'a', executor: 'noop' }] });
      const outcomes = await bench.finished(run_id, 20_000);
      expect(outcomes.map(({ status }) => status)).toEqual(['completed']);
      expect(performance.now() - begun).toBeLessThan(20_000);
      // The open ones are open still.
      expect((await manager.streams.info(RUNS.name)).state.messages).toBe(LEFT_OPEN);
    } finally {
      await bench.stop();
    }
  });

  it.skipIf(program === undefined)('a stream is read to its end, whichever of its messages are gone', async () => {
    for (let n = 1; n <= 400; n++) await client.publish(`bw.outcome.r.t${n % 4}`, 'x'.repeat(9000));
    for (let seq = 2; seq <= 400; seq++) if (seq % 50 !== 0) await manager.streams.deleteMessage(OUTCOMES.name, seq);
    await manager.streams.deleteMessage(OUTCOMES.name, 400);
    const left = [1, 50, 100, 150, 200, 250, 300, 350];
    const scan = (options: { from?: number; to?: number; filter?: string }): Promise<number[]> =>
      Array.fromAsync(scanStream({ nats, client, manager }, { stream: OUTCOMES.name, ...options }), ({ seq }) => seq);
    expect(await scan({})).toEqual(left);
    expect(await scan({ from: 51, to: 260 })).toEqual([100, 150, 200, 250]);
    expect(await scan({ filter: 'bw.outcome.r.t1' })).toEqual([1]);
    expect(await scan({ filter: 'bw.outcome.r.t3' })).toEqual([]);
    expect(await scan({ from: 351 })).toEqual([]);
    expect((await nextSequence(manager, OUTCOMES.name, 350))?.sequence).toBeUndefined();
    // A reader that stands at the last message is at the end, although the stream's last sequence is behind it.
    await untilRead(manager, { stream: OUTCOMES.name, position: () => 350 }, AbortSignal.timeout(5000));
    await manager.streams.purge(OUTCOMES.name);
    expect(await scan({})).toEqual([]);
    await client.publish('bw.outcome.r.t1', 'y');
    expect(await scan({})).toEqual([401]);
  });

  it.skipIf(program === undefined)(
    'a reader is waited for while there is something that it has not handled',
    async () => {
      for (let n = 1; n <= 3; n++) await client.publish('bw.outcome.r.t', 'x');
      let position = 0;
      let is_over = false;
      const read = untilRead(manager, { stream: OUTCOMES.name, position: () => position }, AbortSignal.timeout(20_000));
      void read.then(() => {
        is_over = true;
      });
      for (; position < 3; position++) {
        await nextSequence(manager, OUTCOMES.name, 0);
        expect(is_over).toBe(false);
      }
      await read;
    },
  );
});
