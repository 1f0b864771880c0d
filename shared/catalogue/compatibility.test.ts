import { describe, expect, it } from 'vitest';
import type { CompatibilityRow, CoverageRow } from '../contracts/rows.ts';
import { type CompatibilityFacts, compatibilityOf } from './compatibility.ts';
import { coverageOf, modelTypes } from './model-types.ts';
import { listModels } from './models.ts';

const AT = '2026-11-22T02:00:00.000Z';
const row = (changes: Partial<CompatibilityRow> = {}): CompatibilityRow => ({
  ...{ model: 'bert', executor: 'torch', precision: 'fp32', hardware: 'cpu', completed: 1, failed: 0, devices: 1 },
  ...{ last_status: 'completed', last_at: AT, run_id: '0', task_id: 't', error_class: '', error_code: '' },
  ...{
    error_message: '',
    latency_ms: 2,
    batch_size: 1,
    throughput_items_per_second: 500,
    memory_mb: null,
    series_id: 's',
  },
  ...changes,
});
const covered = (changes: Partial<CoverageRow>): CoverageRow => ({
  ...{ model: 'bert', executor: 'torch', hardware: 'cpu', precision: 'fp32', stage: 'forward', reason: '' },
  ...{
    parameters: 1,
    peak_memory_mb: 1,
    difference: null,
    seconds: 1,
    checked_at: AT,
    versions: '{}',
    stage_before: '',
  },
  ...changes,
});
const facts = (changes: Partial<CompatibilityFacts> = {}): CompatibilityFacts => ({
  ...{ models: listModels(), rows: [], coverage: [], hardware: ['cpu'] },
  ...changes,
});

describe('the compatibility matrix', () => {
  it('prefers outcomes to a coverage run, and that to what is recorded', () => {
    const failed = row({ last_status: 'failed', error_class: 'bad_model', error_message: 'why', latency_ms: null });
    const of = (given: Partial<CompatibilityFacts>) =>
      compatibilityOf(facts(given), { search: 'bert', family: ['bert'], executor: ['torch'] }).items;
    expect(of({ rows: [failed], coverage: [covered({})] })).toMatchObject([
      { model: 'bert', state: 'fails', reason: 'why', source: 'outcomes', latency_ms: null },
    ]);
    expect(of({ coverage: [covered({ stage: 'model', reason: 'no inputs' })] })).toMatchObject([
      { state: 'fails', reason: 'no inputs', source: 'coverage', stage: 'model', last_at: AT },
    ]);
    expect(of({})).toMatchObject([{ state: 'works', source: 'coverage', last_at: null }]);
  });

  it('has a cell for each precision and class of hardware, with the numbers of what works', () => {
    const rows = [row({ precision: 'bf16' }), row({ hardware: 'cuda', latency_ms: 0.5 })];
    const { items, counts } = compatibilityOf(facts({ rows, hardware: ['cpu', 'cuda'] }), {
      family: ['bert'],
      executor: ['torch'],
      state: ['works', 'untested'],
    });
    expect(items.map(({ hardware, precision, state, latency_ms }) => [hardware, precision, state, latency_ms])).toEqual(
      expect.arrayContaining([
        ['cpu', 'bf16', 'works', 2],
        ['cuda', 'fp32', 'works', 0.5],
      ]),
    );
    expect(counts.works + counts.fails + counts.untested).toBe(items.length + counts.fails);
  });

  it('has every model once for each executor that may run it, and a reason wherever it does not work', () => {
    const states = ['works', 'fails', 'untested'] as const;
    const { items, counts } = compatibilityOf(facts(), { state: states });
    const files = listModels().length - modelTypes().size;
    expect(items).toHaveLength(2 * modelTypes().size + files);
    expect(new Set(items.map((cell) => JSON.stringify([cell.model, cell.executor]))).size).toBe(items.length);
    for (const { model, state, reason } of items) expect([model, reason === null]).toEqual([model, state === 'works']);
    const forward = [...modelTypes().keys()].filter((type) => {
      const { stage } = coverageOf(type);
      return ['forward', 'export', 'onnxruntime', 'equal'].includes(stage);
    });
    expect(compatibilityOf(facts(), { executor: ['torch'] }).counts.works).toBe(forward.length);
    expect(counts.untested).toBeGreaterThan(0);
  });

  it('lists what nobody tried only where it is asked for, and keeps models that the catalogue does not have', () => {
    const rows = [row({ model: './models/mine.onnx', executor: 'onnx' })];
    const { items } = compatibilityOf(facts({ rows }), {});
    expect(items.filter(({ state }) => state === 'untested')).toEqual([]);
    expect(items.find(({ model }) => model === './models/mine.onnx')).toMatchObject({ state: 'works', family: '' });
  });
});
