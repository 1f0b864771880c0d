import { eventOf } from '@benchwire/shared/contracts/event.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { CoveredModel } from '@benchwire/shared/contracts/model-coverage.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { QUERIES } from '@benchwire/shared/contracts/query.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asked } from '../../test-support/asked.ts';
import { testDatabase } from '../../test-support/database.ts';
import { measured, received, someOutcome } from '../../test-support/messages.ts';
import type { Database } from '../adapters/database.ts';
import { eventRows } from '../decide/event-rows.ts';
import { streamOrder } from '../decide/versions.ts';
import { writeEvents } from '../sinks/clickhouse/events.ts';
import { toEntry, writeOutcomes } from '../sinks/clickhouse/outcomes.ts';
import { findCompatibility } from './compatibility.ts';
import { findCoverage } from './model-coverage.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await testDatabase());
});
afterAll(() => stop());

let sequence = 0;
async function store(...outcomes: Array<Partial<Outcome>>): Promise<void> {
  const entries = outcomes.map((changes) => {
    const outcome = someOutcome({ executor: 'torch', precision: 'fp32', run_id: newRunId(), ...changes });
    sequence += 1;
    const place = { seq: sequence, time: received(outcome, sequence).stored_at, redelivered: false };
    return toEntry({ outcome, environment_json: '{}' }, place, 0);
  });
  await writeOutcomes(database, entries);
}

const failed = (finished_at: string): Partial<Outcome> => ({
  ...{ status: 'failed', finished_at },
  error: { class: 'bad_model', code: 'MODEL_FAILED', message: 'no such layer', retriable: false },
});
const compatibility = async (model: string) => {
  const rows = await findCompatibility(database, asked('compatibility', { model }));
  return rows.map((row) => QUERIES.compatibility.row.parse(row));
};

describe('the compatibility matrix', () => {
  it('has a cell for each hardware, executor and precision, with the numbers or the reason of the newest attempt', async () => {
    const latency = (latency_ms: number) => measured({ latency_ms });
    await store(
      { model: 'bert', results: latency(4), finished_at: '2026-11-22T01:00:01.000Z' },
      { model: 'bert', results: latency(5), finished_at: '2026-11-22T01:00:02.000Z' },
      { model: 'bert', precision: 'bf16', ...failed('2026-11-22T01:00:02.000Z') },
      { model: 'bert', pool: 'cuda-87654321', results: latency(1) },
    );
    expect(await compatibility('bert')).toMatchObject([
      { hardware: 'cpu', precision: 'bf16', last_status: 'failed', completed: 0, failed: 1, latency_ms: null },
      { hardware: 'cpu', precision: 'fp32', last_status: 'completed', completed: 2, failed: 0, latency_ms: 5 },
      { hardware: 'cuda', precision: 'fp32', last_status: 'completed', latency_ms: 1, error_message: '' },
    ]);
    expect((await compatibility('bert'))[0]).toMatchObject({
      error_class: 'bad_model',
      error_message: 'no such layer',
    });
  });

  it('follows the newest attempt, in whatever order they are stored', async () => {
    await store(
      { model: 'gpt2', ...failed('2026-11-22T01:00:05.000Z') },
      { model: 'gpt2', finished_at: '2026-11-22T01:00:01.000Z', results: measured({ latency_ms: 3 }) },
    );
    expect(await compatibility('gpt2')).toMatchObject([{ last_status: 'failed', completed: 1, failed: 1 }]);
    await store({ model: 'gpt2', finished_at: '2026-11-22T01:00:09.000Z' });
    expect(await compatibility('gpt2')).toMatchObject([{ last_status: 'completed', completed: 2, error_class: '' }]);
  });

  it('leaves out what says nothing of the model', async () => {
    const lost = { class: 'lost_worker', code: 'LOST', message: 'gone', retriable: true } as const;
    await store(
      { model: 'vit', status: 'cancelled', error: { ...lost, class: 'cancelled' } },
      { model: 'vit', status: 'lost', error: lost },
      { model: 'vit', simulation_status: { is_simulated: true, reason: 'a test' } },
    );
    expect(await compatibility('vit')).toEqual([]);
  });
});

describe('coverage of model types', () => {
  const fact = (changes: Partial<CoveredModel>): CoveredModel => ({
    ...{ model: 'bert', executor: 'torch', stage: 'forward', reason: null },
    ...{ parameters: 10, peak_memory_mb: 500, difference: null, seconds: 1 },
    ...changes,
  });
  async function record(checked_at: string, torch: string, models: CoveredModel[]): Promise<void> {
    const data = { checked_at, hardware: 'cpu' as const, precision: 'fp32', versions: { torch }, models };
    const event = eventOf('model.covered', { at_ms: Date.parse(checked_at), event_id: checked_at, message: 'm', data });
    sequence += 1;
    const decided = eventRows(event, streamOrder(received(event, sequence)));
    if (!decided.ok) throw new Error(JSON.stringify(decided.issues));
    // Delivered twice, it counts once.
    await writeEvents(database, [decided.rows, decided.rows]);
  }

  it('is that of the newest run, with the stage that other packages reached before', async () => {
    await record('2026-11-02T00:00:00.000Z', '2.14.0', [fact({}), fact({ executor: 'onnx', stage: 'equal' })]);
    await record('2026-11-03T00:00:00.000Z', '2.15.0', [
      fact({}),
      fact({ executor: 'onnx', stage: 'export', reason: 'no kernel' }),
    ]);
    const rows = await findCoverage(database, asked('coverage', {}));
    expect(rows.map((row) => QUERIES.coverage.row.parse(row))).toMatchObject([
      { executor: 'onnx', stage: 'export', stage_before: 'equal', reason: 'no kernel', versions: '{"torch":"2.15.0"}' },
      { executor: 'torch', stage: 'forward', stage_before: 'forward', reason: '' },
    ]);
    expect(await findCoverage(database, asked('coverage', { stage: 'equal' }))).toEqual([]);
    expect(await findCoverage(database, asked('coverage', { stage: 'export', executor: 'onnx' }))).toHaveLength(1);
  });
});
