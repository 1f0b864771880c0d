import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { QUERIES, type QueryName, type QueryReply } from '@benchwire/shared/contracts/query.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silent, testDatabase } from '../../../test-support/database.ts';
import { measured, received, someEvent, someOutcome } from '../../../test-support/messages.ts';
import type { Database } from '../../adapters/database.ts';
import { SqlProcess } from '../../adapters/sql-process.ts';
import { eventRows } from '../../decide/event-rows.ts';
import { streamOrder } from '../../decide/versions.ts';
import { answerQuery, type QueryContext } from '../../handlers/queries.ts';
import { writeEvents } from './events.ts';
import { toEntry, writeOutcomes } from './outcomes.ts';
import { writeMessages } from './write.ts';

let database: Database;
let stop: () => Promise<void>;
let statements: SqlProcess;
beforeAll(async () => {
  const opened = await testDatabase();
  ({ database, stop } = opened);
  statements = new SqlProcess(database, opened.config);
});
afterAll(async () => {
  await statements.stop();
  await stop();
});

const sql: QueryContext['sql'] = {
  answer: async ({ sql, max_bytes }) => {
    const answer = await statements.run(sql, max_bytes, new AbortController().signal);
    if ('no_answer' in answer) throw new Error(answer.no_answer);
    return answer;
  },
};

/** Outcomes at these places of the stream, as a batch that is old enough to be looked up. */
function entries(...list: Array<[sequence: number, outcome: Outcome]>) {
  return list.map(([sequence, outcome]) => {
    const { stored_at } = received(outcome, sequence);
    const read = { outcome, environment_json: JSON.stringify(outcome.environment) };
    return toEntry(read, { seq: sequence, time: stored_at, redelivered: true }, 0);
  });
}

async function writeEvent(event: ReturnType<typeof someEvent>, sequence: number, stored_at?: Date): Promise<void> {
  const message = received(event, sequence, stored_at === undefined ? {} : { stored_at });
  const decided = eventRows(event, streamOrder(message));
  if (!decided.ok) throw new Error(JSON.stringify(decided.issues));
  await writeEvents(database, [decided.rows]);
}

async function ask(
  name: QueryName,
  parameters: unknown,
  max_bytes = 1_000_000,
): Promise<Extract<QueryReply, { ok: true }>> {
  const reply = await answerQuery({ database, sql, max_bytes: () => max_bytes }, name, parameters);
  if (!reply.ok) throw new Error(JSON.stringify(reply.issues));
  for (const row of reply.rows) QUERIES[name].row.parse(row);
  return reply;
}

describe('outcomes in the database', () => {
  it('show each attempt once, in every form that the contract has', async () => {
    const run_id = newRunId();
    const outcome = someOutcome({ run_id, results: measured({ a_ms: 1.5, b_ms: 2 }), tags: { "it's": 'a\\b\n"' } });
    for (let i = 0; i < 3; i++) await writeOutcomes(database, entries([1, outcome]));
    expect((await ask('tasks', { run_id })).rows).toEqual([
      expect.objectContaining({
        task_id: 'a',
        state: 'completed',
        started_at: outcome.started_at,
        execution_time_seconds: 1.5,
      }),
    ]);
    const { rows } = await ask('results', { run_id });
    expect(rows.map((row) => [row.metric, row.value, row.ci_low, row.batch_size, row.steady])).toEqual([
      ['a_ms', 1.5, null, null, null],
      ['b_ms', 2, null, null, null],
    ]);
    const series_id = String(rows[0]?.series_id);
    expect((await ask('points', { series_id })).rows).toHaveLength(1);
    expect((await ask('series', { search: 'A_MS' })).rows).toMatchObject([{ series_id, points: 1, last_value: 1.5 }]);
    const sql = `SELECT tags['it\\'s'] AS tag, environment FROM attempts WHERE run_id = '${run_id}'`;
    expect((await ask('sql', { sql })).rows).toEqual([{ tag: 'a\\b\n"', environment: '{"cpu":"x","governor":null}' }]);
  });

  it('keep the first outcome of an attempt and its results alone, in any order and however often they come', async () => {
    const lost: Partial<Outcome> = {
      status: 'lost',
      error: { class: 'lost_worker', code: 'LOST', message: 'lost', retriable: true },
    };
    const options = fc.constantFrom<Partial<Outcome>>(
      lost,
      { results: measured({ a: 1, b: 2 }) },
      { results: measured({ b: 3, c: 4 }) },
      { results: measured({}) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(options, options),
        fc.array(fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
        async ([first, second], batches) => {
          const run_id = newRunId();
          const both: Array<[number, Outcome]> = [
            [1, someOutcome({ run_id, ...first })],
            [2, someOutcome({ run_id, ...second })],
          ];
          const pick = (which: number): [number, Outcome] => both[which] ?? both[0] ?? [1, someOutcome()];
          // Whatever was delivered, at last both were.
          for (const batch of [...batches, [0], [1]]) await writeOutcomes(database, entries(...batch.map(pick)));
          const { rows } = await ask('tasks', { run_id });
          expect(rows.map((row) => row.state)).toEqual([first.status === 'lost' ? 'waiting' : 'completed']);
          const results = await ask('results', { run_id });
          const expected = Object.entries(first.results?.metrics ?? {}).map(([metric, { value }]) => [metric, value]);
          expect(results.rows.map((row) => [row.metric, row.value])).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('page through tasks, results and histories that are larger than a message', async () => {
    const run_id = newRunId();
    const ids = Array.from({ length: 40 }, (_, n) => `t${String(n).padStart(2, '0')}`);
    const list = ids.map((task_id, n): [number, Outcome] => [
      n,
      someOutcome({ run_id, task_id, variant: task_id, results: measured({ x: n, y: n }) }),
    ]);
    await writeOutcomes(database, entries(...list));
    for (const [name, column] of [
      ['tasks', 'task_id'],
      ['results', 'task_id'],
      ['history', 'series_id'],
    ] as const) {
      const seen: unknown[] = [];
      let after = '';
      for (;;) {
        const parameters = name === 'history' ? { after_series_id: after } : { run_id, after_task_id: after };
        const page = await ask(name, parameters, 6000);
        seen.push(...page.rows.filter((row) => name !== 'history' || row.run_id === run_id).map((row) => row[column]));
        if (page.rows.length === 0 || !page.truncated) break;
        after = String(page.rows.at(-1)?.[column]);
      }
      expect(seen).toHaveLength(name === 'tasks' ? 40 : 80);
      expect(new Set(seen).size).toBe(name === 'history' ? 80 : 40);
    }
  });

  it('follow a run from its events to its end', async () => {
    const run_id = newRunId();
    const data = {
      request: request.parse({
        name: 'nightly',
        tags: { team: 'a' },
        tasks: [
          { task_id: 'n', executor: 'noop', repetitions: 2 },
          { task_id: 'e', config: { model: 'ocr' }, placement: 'each' },
        ],
      }),
      task_count: 3,
    };
    const states = async () =>
      Object.fromEntries((await ask('tasks', { run_id })).rows.map((row) => [row.task_id, row.state]));
    const run = async () => (await ask('run', { run_id })).rows[0];
    const finished = { total: 4, completed: 4, failed: 0, timed_out: 0, cancelled: 0, lost: 0 };

    await writeEvent(someEvent({ run_id, kind: 'accepted', data }), 1);
    expect(await states()).toEqual({ 'n-r1': 'waiting', 'n-r2': 'waiting', e: 'waiting' });
    expect(await run()).toMatchObject({
      name: 'nightly',
      state: 'accepted',
      tags: { team: 'a' },
      total: 3,
      waiting: 3,
    });

    await writeEvent(someEvent({ run_id, kind: 'bound', data: { task_id: 'e', pools: ['p1', 'p2'] } }), 2);
    await writeEvent(
      someEvent({ run_id, entity: 'task', kind: 'running', task_id: 'e--p1', attempt: 1, worker_id: 'w' }),
      3,
    );
    expect(await states()).toEqual({ 'n-r1': 'waiting', 'n-r2': 'waiting', 'e--p1': 'running', 'e--p2': 'waiting' });
    const [first] = (await ask('tasks', { run_id, state: 'running' })).rows;
    expect(first).toMatchObject({ task_id: 'e--p1', executor: 'onnx', model: 'ocr', worker_id: 'w', attempt: 1 });

    // The end may be told before the last outcome is stored: it does not show before.
    const now = new Date();
    await writeEvent(
      someEvent({ run_id, kind: 'finished', data: { counts: finished }, at: now.toISOString() }),
      9,
      now,
    );
    expect(await run()).toMatchObject({ state: 'accepted', finished_at: null, running: 1, waiting: 3, total: 4 });
    const ends = ['n-r1', 'n-r2', 'e--p1', 'e--p2'].map((task_id, n): [number, Outcome] => [
      n + 1,
      someOutcome({ run_id, task_id }),
    ]);
    await writeOutcomes(database, entries(...ends));
    expect(await run()).toMatchObject({ state: 'finished', completed: 4, waiting: 0, running: 0, total: 4 });
    expect((await ask('runs', {})).rows.map((row) => row.run_id)).toContain(run_id);
  });

  it('know a worker by the last that was said of it', async () => {
    const capabilities = {
      v: 1,
      worker_id: 'w-9',
      boot_id: 'b',
      hostname: 'lab',
      started_at: '2026-11-22T02:00:00.000Z',
      version: '1',
      devices: [
        {
          device_id: 'cpu-0',
          class: 'cpu',
          name: 'x',
          fingerprint: 'f',
          pool: 'cpu-1',
          memory_gb: null,
          cuda_compute: null,
          slots: 1,
          executors: ['noop'],
          commands: [],
          labels: {},
          environment: {},
        },
      ],
    };
    const worker = { entity: 'worker' as const, worker_id: 'w-9' };
    await writeEvent(someEvent({ ...worker, kind: 'joined', data: { capabilities } }), 1);
    await writeEvent(someEvent({ ...worker, kind: 'lost' }), 3);
    await writeEvent(someEvent({ ...worker, kind: 'draining' }), 2);
    expect((await ask('workers', {})).rows).toEqual([
      expect.objectContaining({ worker_id: 'w-9', hostname: 'lab', state: 'lost', pools: ['cpu-1'] }),
    ]);
  });
});

describe('a batch with a row that ClickHouse refuses', () => {
  it('loses that one message only', async () => {
    await database.command("ALTER TABLE attempts ADD CONSTRAINT no_poison CHECK task_id != 'poison'");
    const run_id = newRunId();
    const ids = ['a', 'b', 'poison', 'c', 'd', 'e'];
    const batch = entries(...ids.map((task_id, n): [number, Outcome] => [n, someOutcome({ run_id, task_id })]));
    const results = await writeMessages(batch, (some) => writeOutcomes(database, some), {
      log: silent,
      signal: new AbortController().signal,
    });
    await database.command('ALTER TABLE attempts DROP CONSTRAINT no_poison');
    expect(results.map((result) => result.kind)).toEqual(['ok', 'ok', 'dead_letter', 'ok', 'ok', 'ok']);
    expect(results[2]).toMatchObject({ issues: [{ code: 'violated_constraint' }] });
    const stored = await database.query('SELECT task_id FROM attempts FINAL WHERE run_id = {run_id:UUID}', { run_id });
    expect(stored).toHaveLength(5);
  });

  it('keeps half a surrogate pair instead of refusing it', async () => {
    const run_id = newRunId();
    const error = { class: 'unknown', code: 'X', message: 'cut \ud83d', retriable: false } as const;
    await writeOutcomes(database, entries([1, someOutcome({ run_id, status: 'failed', error })]));
    expect((await ask('tasks', { run_id })).rows).toHaveLength(1);
  });

  it('is held back while ClickHouse cannot take it, and given back when the service stops', async () => {
    const stopping = new AbortController();
    const away = Object.assign(new Error('memory'), { code: '241', type: 'MEMORY_LIMIT_EXCEEDED' });
    let tries = 0;
    const results = await writeMessages(
      [1, 2],
      async () => {
        if (++tries === 2) stopping.abort();
        throw away;
      },
      { log: silent, signal: stopping.signal },
    );
    expect(results.map((result) => result.kind)).toEqual(['retry', 'retry']);
    expect(tries).toBe(2);
  });
});
