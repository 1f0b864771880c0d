import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { encodeMetricBatch, type MetricBatch, metricsSubject } from '@benchwire/shared/contracts/metrics.ts';
import { type Outcome, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { type QueryName, type QueryReply, querySubject } from '@benchwire/shared/contracts/query.ts';
import { headers } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type NatsFixture, natsFixture } from '../support/nats-fixture.ts';
import { outcomeWith } from '../support/outcomes.ts';
import { type SpawnedService, spawnService } from '../support/spawn-service.ts';

let fixture: NatsFixture;
let path: string;
let aggregator: SpawnedService | undefined;
const WITHIN = { timeout: 60_000, interval: 100 };

beforeAll(async () => {
  fixture = await natsFixture();
});
afterAll(() => fixture?.stop());

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'bw-aggregator-'));
});
afterEach(async () => {
  await aggregator?.stop('SIGKILL');
  aggregator = undefined;
  for (const stream of ['OUTCOMES', 'METRICS', 'EVENTS', 'FINDINGS', 'REJECTED']) {
    await fixture.manager.streams.purge(stream);
    await fixture.manager.consumers.delete(stream, 'aggregator').catch(() => undefined);
  }
  rmSync(path, { recursive: true, force: true });
});

async function start(): Promise<SpawnedService> {
  const started = spawnService('aggregator', { ...fixture.servers.env, CLICKHOUSE_PATH: path, LOG_LEVEL: 'info' });
  aggregator = started;
  await vi.waitFor(async () => expect((await ask('runs', {})).ok).toBe(true), WITHIN);
  return started;
}

async function ask(name: QueryName, parameters: unknown): Promise<QueryReply> {
  const answer = await fixture.nats.request(querySubject(name), JSON.stringify(parameters), { timeout: 30_000 });
  return answer.json<QueryReply>();
}

async function rows(sql: string): Promise<Array<Record<string, unknown>>> {
  const reply = await ask('sql', { sql });
  if (!reply.ok) throw new Error(JSON.stringify(reply.issues));
  return reply.rows;
}

/** How many rows a run has in a table, and how many different tasks. */
async function counted(table: string, run_id: string): Promise<unknown> {
  const [row] = await rows(
    `SELECT count() AS rows, uniqExact(task_id) AS tasks FROM ${table} WHERE run_id = '${run_id}'`,
  );
  return row;
}

async function settled(): Promise<void> {
  await vi.waitFor(async () => {
    for (const stream of ['OUTCOMES', 'METRICS', 'EVENTS', 'FINDINGS', 'REJECTED']) {
      const info = await fixture.manager.consumers.info(stream, 'aggregator');
      expect([stream, info.num_pending, info.num_ack_pending]).toEqual([stream, 0, 0]);
    }
  }, WITHIN);
}

function publishOutcome(outcome: Outcome): void {
  fixture.nats.publish(outcomeSubject(outcome), JSON.stringify(outcome));
}

async function publishMany(run_id: string, count: number, first = 0): Promise<void> {
  const outcome = outcomeWith(1, { run_id });
  for (let n = first; n < first + count; n++) publishOutcome({ ...outcome, task_id: `t${n}` });
  await fixture.nats.flush();
}

function metricBatch(changes: Partial<MetricBatch> = {}): MetricBatch {
  const now = Date.now();
  return {
    v: 1,
    run_id: newRunId(),
    task_id: 'a',
    attempt: 1,
    worker_id: 'w-1',
    sequence: 0,
    columns: [
      { metric: 'latency_ms', unit: 'ms', batch_size: 4, times_ms: [now, now, now + 0.5], values: [1.5, 2.5, -0.25] },
      { metric: 'loss', unit: null, batch_size: null, times_ms: [now], values: [1e-300] },
    ],
    ...changes,
  };
}

describe('the aggregator', () => {
  it('shows what is delivered again once', async () => {
    await start();
    const outcome = outcomeWith(12.5);
    const batch = metricBatch({ run_id: outcome.run_id });
    const deliver = (): void => {
      publishOutcome(outcome);
      fixture.nats.publish(metricsSubject(batch), encodeMetricBatch(batch));
    };
    deliver();
    await settled();
    deliver();
    await settled();
    // A consumer that begins anew reads everything once more.
    await aggregator?.stop();
    for (const stream of ['OUTCOMES', 'METRICS']) await fixture.manager.consumers.delete(stream, 'aggregator');
    await start();
    await settled();

    expect(await counted('attempts', outcome.run_id)).toEqual({ rows: 1, tasks: 1 });
    expect(await counted('results', outcome.run_id)).toEqual({ rows: 1, tasks: 1 });
    const samples = await rows(
      `SELECT metric, value, unit, batch_size FROM samples WHERE run_id = '${outcome.run_id}' ORDER BY position`,
    );
    expect(samples.map((row) => Object.values(row))).toEqual([
      ['latency_ms', 1.5, 'ms', 4],
      ['latency_ms', 2.5, 'ms', 4],
      ['latency_ms', -0.25, 'ms', 4],
      ['loss', 1e-300, '', null],
    ]);
  });

  it('counts failures and what helped, and leaves out what somebody cancelled', async () => {
    await start();
    const error = { class: 'unknown', code: 'E', message: 'no', retriable: true } as const;
    const failed = outcomeWith(1, { status: 'failed', error, results: {} });
    const cancelled = { status: 'cancelled', error: { ...error, class: 'cancelled', retriable: false } } as const;
    const nowhere = { worker_id: null, device_id: null, pool: null, fingerprint: null };
    publishOutcome(failed);
    publishOutcome(outcomeWith(1, { run_id: failed.run_id, attempt: 2, worker_id: 'w-2' }));
    publishOutcome({ ...failed, task_id: 'b' });
    publishOutcome({ ...failed, ...cancelled, ...nowhere, task_id: 'b', attempt: 2 });
    await fixture.nats.flush();
    await settled();

    const since = new Date(Date.now() - 60_000).toISOString();
    expect(await ask('failures', { since })).toMatchObject({
      rows: [{ pool: 'cpu-12345678', error_class: 'unknown', attempts: 2 }],
    });
    expect(await ask('recovery', { since })).toMatchObject({
      rows: [{ strategy: 'same_pool', attempts: 1, recovered: 1 }],
    });
  });

  it('keeps what it cannot read, with the reasons, and goes on', async () => {
    await start();
    const good = outcomeWith(1);
    const lateBatch = metricBatch({
      columns: [{ metric: 'x', unit: null, batch_size: null, times_ms: [5, Date.now()], values: [1, 2] }],
    });
    const poison: Array<[subject: string, payload: string | Uint8Array]> = [
      [outcomeSubject(good), 'no JSON {'],
      [outcomeSubject(good), JSON.stringify({ ...good, status: 'exploded' })],
      [outcomeSubject(good), JSON.stringify({ ...good, attempt: 1e9 })],
      [metricsSubject(good), new Uint8Array([0xc1, 0xff, 0x00])],
      [metricsSubject(good), encodeMetricBatch(lateBatch)],
      ['bw.event.run.-', JSON.stringify({ v: 1 })],
      ['bw.finding.regression.x', new Uint8Array()],
    ];
    for (const [subject, payload] of poison) fixture.nats.publish(subject, payload);
    const broken = headers();
    broken.set('Bw-Issues', 'no JSON {');
    broken.set('Bw-At', 'yesterday');
    fixture.nats.publish('bw.rejected.elsewhere', 'raw', { headers: broken });
    fixture.nats.publish('bw.rejected.elsewhere', 'without headers');
    publishOutcome(good);
    await settled();

    const reply = await ask('rejected', {});
    const found = reply.ok ? reply.rows : [];
    expect(found.map((row) => row.where).sort()).toEqual([
      'elsewhere',
      'elsewhere',
      'event',
      'finding',
      'metrics',
      'metrics',
      'outcome',
      'outcome',
      'outcome',
    ]);
    const msgpack = found.find((row) => String(row.issues).includes('invalid_msgpack'));
    expect(Buffer.from(String(msgpack?.raw_base64), 'base64')).toEqual(Buffer.from([0xc1, 0xff, 0x00]));
    expect(found.map((row) => String(row.issues)).join()).toContain('time_out_of_range');
    expect(await counted('attempts', good.run_id)).toEqual({ rows: 1, tasks: 1 });
    expect((await fixture.manager.streams.info('REJECTED')).state.messages).toBe(9);
  });

  it('stops in order without losing or acking what is not written', async () => {
    const run_id = newRunId();
    const first = await start();
    const floor = async () => (await fixture.manager.consumers.info('OUTCOMES', 'aggregator')).ack_floor.consumer_seq;
    // There is always more than it has acked, so that it stops in the middle however fast it is.
    let published = 0;
    let stopped = false;
    const publishing = (async () => {
      while (!stopped) {
        if (published - (await floor()) > 8000) continue;
        await publishMany(run_id, 4000, published);
        published += 4000;
      }
    })();
    await vi.waitFor(async () => expect(await floor()).toBeGreaterThan(0), { timeout: 60_000, interval: 5 });
    const before = Date.now();
    expect(await first.stop()).toBe(0);
    expect(Date.now() - before).toBeLessThan(10_000);
    stopped = true;
    await publishing;
    // It was in the middle; whatever it had acked without writing would be missing below.
    expect(await floor()).toBeLessThan(published);

    await start();
    await settled();
    expect(await counted('attempts', run_id)).toEqual({ rows: published, tasks: published });
  });

  it('has every row exactly once after being killed in mid-batch', async () => {
    const run_id = newRunId();
    for (let round = 0; round < 3; round++) {
      const victim = await start();
      if (round === 0) await publishMany(run_id, 12_000);
      // In the middle: some are written, most are not.
      await vi.waitFor(
        async () => {
          const [row] = await rows(`SELECT count() AS n FROM attempts WHERE run_id = '${run_id}'`);
          expect(Number(row?.n)).toBeGreaterThan(round * 2000);
        },
        { timeout: 60_000, interval: 5 },
      );
      await victim.stop('SIGKILL');
    }
    await start();
    // What the killed one had in hand comes again after the ack wait.
    await settled();
    for (const table of ['attempts', 'tasks', 'results']) {
      expect([table, await counted(table, run_id)]).toEqual([table, { rows: 12_000, tasks: 12_000 }]);
    }
  });

  it('says who owns the data folder when it is taken', async () => {
    const owner = await start();
    const second = spawnService('aggregator', { ...fixture.servers.env, CLICKHOUSE_PATH: path });
    expect(await second.stop('SIGCONT')).toBe(1);
    const fatal = second.logs.find((line) => line.level === 60);
    expect(fatal).toMatchObject({ code: 'CLICKHOUSE_IN_USE' });
    expect(String(fatal?.msg)).toContain(`pid ${owner.child.pid}`);
  });

  it('tells Prometheus what it does', async () => {
    const service = await start();
    await vi.waitFor(() => expect(service.port()).toBeGreaterThan(0), WITHIN);
    publishOutcome(outcomeWith(1));
    await settled();
    // The server may not have stored it yet when it is asked what is pending.
    await vi.waitFor(async () => {
      const text = await (await fetch(`http://127.0.0.1:${service.port()}/metrics`)).text();
      for (const line of [
        'benchwire_rows_written_total{table="attempts",service="aggregator"} 1',
        'benchwire_messages_total{stream="OUTCOMES",result="ok",service="aggregator"} 1',
        'benchwire_consumer_pending{stream="METRICS",sink="clickhouse",service="aggregator"} 0',
      ]) {
        expect(text).toContain(line);
      }
    }, WITHIN);
  });
});
