import { QUARANTINE_BUCKET } from '@benchwire/shared/contracts/quarantine.ts';
import { WORKERS_BUCKET } from '@benchwire/shared/contracts/worker.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterEach, expect, it, vi } from 'vitest';
import { readAll } from '../support/nats-fixture.ts';
import { SchedulerFixture } from '../support/scheduler-fixture.ts';

const MESSAGES = 12_000;

let bench: SchedulerFixture | undefined;
afterEach(() => bench?.stop());

it('a flood of junk on everything that the scheduler reads costs it neither its lease nor its work', async () => {
  bench = await SchedulerFixture.start({ scheduler: 2 });
  const { nats } = bench;
  await bench.worker({ device: { slots: 4 } });
  const leader = await bench.leader();
  const epochs = async (): Promise<number> =>
    (await readAll(nats, 'EVENTS', 'bw.event.service.*')).filter((each) => each.string().includes('"kind":"leader"'))
      .length;
  await vi.waitFor(async () => expect(await epochs()).toBe(1), { timeout: 20_000, interval: 100 });
  const buckets = [await openBucket(nats, WORKERS_BUCKET, 1), await openBucket(nats, QUARANTINE_BUCKET, 1)];

  const wide = JSON.stringify(
    Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`k${n}`, { a: [n, 'x', null] }])),
  );
  const junk = [
    'not json',
    '{"v":1',
    'null',
    '[]',
    wide,
    new Uint8Array([255, 0, 128]),
    '{"worker_id":5,"running":{"a":[1]}}',
  ];
  const run_id = await bench.submit({ tasks: [{ task_id: 'a', executor: 'noop', repetitions: 500 }] });
  let stored: Promise<unknown>[] = [];
  for (let n = 0; n < MESSAGES; n++) {
    const raw = junk[n % junk.length] ?? '';
    const id = crypto.randomUUID();
    const subjects = [
      ...[`bw.heartbeat.w${n}`, `bw.heartbeat.w${n % 9}`, 'bw.worker.join', 'bw.scheduler.why', 'bw.scheduler.reserve'],
      ...[`bw.run.${id}`, `bw.outcome.${id}.a`],
    ];
    const subject = subjects[n % 9];
    if (subject !== undefined) nats.publish(subject, raw);
    else stored.push((buckets[n % 2]?.put(`w${n % 500}`, raw) ?? Promise.resolve()).catch(() => undefined));
    if (n % 500 !== 499) continue;
    await nats.flush();
    await Promise.all(stored);
    stored = [];
  }
  const outcomes = await bench.finished(run_id, 60_000);
  expect(outcomes.filter(({ status }) => status === 'completed')).toHaveLength(500);
  expect((await bench.leader()).instance_id).toBe(leader.instance_id);
  expect(await epochs()).toBe(1);
  // What is no run is out of RUNS, all of it.
  const manager = await jetstreamManager(nats);
  await vi.waitFor(async () => expect((await manager.streams.info('RUNS')).state.messages).toBe(0), {
    timeout: 60_000,
    interval: 200,
  });
});
