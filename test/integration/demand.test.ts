import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { type BenchEvent, benchEvent, EVENT_DATA } from '@benchwire/shared/contracts/event.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import { type RunMessage, runMessageId, runSubject } from '@benchwire/shared/contracts/run.ts';
import { SCHEDULER_STATUS_SUBJECT, type SchedulerStatus, schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { createLog } from '@benchwire/shared/runtime/log.ts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readHistory } from '../../services/scheduler/src/handlers/outcome-history.ts';
import { readAll } from '../support/nats-fixture.ts';
import { outcomeWith } from '../support/outcomes.ts';
import { StackFixture } from '../support/stack-fixture.ts';
import { TestWorker } from '../support/test-worker.ts';

const POOL = 'cpu-0000000a';
const patience = { timeout: 20_000, interval: 100 };
let fixture: StackFixture;
let stack: LocalStack;
let nats: NatsConnection;
let status: SchedulerStatus | undefined;
const workers: TestWorker[] = [];

beforeAll(async () => {
  fixture = await StackFixture.start({
    services: { ingest: 0, scheduler: 2, worker: 0, aggregator: 0, anomaly: 0 },
  });
  ({ stack, nats } = fixture);
  nats.subscribe(SCHEDULER_STATUS_SUBJECT, {
    callback: (_error, message) => {
      status = schedulerStatus.parse(message.json());
    },
  });
});

afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
});

afterAll(async () => {
  await fixture?.stop();
});

/** A worker with one slot, whose tasks end when the gate opens. */
async function worker(gate: Promise<void> = Promise.resolve()): Promise<TestWorker> {
  const started = new TestWorker({
    nats,
    redis_url: stack.env.REDIS_URL ?? '',
    worker_id: `w-${crypto.randomUUID().slice(0, 8)}`,
    device: { pool: POOL },
    run: async () => {
      await gate;
      return { status: 'completed', error: null };
    },
  });
  workers.push(started);
  await started.start();
  return started;
}

async function submit(tasks: object[]): Promise<string> {
  const run_id = newRunId();
  const message: RunMessage = {
    v: 1,
    run_id,
    at: new Date().toISOString(),
    kind: 'submitted',
    request: request.parse({ tasks }),
  };
  await jetstream(nats).publish(runSubject(run_id), JSON.stringify(message), { msgID: runMessageId(message) });
  return run_id;
}

async function finished(run_id: string): Promise<void> {
  const manager = await jetstreamManager(nats);
  await vi.waitFor(async () => {
    const info = await manager.streams.info('RUNS', { subjects_filter: runSubject(run_id) });
    expect(info.state.subjects ?? {}).toEqual({});
  }, patience);
}

const poolNow = (): SchedulerStatus['pools'][number] | undefined => status?.pools.find(({ pool }) => pool === POOL);

/** The lines of a scheduler's `/metrics` about pools and what nobody serves. */
async function gauges(service: { http_url: string }): Promise<string[]> {
  const text = await (await fetch(`${service.http_url}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => /^benchwire_(pool|unserved)_/.test(line))
    .map((line) => line.replace(/,?service="scheduler"/, ''));
}

async function leaderAndStandby(): Promise<Record<'leader' | 'standby', LocalStack['services'][number]>> {
  return await vi.waitFor(async () => {
    const found: Partial<Awaited<ReturnType<typeof leaderAndStandby>>> = {};
    for (const service of stack.services) {
      const text = await (await fetch(`${service.http_url}/metrics`)).text();
      found[/benchwire_scheduler_leader\{[^}]*\} 1/.test(text) ? 'leader' : 'standby'] = service;
    }
    const { leader, standby } = found;
    if (leader === undefined || standby === undefined) throw new Error('not one of the two leads');
    return { leader, standby };
  }, patience);
}

async function events(kind: string): Promise<BenchEvent[]> {
  const found = await readAll(nats, 'EVENTS', 'bw.event.*.*');
  return found.map((message) => benchEvent.parse(message.json())).filter((event) => event.kind === kind);
}

describe('the demand of a pool', () => {
  it('is in the status, in the gauges of the leader alone, and in events', async () => {
    const gate = Promise.withResolvers<void>();
    await worker(gate.promise);
    const run_id = await submit([{ task_id: 'a', executor: 'noop', repetitions: 8 }]);
    await vi.waitFor(
      () =>
        expect(poolNow()).toMatchObject({
          class: 'cpu',
          workers: 1,
          slots: 1,
          waiting: 6,
          emitted: 2,
          running: 1,
          expected_work_seconds: 0,
          unknown_work_tasks: 8,
        }),
      patience,
    );
    const { leader, standby } = await leaderAndStandby();
    const labels = `{pool="${POOL}",class="cpu"}`;
    expect(await gauges(leader)).toEqual([
      `benchwire_pool_waiting_tasks${labels} 6`,
      `benchwire_pool_emitted_attempts${labels} 2`,
      `benchwire_pool_running_attempts${labels} 1`,
      expect.stringMatching(/^benchwire_pool_oldest_wait_seconds\{.*\} \d+(\.\d+)?$/),
      `benchwire_pool_expected_work_seconds${labels} 0`,
      `benchwire_pool_unknown_work_tasks${labels} 8`,
      `benchwire_pool_workers${labels} 1`,
      `benchwire_pool_slots${labels} 1`,
    ]);
    expect(await gauges(standby)).toEqual([]);

    await vi.waitFor(async () => {
      const told = (await events('demand')).filter(({ pool }) => pool === POOL);
      expect(EVENT_DATA['pool.demand'].parse(told.at(-1)?.data)).toMatchObject({ waiting: 6, running: 1, workers: 1 });
    }, patience);
    gate.resolve();
    await finished(run_id);
  });

  it('counts the expected seconds of what has run before, also for a leader that was not there', async () => {
    const gate = Promise.withResolvers<void>();
    await worker(gate.promise);
    // The first run is over: only OUTCOMES tells the next leader of it.
    const { leader } = await leaderAndStandby();
    await leader.kill('SIGKILL');
    const run_id = await submit([{ task_id: 'a', executor: 'noop', repetitions: 5 }]);
    await vi.waitFor(() => {
      expect(poolNow()).toMatchObject({ waiting: 3, emitted: 2, unknown_work_tasks: 0 });
      expect(poolNow()?.expected_work_seconds).toBeGreaterThan(0);
    }, patience);
    gate.resolve();
    await finished(run_id);
  });

  it('says what is needed where there is no pool at all', async () => {
    await vi.waitFor(() => expect(status?.pools).toEqual([]), patience);
    const requirements = { hardware: ['cuda', 'rocm'], min_memory_gb: 8 };
    const run_id = await submit([{ task_id: 'a', executor: 'noop', repetitions: 3, requirements }]);
    await vi.waitFor(
      () => expect(status).toMatchObject({ unplaceable: 3, unserved: [{ executor: 'noop', requirements, tasks: 3 }] }),
      patience,
    );
    const { leader } = await leaderAndStandby();
    expect(await gauges(leader)).toEqual([
      'benchwire_unserved_tasks{class="cuda"} 3',
      'benchwire_unserved_tasks{class="rocm"} 3',
    ]);
    // Earlier runs may have waited for their pool, too.
    await vi.waitFor(async () => {
      const event = (await events('waiting_for_pool')).find((each) => each.run_id === run_id);
      expect(EVENT_DATA['task.waiting_for_pool'].parse(event?.data)).toMatchObject({
        tasks: 3,
        executor: 'noop',
        requirements,
      });
    }, patience);
    // The last word about the pool that was there before.
    await vi.waitFor(async () => {
      const told = (await events('demand')).filter(({ pool }) => pool === POOL);
      expect(EVENT_DATA['pool.demand'].parse(told.at(-1)?.data)).toMatchObject({ workers: 0, waiting: 0 });
    }, patience);
    await jetstream(nats).publish(
      runSubject(run_id),
      JSON.stringify({ v: 1, run_id, at: new Date().toISOString(), kind: 'cancelled', reason: 'seen' }),
    );
    await finished(run_id);
  });
});

describe('what outcomes of the past teach', () => {
  const log = createLog('test', { LOG_LEVEL: 'silent', LOG_FORMAT: 'json' });

  it('is read from the last of them up to where the leader reads on, and not beyond', async () => {
    const client = jetstream(nats);
    const manager = await jetstreamManager(nats);
    const taken: Array<[sequence: number, seconds: number | null]> = [];
    const sequences: number[] = [];
    for (let seconds = 1; seconds <= 10; seconds++) {
      const outcome = outcomeWith(1, { execution_time_seconds: seconds, workload: 'w' });
      sequences.push((await client.publish(outcomeSubject(outcome), JSON.stringify(outcome))).seq);
      // Nothing that is no outcome may end the reading.
      if (seconds === 6) sequences.push((await client.publish(outcomeSubject(outcome), 'no outcome')).seq);
    }
    const [before_sequence = 0] = sequences.slice(-2);
    const reading = readHistory(
      { nats, jetstream: client, manager, log },
      { before_sequence, max_outcomes: 6 },
      ({ execution_time_seconds }, sequence) => taken.push([sequence, execution_time_seconds]),
    );
    await vi.waitFor(() => expect(taken.at(-1)?.[0]).toBe(before_sequence - 1), patience);
    await reading.stop();
    expect(taken.map(([, seconds]) => seconds)).toEqual([4, 5, 6, 7, 8]);
  });

  it('is given up when the leader stops', async () => {
    const manager = await jetstreamManager(nats);
    const { state } = await manager.streams.info('OUTCOMES');
    const range = { before_sequence: state.last_seq + 1000, max_outcomes: 5000 };
    let taken = 0;
    const reading = readHistory({ nats, jetstream: jetstream(nats), manager, log }, range, () => taken++);
    await vi.waitFor(() => expect(taken).toBeGreaterThan(0), patience);
    await reading.stop();
    const before = taken;
    const late = outcomeWith(1, { workload: 'w' });
    await jetstream(nats).publish(outcomeSubject(late), JSON.stringify(late));
    await nats.flush();
    expect(taken).toBe(before);
  });
});
