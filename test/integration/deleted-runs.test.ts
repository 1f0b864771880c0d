import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decideRuns, type RunDecision } from '@benchwire/shared/client/decide-runs.ts';
import { query } from '@benchwire/shared/client/query.ts';
import type { DecidedRuns } from '@benchwire/shared/contracts/api/runs.ts';
import { eventOf } from '@benchwire/shared/contracts/event.ts';
import { type Finding, finding } from '@benchwire/shared/contracts/finding.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { encodeMetricBatch, metricsSubject } from '@benchwire/shared/contracts/metrics.ts';
import { type Outcome, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { publishEvent } from '@benchwire/shared/runtime/publish-event.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type NatsFixture, natsFixture, readAll } from '../support/nats-fixture.ts';
import { outcomeWith } from '../support/outcomes.ts';
import { type SpawnedService, spawnService } from '../support/spawn-service.ts';

/** Archived and deleted runs, with the aggregator and the anomaly service as they run in production. */

let fixture: NatsFixture;
let path: string;
let aggregator: SpawnedService;
let anomaly: SpawnedService;
const WITHIN = { timeout: 90_000, interval: 100 };
const STREAMS = ['OUTCOMES', 'METRICS', 'EVENTS', 'FINDINGS'];
const TABLES = ['runs', 'tasks', 'attempts', 'results', 'samples', 'requests', 'verdicts'];

beforeAll(async () => {
  fixture = await natsFixture();
  path = mkdtempSync(join(tmpdir(), 'bw-deleted-'));
  await startAggregator();
  await startAnomaly();
});
afterAll(async () => {
  await anomaly?.stop('SIGKILL');
  await aggregator?.stop('SIGKILL');
  await fixture?.stop();
  rmSync(path, { recursive: true, force: true });
});

async function startAggregator(): Promise<void> {
  aggregator = spawnService('aggregator', { ...fixture.servers.env, CLICKHOUSE_PATH: path, LOG_LEVEL: 'info' });
  await vi.waitFor(() => query(fixture.nats, 'runs', {}), WITHIN);
}

async function startAnomaly(): Promise<void> {
  anomaly = spawnService('anomaly', { ...fixture.servers.env, LOG_LEVEL: 'info', ANOMALY_CONFIRM_RUNS: '0' });
  await vi.waitFor(async () => {
    const port = anomaly.port();
    if (port === undefined) throw new Error('not up');
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
  }, WITHIN);
}

/** Everything in the streams is in the tables, and judged. */
async function settled(): Promise<void> {
  await vi.waitFor(async () => {
    for (const [stream, durable] of [
      ...STREAMS.map((each) => [each, 'aggregator'] as const),
      ['OUTCOMES', 'anomaly'] as const,
      ['EVENTS', 'anomaly-deleted-runs'] as const,
    ]) {
      const info = await fixture.manager.consumers.info(stream, durable);
      expect([stream, durable, info.num_pending, info.num_ack_pending]).toEqual([stream, durable, 0, 0]);
    }
  }, WITHIN);
}

/** A run with one task, as the services would write it; without its end it goes on. */
async function makeRun(value: number, benchmark: string, ends = true): Promise<Outcome> {
  const outcome = outcomeWith(value, { benchmark });
  const { run_id } = outcome;
  const about = (kind: string) => ({ at_ms: Date.now(), event_id: `run.${kind}.${run_id}`, run_id, message: kind });
  const task = { task_id: 'a', executor: 'command', benchmark, config: { command: ['/bin/true'] } };
  const request = { name: benchmark, tasks: [task] } as never;
  await publishEvent(
    fixture.client,
    eventOf('run.accepted', { ...about('accepted'), data: { request, task_count: 1 } }),
  );
  await deliver(outcome);
  if (!ends) return outcome;
  const counts = { total: 1, completed: 1, failed: 0, timed_out: 0, cancelled: 0, lost: 0 };
  await publishEvent(fixture.client, eventOf('run.finished', { ...about('finished'), data: { counts } }));
  return outcome;
}

/** Its outcome and samples, once more each time. */
async function deliver(outcome: Outcome): Promise<void> {
  const { run_id } = outcome;
  const columns = [{ metric: 'latency_ms', unit: 'ms', batch_size: null, times_ms: [Date.now()], values: [1] }];
  const batch = { v: 1, run_id, task_id: 'a', attempt: 1, worker_id: 'w-1', sequence: 0, columns } as const;
  await fixture.client.publish(outcomeSubject(outcome), JSON.stringify(outcome));
  await fixture.client.publish(metricsSubject(batch), encodeMetricBatch(batch as never));
}

const decide = (decision: RunDecision, ...run_ids: string[]): Promise<DecidedRuns> =>
  decideRuns(fixture.nats, { decision, run_ids, by: 'tester', reason: 'a test', now: new Date() });

/** How many rows each table has of it, where it has any. */
async function rowsOf(run_id: string): Promise<Record<string, number>> {
  const counts = TABLES.map(
    (table) => `SELECT '${table}' AS table, count() AS n FROM ${table} WHERE run_id = '${run_id}'`,
  );
  const { rows } = await query(fixture.nats, 'sql', { sql: counts.join(' UNION ALL ') });
  return Object.fromEntries(rows.map(({ table, n }) => [String(table), Number(n)] as const).filter(([, n]) => n > 0));
}

/** The newest revision of each finding. */
async function findings(): Promise<Finding[]> {
  const all = (await readAll(fixture.nats, 'FINDINGS', 'bw.finding.*.*')).map((message) =>
    finding.parse(message.json()),
  );
  const newest = new Map<string, Finding>();
  for (const each of all)
    if (each.revision >= (newest.get(each.finding_id)?.revision ?? 0)) newest.set(each.finding_id, each);
  return [...newest.values()];
}

const listed = async (parameters: Parameters<typeof query<'runs'>>[2]): Promise<string[]> =>
  (await query(fixture.nats, 'runs', parameters)).rows.map(({ run_id }) => run_id).sort();

describe('a deleted run', () => {
  it('is gone from the tables and the histories, and nothing that is delivered again brings it back', async () => {
    const usual: Outcome[] = [];
    for (const value of [100, 101, 99, 100, 102, 98]) usual.push(await makeRun(value, 'gone'));
    const slow = await makeRun(150, 'gone');
    await settled();
    await vi.waitFor(async () => {
      expect(await findings()).toMatchObject([{ kind: 'regression', state: 'suspected', run_id: slow.run_id }]);
      expect(Object.keys(await rowsOf(slow.run_id))).toEqual(
        expect.arrayContaining(['runs', 'tasks', 'attempts', 'results', 'samples', 'requests']),
      );
    }, WITHIN);

    // Two at once, and once more: each is answered, and it is deleted once.
    const [first, second] = await Promise.all([decide('delete', slow.run_id), decide('delete', slow.run_id)]);
    expect([first, second].map(({ done }) => done)).toContainEqual([slow.run_id]);
    expect(await decide('delete', slow.run_id)).toMatchObject({ done: [], refused: [{ code: 'unknown_run' }] });
    expect(await rowsOf(slow.run_id)).toEqual({});
    await vi.waitFor(async () => {
      expect(await findings()).toMatchObject([{ state: 'went_away', run_id: slow.run_id }]);
    }, WITHIN);
    const { rows: told } = await query(fixture.nats, 'events', { run_id: slow.run_id });
    expect(told.map(({ kind }) => kind)).toEqual(['deleted']);
    expect((await query(fixture.nats, 'deleted_runs', {})).rows).toMatchObject([{ run_id: slow.run_id, by: 'tester' }]);

    // Late, and all over again from the beginning of the streams, by processes that start anew.
    await deliver(slow);
    await settled();
    expect(await rowsOf(slow.run_id)).toEqual({});
    await anomaly.stop('SIGKILL');
    await aggregator.stop('SIGKILL');
    for (const stream of STREAMS) await fixture.manager.consumers.delete(stream, 'aggregator');
    await fixture.manager.consumers.delete('OUTCOMES', 'anomaly');
    await startAggregator();
    await startAnomaly();
    await settled();
    expect(await rowsOf(slow.run_id)).toEqual({});
    for (const { run_id } of usual) expect((await rowsOf(run_id)).results).toBe(1);
    const [series] = (await query(fixture.nats, 'results', { run_id: usual[0]?.run_id ?? '' })).rows;
    const points = await query(fixture.nats, 'points', { series_id: series?.series_id ?? '' });
    expect(points.rows.map(({ run_id }) => run_id).sort()).toEqual(usual.map(({ run_id }) => run_id).sort());

    // As slow as the deleted one: it is compared with the others alone, and is the first that is off.
    const again = await makeRun(150, 'gone');
    await settled();
    await vi.waitFor(async () => {
      const states = (await findings()).map(({ run_id, state }) => [run_id, state]);
      expect(states.toSorted()).toEqual(
        [
          [slow.run_id, 'went_away'],
          [again.run_id, 'suspected'],
        ].toSorted(),
      );
    }, WITHIN);
  });

  it('is deleted also where the aggregator dies in the middle', async () => {
    const runs = await Promise.all([1, 2, 3].map((value) => makeRun(value, 'middle')));
    await settled();
    await vi.waitFor(
      async () => expect(await listed({ search: 'middle', statuses: ['completed'] })).toHaveLength(3),
      WITHIN,
    );
    const deleting = decide('delete', ...runs.map(({ run_id }) => run_id));
    await vi.waitFor(async () => {
      for (const { run_id } of runs) {
        const told = (await readAll(fixture.nats, 'EVENTS', `bw.event.run.${run_id}`)).map((each) => each.string());
        expect(told.join()).toContain('run.deleted');
      }
    }, WITHIN);
    await aggregator.stop('SIGKILL');
    await startAggregator();
    expect(await deleting).toMatchObject({
      done: expect.arrayContaining(runs.map(({ run_id }) => run_id)),
      refused: [],
    });
    await settled();
    for (const { run_id } of runs) expect(await rowsOf(run_id)).toEqual({});
  });

  it('is refused while it goes on, with what to do', async () => {
    const open = await makeRun(1, 'open', false);
    await settled();
    for (const decision of ['archive', 'delete'] as const) {
      const { done, refused } = await decide(decision, open.run_id, newRunId());
      expect(done).toEqual([]);
      expect(refused).toMatchObject([
        { code: 'run_goes_on', message: expect.stringContaining('bw cancel') },
        { code: 'unknown_run' },
      ]);
    }
    expect((await rowsOf(open.run_id)).results).toBe(1);
  });
});

describe('an archived run', () => {
  it('is left out of lists, overview and findings unless it is asked for, and comes back as it was', async () => {
    const since = new Date(Date.now() - 3_600_000).toISOString();
    for (const value of [100, 101, 99, 100, 102, 98]) await makeRun(value, 'archived');
    const slow = await makeRun(150, 'archived');
    await settled();
    const { run_id } = slow;
    const overview = async () => (await query(fixture.nats, 'overview', { since })).rows[0];
    const found = async (archived?: 'hide' | 'include' | 'only') =>
      (await query(fixture.nats, 'findings', { search: 'archived', archived })).rows.map((row) => row.run_id);
    await vi.waitFor(async () => expect(await found()).toEqual([run_id]), WITHIN);
    // Its verdict is worked out in the background.
    await vi.waitFor(async () => expect(await rowsOf(run_id)).toHaveProperty('verdicts'), WITHIN);
    const before = {
      rows: await rowsOf(run_id),
      overview: await overview(),
      all: await listed({ search: 'archived' }),
    };
    expect(before.all).toHaveLength(7);

    expect(await decide('archive', run_id)).toEqual({ done: [run_id], refused: [] });
    expect(await decide('archive', run_id)).toEqual({ done: [run_id], refused: [] });
    expect(await listed({ search: 'archived' })).toEqual(before.all.filter((each) => each !== run_id));
    expect(await listed({ search: 'archived', archived: 'only' })).toEqual([run_id]);
    expect(await listed({ search: 'archived', archived: 'include' })).toEqual(before.all);
    expect([await found(), await found('only'), await found('include')]).toEqual([[], [run_id], [run_id]]);
    expect(await overview()).toMatchObject({
      finished_runs: (before.overview?.finished_runs ?? 0) - 1,
      open_regressions: (before.overview?.open_regressions ?? 0) - 1,
    });
    // Nothing of it is lost, and the run itself answers as before.
    expect(await rowsOf(run_id)).toEqual(before.rows);
    expect((await query(fixture.nats, 'run', { run_id })).rows).toMatchObject([{ archived_at: expect.any(String) }]);
    expect((await query(fixture.nats, 'findings', { run_id })).rows).toHaveLength(1);

    expect(await decide('restore', run_id)).toEqual({ done: [run_id], refused: [] });
    expect(await listed({ search: 'archived' })).toEqual(before.all);
    expect([await found(), await overview()]).toEqual([[run_id], before.overview]);
    const { rows: told } = await query(fixture.nats, 'events', { run_id });
    expect(told.filter(({ kind }) => kind === 'archived' || kind === 'restored')).toHaveLength(3);
    expect(told[0]?.message).toContain('tester');
  });
});
