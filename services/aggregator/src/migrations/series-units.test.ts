import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { pointsOf, seriesId } from '@benchwire/shared/contracts/series.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asked } from '../../test-support/asked.ts';
import { silent, testDatabase } from '../../test-support/database.ts';
import { measured, someOutcome } from '../../test-support/messages.ts';
import type { Database } from '../adapters/database.ts';
import { outcomeRows } from '../decide/outcome-rows.ts';
import { streamOrder } from '../decide/versions.ts';
import { findPoints, findSeries, results } from '../tables/results.ts';
import { insertRows } from '../tables/table.ts';
import { convertStoredUnits } from './series-units.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await testDatabase());
});
afterAll(() => stop());

/** A place in the stream, of a message that was stored just now. */
const placeIn = (sequence: number): number => streamOrder({ stored_at: new Date(), sequence });

/** A point as it was stored before 0.4: under a name without the unit's family, as it was printed. */
async function storeOld(metric: string, value: number, unit: string, order: number): Promise<void> {
  const outcome = someOutcome({ run_id: newRunId(), results: measured({ [metric]: value }) });
  const [point] = pointsOf(outcome);
  const [row] = outcomeRows(outcome, placeIn(order)).results;
  if (point === undefined || row === undefined) throw new Error('the outcome has no point');
  const { unit_family: _, ...key } = point.key;
  const old = { ...row, series_id: seriesId(key), value, unit, ci_low: null, ci_high: null };
  await insertRows(database, results, [{ ...old, printed_value: null, printed_unit: '' }]);
}

it('a model whose path was written in several ways has one history', async () => {
  for (const [order, model] of ['./models/a.onnx', 'models//a.onnx', 'models/a.onnx'].entries()) {
    const outcome = someOutcome({ run_id: newRunId(), model, results: measured({ path_ms: 5 }) });
    const [row] = outcomeRows(outcome, placeIn(20 + order)).results;
    if (row === undefined) throw new Error('the outcome has no point');
    // As its name was made before: of the path as it was written.
    await insertRows(database, results, [{ ...row, series_id: `old-${model}` }]);
  }
  for (let times = 0; times < 2; times++) {
    await convertStoredUnits(database, silent);
    expect(await findSeries(database, asked('series', { search: 'path_ms' }))).toMatchObject([{ points: 3 }]);
  }
});

it('points that were stored in several units become histories of one unit each, once', async () => {
  await storeOld('step_time', 12.3, 'ms', 1);
  await storeOld('step_time', 0.0124, 's', 2);
  await storeOld('step_time', 700, 'MB', 3);
  await storeOld('decode', 40, 'tok/s', 4);
  await storeOld('load_ms', 5, '', 5);
  await storeOld('accuracy', 0.9, '', 6);
  for (let times = 0; times < 2; times++) {
    await convertStoredUnits(database, silent);
    const series = (await findSeries(database, asked('series', {})))
      .filter(({ metric }) => metric !== 'path_ms')
      .map(({ metric, unit, points }) => `${metric} ${unit} ${points}`);
    expect(series.sort()).toEqual([
      'accuracy  1',
      'decode tokens/s 1',
      'load_ms ms 1',
      'step_time MB 1',
      'step_time ms 2',
    ]);
  }
  const all = await findSeries(database, asked('series', { search: 'step_time' }));
  const inMs = all.find(({ unit }) => unit === 'ms');
  const points = await findPoints(database, asked('points', { series_id: inMs?.series_id ?? '' }));
  expect(points.map(({ value, printed_value, printed_unit }) => [value, printed_value, printed_unit]).sort()).toEqual([
    [12.3, null, ''],
    [12.4, 0.0124, 's'],
  ]);
});
