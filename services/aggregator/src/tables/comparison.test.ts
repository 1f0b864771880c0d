import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { QUERIES } from '@benchwire/shared/contracts/query.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asked } from '../../test-support/asked.ts';
import { testDatabase } from '../../test-support/database.ts';
import type { Database } from '../adapters/database.ts';
import { findComparison } from './comparison.ts';

let database: Database;
let stop: () => Promise<void>;
const tagged = newRunId();
beforeAll(async () => {
  ({ database, stop } = await testDatabase());
  const point = (measured_at: string, value: number, changes: Record<string, unknown> = {}) => ({
    ...{ series_id: 's1', run_id: newRunId(), task_id: 't', attempt: 1, measured_at, metric: 'latency_ms', unit: 'ms' },
    ...{
      model: 'bert',
      pool: 'cpu-a',
      value,
      version: 1000 - value,
      branch: 'main',
      series_kind: 'result',
      ...changes,
    },
  });
  const rows = [
    point('2026-10-01 00:00:00.000', 1),
    point('2026-10-31 23:59:59.999', 2),
    point('2026-11-01 00:00:00.000', 3, { source: JSON.stringify({ version: '1.4' }) }),
    point('2026-11-30 23:59:59.999', 4, { run_id: tagged }),
    point('2026-11-15 00:00:00.000', 5, { branch: 'topic', commit: 'abcdef12' }),
    point('2026-11-15 00:00:00.000', 6, { series_id: 's2', metric: 'memory_mb', model: 'gpt2', pool: 'cuda-b' }),
    point('2026-12-01 00:00:00.000', 7),
  ];
  const store = (table: string, values: readonly unknown[]): Promise<void> =>
    database.command(`INSERT INTO ${table} FORMAT JSONEachRow\n${values.map((row) => JSON.stringify(row)).join('\n')}`);
  await store('results', rows);
  await store('runs', [
    { run_id: tagged, state: 'finished', tags: { release: '1.5' }, accepted_at: '2026-11-30 23:59:00.000' },
  ]);
});
afterAll(() => stop());

const OCTOBER = '2026-10-01T00:00:00.000Z..2026-11-01T00:00:00.000Z';
const NOVEMBER = '2026-11-01T00:00:00.000Z..2026-12-01T00:00:00.000Z';

async function sides(values: string[], filters: Record<string, unknown> = {}): Promise<Record<string, number[]>> {
  const rows = await findComparison(database, asked('comparison', { by: 'period', values, ...filters }));
  for (const row of rows) QUERIES.comparison.row.parse(row);
  return Object.fromEntries(rows.map((row) => [`${row.series_id} ${row.side}`, row.values.toSorted()]));
}

it('periods begin with their first moment and end before their last one', async () => {
  expect(await sides([OCTOBER, NOVEMBER])).toEqual({
    [`s1 ${OCTOBER}`]: [1, 2],
    [`s1 ${NOVEMBER}`]: [3, 4, 5],
    [`s2 ${NOVEMBER}`]: [6],
  });
});

it('what belongs to a release counts for it, and not for the period that it is in', async () => {
  expect(await sides(['version:1.4', NOVEMBER], { metric: 'latency_ms' })).toEqual({
    's1 version:1.4': [3],
    [`s1 ${NOVEMBER}`]: [4, 5],
  });
  expect(await sides(['tag:release=1.5', 'commit:abcd'])).toEqual({ 's1 tag:release=1.5': [4], 's1 commit:abcd': [5] });
  expect(await sides(['tag:release=1.6', 'tag:release'])).toEqual({ 's1 tag:release': [4] });
});

it('several metrics, models and hardware, and one branch, are asked for at once', async () => {
  expect(await sides([OCTOBER, NOVEMBER], { metric: ['latency_ms', 'memory_mb'], hardware: ['cuda'] })).toEqual({
    [`s2 ${NOVEMBER}`]: [6],
  });
  expect(await sides([OCTOBER, NOVEMBER], { model: ['bert'], branch: 'topic' })).toEqual({ [`s1 ${NOVEMBER}`]: [5] });
});

it('a side that is not a period is refused', () => {
  const parsed = QUERIES.comparison.parameters.safeParse({ by: 'period', values: [OCTOBER, 'last month'] });
  expect(parsed.error?.issues[0]).toMatchObject({ path: ['values', 1], message: '"last month" is no period' });
});
