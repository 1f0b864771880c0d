import {
  type Finding,
  finding,
  SETTLED_SUBJECT,
  type SettledReply,
  settledReply,
} from '@benchwire/shared/contracts/finding.ts';
import { attemptId, newRunId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcomeMessageId, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { QUERIES, querySubject } from '@benchwire/shared/contracts/query.ts';
import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import { pointsOf } from '@benchwire/shared/contracts/series.ts';
import { fieldsOfKey } from '@benchwire/shared/contracts/series-key.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type NatsFixture, natsFixture, readAll } from '../support/nats-fixture.ts';
import { outcomeWith } from '../support/outcomes.ts';
import { type SpawnedService, spawnService } from '../support/spawn-service.ts';

let fixture: NatsFixture;
/** What the aggregator would have in ClickHouse; the test decides how far it is. */
let stored: Outcome[] = [];
let history: { stop(): void } | undefined;
let anomaly: SpawnedService | undefined;

beforeAll(async () => {
  fixture = await natsFixture();
});
afterAll(() => fixture?.stop());

beforeEach(async () => {
  stored = [];
  for (const stream of ['OUTCOMES', 'FINDINGS', 'REJECTED']) await fixture.manager.streams.purge(stream);
  await fixture.manager.consumers.delete('OUTCOMES', 'anomaly').catch(() => undefined);
});
afterEach(async () => {
  await anomaly?.stop();
  history?.stop();
  history = undefined;
});

function start(): SpawnedService {
  anomaly = spawnService('anomaly', { ...fixture.servers.env, ANOMALY_SETTLE_SECONDS: '2' });
  return anomaly;
}

/** Answers the query `history` in the aggregator's place, from `stored`, and that no run was deleted. */
function answerHistory(): void {
  const subscription = fixture.nats.subscribe(querySubject('history'), {
    callback: (_, message) => {
      const { after_series_id, series_limit, points_per_series } = QUERIES.history.parameters.parse(message.json());
      const rows = stored.flatMap(rowsOf);
      // Never more than two series in a message, as if it were full then.
      const ids = [...new Set(rows.map((row) => row.series_id))].sort().filter((id) => id > after_series_id);
      const fitting = ids.slice(0, Math.min(2, series_limit));
      const page = fitting.flatMap((id) => rows.filter((row) => row.series_id === id).slice(-points_per_series));
      const truncated = fitting.length < Math.min(ids.length, series_limit);
      message.respond(JSON.stringify({ ok: true, columns: [], rows: page, truncated }));
    },
  });
  const deleted = fixture.nats.subscribe(querySubject('deleted_runs'), {
    callback: (_, message) => {
      message.respond(JSON.stringify({ ok: true, columns: [], rows: [], truncated: false }));
    },
  });
  history = {
    stop: () => {
      subscription.unsubscribe();
      deleted.unsubscribe();
    },
  };
}

function rowsOf(outcome: Outcome): ResultRow[] {
  return pointsOf(outcome).map(({ series_id, key, unit, value, ci_low, ci_high, samples, steady, better }) => ({
    ...fieldsOfKey(key),
    series_id,
    unit: unit ?? '',
    value,
    ci_low,
    ci_high,
    samples,
    steady,
    better: better ?? '',
    printed_value: null,
    printed_unit: '',
    note_codes: [],
    notes: [],
    run_id: outcome.run_id,
    task_id: outcome.task_id,
    attempt: outcome.attempt,
    measured_at: outcome.finished_at,
    pool: outcome.pool ?? '',
    worker_id: outcome.worker_id ?? '',
    commit: '',
    branch: '',
    source: outcome.source,
  }));
}

async function publish(outcome: Outcome, id: string | undefined = outcomeMessageId(outcome)): Promise<number> {
  const options = id === undefined ? {} : { msgID: id };
  return (await fixture.client.publish(outcomeSubject(outcome), JSON.stringify(outcome), options)).seq;
}

async function settled(run_id: string, stream_sequence: number): Promise<SettledReply> {
  return await vi.waitFor(
    async () => {
      const message = await fixture.nats.request(SETTLED_SUBJECT, JSON.stringify({ run_id, stream_sequence }), {
        timeout: 5000,
      });
      const reply = settledReply.parse(message.json());
      if (!reply.ok) throw new Error(reply.message);
      return reply;
    },
    { timeout: 20_000, interval: 50 },
  );
}

async function findings(): Promise<Finding[]> {
  return (await readAll(fixture.nats, 'FINDINGS', 'bw.finding.*.*')).map((message) => finding.parse(message.json()));
}

/** What is said of each finding, by the place of its first bad outcome. */
function told(
  all: readonly Finding[],
  outcomes: readonly Outcome[],
): Array<{ index: number; z: number; states: string[] }> {
  const ids = [...new Set(all.map((f) => f.finding_id))];
  return ids
    .map((id) => {
      const newest = all.filter((f) => f.finding_id === id).toSorted((a, b) => b.revision - a.revision)[0] as Finding;
      const index = outcomes.findIndex((o) => o.run_id === newest.run_id);
      return { index, z: newest.z_score, states: newest.history.map(({ state }) => state) };
    })
    .toSorted((a, b) => a.index - b.index);
}

const usual = [100, 101, 99, 100, 102, 98];

describe('the anomaly service', () => {
  it('is not ready without the history, and judges what has come meanwhile once it is there', async () => {
    stored = usual.map((value) => outcomeWith(value));
    const slow = outcomeWith(150);
    const sequence = await publish(slow);
    const service = start();
    const port = await vi.waitFor(() => service.port() ?? Promise.reject(new Error('not up')), { timeout: 20_000 });
    const ready = (): Promise<Response> => fetch(`http://127.0.0.1:${port}/readyz`);
    const before = await ready();
    expect(before.status).toBe(503);
    expect(await before.text()).toContain('history');
    const early = settledReply.parse(
      (
        await fixture.nats.request(
          SETTLED_SUBJECT,
          JSON.stringify({ run_id: slow.run_id, stream_sequence: sequence }),
          { timeout: 5000 },
        )
      ).json(),
    );
    expect(early).toMatchObject({ ok: false, message: expect.stringContaining('history') });

    answerHistory();
    const reply = await settled(slow.run_id, sequence);
    expect(reply.findings).toMatchObject([{ kind: 'regression', value: 150, baseline: { n: 6 } }]);
    await vi.waitFor(async () => expect((await ready()).status).toBe(200), { timeout: 20_000 });
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toMatch(/benchwire_anomaly_series\{.*\} 1/);
  });

  it('judges every completed outcome once, however often it is reported', async () => {
    answerHistory();
    start();
    for (const value of usual) await publish(outcomeWith(value));
    const slow = outcomeWith(150);
    await publish(slow);
    // Past the server's own duplicate check.
    await publish(slow, `${outcomeMessageId(slow)}.again`);
    const sequence = await publish({ ...slow, results: {}, status: 'lost' }, `${outcomeMessageId(slow)}.lost`);
    expect((await settled(slow.run_id, sequence)).findings).toHaveLength(1);
    expect(new Set((await findings()).map(({ finding_id }) => finding_id)).size).toBe(1);
    expect((await settled(newRunId(), sequence)).findings).toEqual([]);
  });

  it('keeps what it cannot read, and goes on', async () => {
    answerHistory();
    start();
    for (const value of usual) await publish(outcomeWith(value));
    const bad = ['{', 'null', '\u0000\u0001', JSON.stringify({ ...outcomeWith(1), attempt: 'first' })];
    for (const raw of bad) await fixture.client.publish(`bw.outcome.${newRunId()}.a`, raw);
    const fast = outcomeWith(50);
    const reply = await settled(fast.run_id, await publish(fast));
    expect(reply.findings).toMatchObject([{ kind: 'improvement' }]);
    await vi.waitFor(async () => {
      const rejected = await readAll(fixture.nats, 'REJECTED', 'bw.rejected.outcome');
      expect(rejected.map((message) => message.string()).toSorted()).toEqual(bad.toSorted());
      const { num_ack_pending, num_pending } = await fixture.manager.consumers.info('OUTCOMES', 'anomaly');
      expect(num_ack_pending + num_pending).toBe(0);
    });
  });

  it('killed and started again in the middle, it finds the same and nothing twice', async () => {
    // Three series; each has a step in the middle. What an undisturbed service finds is the measure.
    const outcomes = Array.from({ length: 90 }, (_, i) => {
      const level = i < 45 ? 100 : 140;
      return outcomeWith(level + ((i * 7) % 5), { benchmark: `bench-${i % 3}` });
    });
    answerHistory();
    start();
    const numbered = outcomes.map((entry) => ({ ...entry, run_id: newRunId() }));
    let last = 0;
    for (const entry of numbered) last = await publish(entry);
    await settled(newRunId(), last);
    const undisturbed = told(await findings(), numbered);
    expect(undisturbed).toHaveLength(3);
    await anomaly?.stop();

    for (const stream of ['OUTCOMES', 'FINDINGS']) await fixture.manager.streams.purge(stream);
    await fixture.manager.consumers.delete('OUTCOMES', 'anomaly');
    start();
    for (const [index, entry] of outcomes.entries()) {
      last = await publish(entry);
      // The aggregator is now behind, now ahead of the anomaly service.
      if (index % 10 === 3) stored = outcomes.slice(0, Math.max(0, index - 4));
      if (index % 10 === 8) stored = outcomes.slice(0, index + 1);
      if ([20, 44, 46, 48, 50, 70].includes(index)) {
        if (index !== 48) await settled(newRunId(), last - 1);
        await anomaly?.stop(index === 70 ? 'SIGTERM' : 'SIGKILL');
        start();
      }
    }
    await settled(newRunId(), last);
    expect(told(await findings(), outcomes)).toEqual(undisturbed);
    const revisions = (await findings()).map((f) => `${f.finding_id} ${f.revision}`);
    expect(new Set(revisions).size).toBe(revisions.length);
  });

  it('stops in order with work in hand', async () => {
    answerHistory();
    const service = start();
    const slow = outcomeWith(1);
    await settled(slow.run_id, await publish(slow));
    for (let i = 0; i < 500; i++) void publish(outcomeWith(100 + (i % 3)));
    expect(await service.stop('SIGTERM')).toBe(0);
    expect(service.logs.filter((line) => typeof line.level === 'number' && line.level >= 50)).toEqual([]);
  });

  it('lets thousands of outcomes without results go by', async () => {
    answerHistory();
    start();
    const first = outcomeWith(1, { results: {} });
    await settled(first.run_id, await publish(first));
    const count = 20_000;
    const text = JSON.stringify(first);
    const begin = performance.now();
    let last = 0;
    for (let i = 0; i < count; i += 500) {
      const acks = Array.from({ length: 500 }, (_, j) => {
        const run_id = first.run_id;
        const subject = outcomeSubject({ run_id, task_id: `t${i + j}` });
        return fixture.client.publish(subject, text.replace('"task_id":"a"', `"task_id":"t${i + j}"`));
      });
      for (const ack of await Promise.all(acks)) last = Math.max(last, ack.seq);
    }
    const published = performance.now();
    expect((await settled(first.run_id, last)).findings).toEqual([]);
    const behind = performance.now() - published;
    process.stdout.write(
      `anomaly: ${count} outcomes without results, published in ${(published - begin).toFixed(0)} ms, judged ${behind.toFixed(0)} ms later\n`,
    );
    expect(attemptId(first)).toContain(first.run_id);
  });
});
