import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { QUERIES } from '@benchwire/shared/contracts/query.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asked } from '../../test-support/asked.ts';
import { testDatabase } from '../../test-support/database.ts';
import type { Database } from '../adapters/database.ts';
import { findFaultTolerance } from './fault-tolerance.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await testDatabase());
});
afterAll(() => stop());

async function store(table: string, rows: ReadonlyArray<Record<string, unknown>>): Promise<void> {
  const values = rows.map((row) => JSON.stringify(row)).join('\n');
  await database.command(`INSERT INTO ${table} FORMAT JSONEachRow\n${values}`);
}

// Recent: events are kept for some months only.
const DAY_MS = 86_400_000;
const day = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
const [YESTERDAY, LONG_AGO] = [day(-1), day(-20)];
const time = (minute: number): string => `${YESTERDAY} 10:${String(minute).padStart(2, '0')}:00.000`;
const iso = (minute: number): string => `${time(minute).replace(' ', 'T')}Z`;
const RANGE = { since: `${YESTERDAY}T10:00:00.000Z`, until: `${YESTERDAY}T11:00:00.000Z` };
const found = async (range = RANGE) =>
  QUERIES.fault_tolerance.row.parse((await findFaultTolerance(database, asked('fault_tolerance', range)))[0]);

/** The attempts of one task, a minute apart: where each ran, and the class of its failure or how else it ended. */
function task(minute: number, ...attempts: Array<[worker_id: string, pool: string, end: string]>) {
  const run_id = newRunId();
  return attempts.map(([worker_id, pool, end], place) => {
    const status = ['completed', 'cancelled'].includes(end) ? end : 'failed';
    const ended = { status, error_class: end === 'completed' ? '' : end, error_code: 'X' };
    const at = minute + place;
    const times = { queued_at: time(at), started_at: time(at), finished_at: time(at) };
    return { run_id, task_id: 't', attempt: place + 1, worker_id, pool, ...ended, ...times, version: 1 };
  });
}

it('is empty where nothing ended', async () => {
  expect(await found()).toEqual({
    ...{ ...RANGE, bucket_seconds: 60, attempts: 0, failed_attempts: 0, failed_tasks: 0, recovered_tasks: 0 },
    ...{ pools: [], failures: [], strategies: [], quarantines: [], circuits: [], truncated: [] },
  });
});

it('counts failures by time, pool and class, and what helped after each class', async () => {
  const [a, b] = ['cpu-a', 'cuda-b'];
  await store('attempts', [
    ...task(1, ['w1', a, 'crash'], ['w2', a, 'crash'], ['w3', b, 'completed']),
    ...task(1, ['w1', a, 'timeout'], ['w1', a, 'completed']),
    ...task(1, ['w1', a, 'timeout'], ['w1', a, 'timeout']),
    ...task(1, ['w1', a, 'crash'], ['w2', a, 'cancelled']),
    ...task(1, ['w1', a, 'crash'], ['', '', 'no_pool']),
    ...task(5, ['w1', a, 'completed']),
    ...task(59, ['w1', a, 'crash'], ['w1', a, 'completed']),
  ]);
  const row = await found();
  expect(row).toMatchObject({ attempts: 12, failed_attempts: 9, failed_tasks: 6, recovered_tasks: 2 });
  expect(row.pools).toEqual([
    { pool: a, attempts: 10, failed: 8 },
    { pool: '', attempts: 1, failed: 1 },
    { pool: b, attempts: 1, failed: 0 },
  ]);
  expect(row.failures).toContainEqual({ at: iso(1), pool: a, error_class: 'crash', attempts: 3 });
  expect(row.failures.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(9);
  const strategy = (name: string, error_class: string, times: number, succeeded: number) => ({
    ...{ strategy: name, error_class, times, decided: times, succeeded },
    median_seconds: succeeded === 0 ? null : 60,
  });
  expect(row.strategies).toEqual([
    strategy('same_worker', 'timeout', 2, 1),
    strategy('other_pool', 'crash', 1, 1),
    strategy('other_worker', 'crash', 1, 0),
  ]);
  const months = await found({ since: `${day(-29)}T00:00:00.000Z`, until: `${day(30)}T00:00:00.000Z` });
  expect(months).toMatchObject({ bucket_seconds: 86_400, attempts: 13, recovered_tasks: 3 });
  expect(new Set(months.failures.map(({ at }) => at))).toEqual(new Set([`${YESTERDAY}T00:00:00.000Z`]));
});

it('has the quarantines and circuits of the time, and how the next attempt ended', async () => {
  const event = (minute: number, kind: string, more: Record<string, unknown> = {}) => ({
    ...{ run_id: null, event_id: crypto.randomUUID(), at: time(minute), entity: 'worker', kind, version: 1 },
    ...{ worker_id: 'w9', message: kind, ...more },
  });
  const circuit = (minute: number, kind: string) =>
    event(minute, kind, {
      ...{ entity: 'service', worker_id: '' },
      data: JSON.stringify({ subject: 'onnx bert', hardware: 'cpu', error_class: 'crash', workers: [], until: iso(9) }),
    });
  const paused = (minute: number, kind: string, worker_id: string) =>
    event(minute, 'paused', { worker_id, data: JSON.stringify({ paused: { kind, message: 'x', since: iso(0) } }) });
  const before = { at: `${LONG_AGO} 00:00:00.000` };
  await store('events', [
    ...[event(10, 'quarantined'), paused(11, 'quarantined', 'w9'), event(12, 'released'), event(13, 'changed')],
    ...[paused(20, 'quarantined', 'by-hand'), paused(20, 'hot', 'hot'), event(22, 'changed', { worker_id: 'hot' })],
    event(0, 'quarantined', { worker_id: 'since-long', ...before }),
    event(0, 'quarantined', { worker_id: 'long-ago', ...before }),
    event(0, 'released', { worker_id: 'long-ago', ...before, at: `${LONG_AGO} 00:01:00.000` }),
    ...[circuit(30, 'circuit_opened'), circuit(31, 'circuit_half_open'), circuit(32, 'circuit_closed')],
  ]);
  await store('workers', [{ worker_id: 'since-long', state: 'quarantined', changed_at: before.at, version: 1 }]);
  await store('attempts', [...task(11, ['w9', 'cpu-a', 'crash']), ...task(14, ['w9', 'cpu-a', 'completed'])]);
  const { quarantines, circuits, strategies } = await found();
  expect(quarantines).toMatchObject([
    { worker_id: 'by-hand', by: 'user', started_at: iso(20), ended_at: null, next_status: null },
    { worker_id: 'w9', by: 'scheduler', started_at: iso(10), ended_at: iso(12), next_status: 'completed' },
    { worker_id: 'since-long', started_at: `${LONG_AGO}T00:00:00.000Z`, ended_at: null },
  ]);
  expect(circuits).toMatchObject([{ subject: 'onnx bert', opened_at: iso(30), closed_at: iso(32), trials_failed: 0 }]);
  expect(strategies.slice(-2)).toEqual([
    { strategy: 'circuit_breaker', error_class: 'crash', times: 1, decided: 1, succeeded: 1, median_seconds: 120 },
    { strategy: 'quarantine', error_class: '', times: 3, decided: 1, succeeded: 1, median_seconds: 120 },
  ]);
});
