import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { QUERIES, type QueryName, type QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { TestCase } from '@benchwire/shared/contracts/test-results.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabase } from '../../test-support/database.ts';
import { received, someOutcome } from '../../test-support/messages.ts';
import type { Database } from '../adapters/database.ts';
import { answerQuery } from '../handlers/queries.ts';
import { toEntry, writeOutcomes } from '../sinks/clickhouse/outcomes.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await testDatabase());
});
afterAll(() => stop());

async function ask<N extends QueryName>(name: N, parameters: unknown): Promise<Array<QueryRow<N>>> {
  const sql = { answer: () => Promise.reject(new Error('no SQL here')) };
  const reply = await answerQuery({ database, sql, max_bytes: () => 1_000_000 }, name, parameters);
  if (!reply.ok) throw new Error(JSON.stringify(reply.issues));
  return reply.rows.map((row) => QUERIES[name].row.parse(row) as QueryRow<N>);
}

let sequence = 0;

/** An outcome of a task that ran these cases: `name` to the letter of its state. */
async function ran(cases: Record<string, 'p' | 'f' | 'e' | 's'>, changes: Partial<Outcome> = {}): Promise<Outcome> {
  const states = { p: 'passed', f: 'failed', e: 'error', s: 'skipped' } as const;
  const list = Object.entries(cases).map(
    ([name, letter]): TestCase => ({
      ...{ name, class: "it's.a\\Class", file: '', state: states[letter], seconds: letter === 'p' ? 0.5 : null },
      ...(letter === 'f' ? { message: `${name} broke` } : {}),
    }),
  );
  const tests = {
    ...{ total: list.length, passed: 0, failed: 0, errors: 0, skipped: 0, seconds: null, reports: ['r.xml'] },
    cases: list,
  };
  const outcome = someOutcome({ run_id: newRunId(), executor: 'command', results: { tests }, ...changes });
  await store(outcome, ++sequence);
  return outcome;
}
const store = (outcome: Outcome, seq: number): Promise<void> => {
  const read = { outcome, environment_json: JSON.stringify(outcome.environment) };
  const time = received(outcome, seq).stored_at;
  return writeOutcomes(database, [toEntry(read, { seq, time, redelivered: true }, 0)]);
};
const at = (commit: string) => ({ source: { commit } });

describe('test cases', () => {
  it('of a run are those of the newest attempt, the failed ones first, each once however often it comes', async () => {
    const first = await ran({ a: 'f', b: 'p' }, { benchmark: 'run', status: 'failed', attempt: 1 });
    const second = await ran(
      { a: 'p', b: 'p', c: 's', d: 'e' },
      { benchmark: 'run', run_id: first.run_id, attempt: 2 },
    );
    await store(second, sequence);
    const rows = await ask('run_tests', { run_id: first.run_id });
    expect(rows.map(({ name, state, attempt }) => `${name} ${state} ${attempt}`)).toEqual([
      ...['d error 2', 'c skipped 2', 'a passed 2', 'b passed 2'],
    ]);
    expect((await ask('run_tests', { run_id: first.run_id, states: ['skipped'] })).map(({ name }) => name)).toEqual([
      'c',
    ]);
    expect(await ask('run_tests', { run_id: first.run_id, task_id: 'other' })).toEqual([]);
  });

  it('are counted by what the program reported, also where only some of them are kept', async () => {
    const { run_id, results } = await ran({ a: 'f' }, { benchmark: 'many', status: 'failed', attempt: 1 });
    const tests = {
      ...results.tests,
      total: 11_920,
      passed: 11_800,
      failed: 19,
      errors: 1,
      skipped: 100,
      seconds: 2.5,
    };
    const left_out = { ...tests, cases_left_out: 11_919 } as never;
    await ran({}, { run_id, benchmark: 'many', attempt: 2, results: { tests: left_out } });
    expect(await ask('test_counts', { run_id })).toEqual([
      {
        ...{ task_id: 'a', attempt: 2, total: 11_920, passed: 11_800, failed: 19, errors: 1, skipped: 100 },
        ...{ seconds: 2.5, cases_left_out: 11_919 },
      },
    ]);
    expect(await ask('test_counts', { run_id: newRunId() })).toEqual([]);
  });

  it('of a second outcome of an attempt are taken back when the first one comes late', async () => {
    const run_id = newRunId();
    const later = await ran({ only_second: 'p', both: 'f' }, { run_id, benchmark: 'late' });
    await store(
      {
        ...later,
        results: {
          tests: {
            ...later.results.tests,
            cases: [{ ...(later.results.tests?.cases[1] as TestCase), state: 'passed' }],
          } as never,
        },
      },
      0,
    );
    expect((await ask('run_tests', { run_id })).map(({ name, state }) => `${name} ${state}`)).toEqual(['both passed']);
  });

  it('are flaky where they pass and fail with one commit and pool, and broken where the commit differs', async () => {
    for (const letter of ['p', 'f', 'p', 'p'] as const)
      await ran({ flaky: letter, whole: 'p' }, { benchmark: 'x', ...at('c1') });
    await ran({ flaky: 'p', whole: 'p', broken: 'p' }, { benchmark: 'x', ...at('c2') });
    for (let n = 0; n < 3; n++) await ran({ broken: 'f', sleeps: 's' }, { benchmark: 'x', ...at('c3') });
    await ran({ pools: 'p' }, { benchmark: 'x', ...at('c3'), pool: 'cpu-1' });
    await ran({ pools: 'f' }, { benchmark: 'x', ...at('c3'), pool: 'cpu-2' });
    const rows = await ask('tests', { benchmark: 'x' });
    const recent = Object.fromEntries(rows.map((row) => [row.name, row.recent.map(([letter]) => letter).join('')]));
    expect(recent).toEqual({ broken: 'fffp', pools: 'fp', flaky: 'pppfp', whole: 'ppppp', sleeps: 'sss' });
    const shown = rows.map((row) => [
      row.name,
      row.last_state,
      row.executions,
      row.failures,
      row.flaky_programs,
      row.flakiness,
    ]);
    expect(shown).toEqual([
      ['broken', 'failed', 4, 3, 0, 0],
      ['pools', 'failed', 2, 1, 0, null],
      ['flaky', 'passed', 5, 1, 1, 0.25],
      ['whole', 'passed', 5, 0, 0, 0],
      ['sleeps', 'skipped', 0, 0, 0, null],
    ]);
    expect(rows.find(({ name }) => name === 'flaky')).toMatchObject({ seconds: 0.5, programs: 2, last_message: '' });
    expect(rows[0]).toMatchObject({ last_message: 'broken broke', seconds: 0.5, skipped: 0 });
    const names = async (parameters: object): Promise<string[]> =>
      (await ask('tests', { benchmark: 'x', ...parameters })).map(({ name }) => name);
    expect(await names({ only: ['flaky'] })).toEqual(['flaky']);
    expect(await names({ only: ['failing'] })).toEqual(['broken', 'pools']);
    expect(await names({ search: "it's.a\\class\nFLAKY" })).toEqual([]);
    expect(await names({ search: 'FLAKY' })).toEqual(['flaky']);
    // Of the last two executions nothing is flaky.
    expect(await names({ only: ['flaky'], executions: 2 })).toEqual([]);
  });

  it('without a commit are flaky where they pass and fail with the same settings', async () => {
    const none = { benchmark: 'y', source: null };
    for (const letter of ['p', 'f', 'f', 'p'] as const) await ran({ a: letter }, { ...none, variant: 'v1' });
    await ran({ b: 'p' }, { ...none, variant: 'v1' });
    await ran({ b: 'f' }, { ...none, variant: 'v2' });
    const rows = await ask('tests', { benchmark: 'y' });
    expect(rows.map(({ name, flaky_programs, flakiness }) => [name, flaky_programs, flakiness])).toEqual([
      ['b', 0, null],
      ['a', 1, 0.5],
    ]);
    const [a] = await ask('tests', { benchmark: 'y', search: '\na' });
    const history = await ask('test_history', { case_id: a?.case_id, limit: 3 });
    expect(history.map(({ state }) => state)).toEqual(['passed', 'failed', 'failed']);
  });

  it('tell a service that starts how they ended, the newest first, and only what the stream got before a time', async () => {
    const known = await ran({ z: 'p' }, { benchmark: 'states' });
    for (const letter of ['f', 's', 'p'] as const) await ran({ z: letter }, { benchmark: 'states' });
    const [row] = await ask('run_tests', { run_id: known.run_id });
    const states = async (more: object): Promise<unknown> =>
      (await ask('test_states', { after_case_id: `${String(row?.case_id).slice(0, -1)}`, ...more }))
        .filter(({ case_id }) => case_id === row?.case_id)
        .map(({ bad }) => bad.map(Boolean));
    expect(await states({})).toEqual([[false, true, false]]);
    const time = new Date(Date.parse('2026-11-22T02:00:00.000Z') + sequence).toISOString();
    expect(await states({ stored_before: time })).toEqual([[true, false]]);
  });
});
