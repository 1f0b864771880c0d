import { describe, expect, it } from 'vitest';
import { coverageOf, workloadOf } from '../catalogue/model-types.ts';
import { benchmarkIssues, benchmarkRun, modelsOf } from '../contracts/benchmark.ts';
import { request } from '../contracts/request.ts';
import type { MatrixRow } from '../contracts/rows.ts';
import { variantOf } from '../contracts/series.ts';
import { taskSpec } from '../contracts/task.ts';
import type { Device } from '../contracts/worker.ts';
import { type PlanFacts, planOf } from './plan-benchmark.ts';

const NOW = Date.parse('2026-11-30T12:00:00.000Z');
const device = (changes: Partial<Device> = {}): Device => ({
  ...{ device_id: 'd', class: 'cpu', name: 'n', fingerprint: 'f', pool: 'cpu-1', memory_gb: 16, cuda_compute: null },
  ...{ slots: 1, executors: ['onnx', 'torch'], commands: [], labels: {}, environment: {} },
  ...changes,
});
const row = (changes: Partial<MatrixRow> = {}): MatrixRow => ({
  ...{ series_id: 's', benchmark: 'benchmark', model: 'bert', precision: 'fp32', batch_size: 1, metric: 'latency_ms' },
  ...{ pool: 'cpu-1', unit: 'ms', value: 1, ci_low: null, ci_high: null, samples: 1, run_id: 'r', task_id: 't' },
  ...{ measured_at: '2026-11-30T11:00:00.000Z', better: '', note_codes: [], notes: [], executor: 'torch' },
  ...{ scenario: '', variant: '', fingerprint: 'f' },
  ...changes,
});

function plan(written: object, facts: Partial<PlanFacts> = {}) {
  const run = benchmarkRun.parse(written);
  const planned = planOf(run, { devices: [device()], measured: [], now_ms: NOW, ...facts });
  const tasks = planned.request === null ? [] : request.parse(planned.request).tasks;
  return { ...planned, tasks };
}

describe('a benchmark is planned by what the fleet offers', () => {
  it.each([
    ['no PyTorch', { models: ['bert'] }, [device({ executors: ['onnx'] })], 'executor', 'bw runner install torch'],
    ['no worker at all', { models: ['bert'] }, [], 'executor', 'bw runner install torch'],
    ['not that hardware', { models: ['bert'], hardware: ['cuda'] }, [device()], 'hardware', 'torch on cuda'],
  ])('%s: left out with the reason, unless it may wait', (_, written, devices, lacks, reason) => {
    expect(plan(written, { devices })).toMatchObject({
      request: null,
      no_worker: [{ model: 'bert', lacks, reason: expect.stringContaining(reason) }],
    });
    const waiting = plan({ ...written, wait_for_workers: true }, { devices });
    expect(waiting.no_worker).toHaveLength(1);
    expect(waiting.tasks).toMatchObject([{ executor: 'torch', config: { model: 'bert' } }]);
  });

  it('measures again what has the latency and lacks another metric of the type', () => {
    const written = { models: ['bert'], type: 'both', incremental: true };
    const measured = ['latency_ms', 'latency_ms_at_4_streams'].map((metric) => row({ metric }));
    expect(plan(written, { measured }).tasks).toHaveLength(1);
    const of_model = row({ metric: 'model_initialization_ms', batch_size: null });
    expect(plan(written, { measured: [...measured, of_model] }).request).toBeNull();
    expect(plan({ ...written, batch_sizes: 'auto' }, { measured: [...measured, of_model] }).tasks).toMatchObject([
      { config: { batch_sizes: 'auto' } },
    ]);
  });

  it('leaves out one cell and keeps the others', () => {
    const { tasks, no_worker } = plan({ models: ['bert', 'silero-vad-v5'], hardware: ['cpu', 'cuda'] });
    expect(tasks.map(({ executor, requirements }) => [executor, requirements?.hardware])).toEqual([
      ['torch', ['cpu']],
      ['onnx', ['cpu']],
    ]);
    expect(no_worker.map(({ model, hardware }) => [model, hardware])).toEqual([
      ['bert', 'cuda'],
      ['silero-vad-v5', 'cuda'],
    ]);
  });

  it('knows the memory of a tiny model before it is placed, where a coverage run saw it', () => {
    const peak = coverageOf('bert').peak_memory_mb;
    const [task] = plan({ models: ['bert'], size: 'tiny' }).tasks;
    if (peak === undefined) expect(task?.requirements?.min_memory_gb).toBeUndefined();
    else {
      expect(task?.requirements?.min_memory_gb).toBeGreaterThan(peak / 1024);
      const small = plan({ models: ['bert'], size: 'tiny' }, { devices: [device({ memory_gb: 0.01 })] });
      expect(small.no_worker).toMatchObject([{ lacks: 'memory', reason: expect.stringContaining('largest device') }]);
    }
  });

  it('knows the memory of a model of the size base by its workload, and refuses it before anything is loaded', () => {
    // 438 MB of weights, and the libraries.
    const [task] = plan({ models: ['bert'] }).tasks;
    expect(task?.requirements?.min_memory_gb).toBe(1);
    const instances = plan({ models: ['bert'], type: 'throughput', concurrency: 8 }).tasks[0];
    expect(instances?.requirements?.min_memory_gb).toBeGreaterThan(4.5);
    const { no_worker, request: none } = plan({ models: ['bert'] }, { devices: [device({ memory_gb: 0.5 })] });
    expect(none).toBeNull();
    expect(no_worker).toMatchObject([{ model: 'bert', lacks: 'memory', reason: expect.stringContaining('1 GB') }]);
  });
});

describe('a mix', () => {
  const written = { models: ['bert', 'vit', 'gpt2'], type: 'throughput', concurrency: 2, mix: true };

  it('needs the memory of all its models at once, and a second instance of the first', () => {
    const { tasks } = plan(written);
    const alone = tasks.flatMap(({ requirements }) => requirements?.min_memory_gb ?? []);
    const of_mix = tasks.find(({ task_id }) => task_id === 'mix')?.requirements?.min_memory_gb ?? 0;
    const gib = (type: string) => (workloadOf(type, 'base')?.weight_bytes ?? Number.NaN) / 1024 ** 3;
    expect(of_mix).toBeGreaterThan(1.25 * (2 * gib('bert') + gib('vit') + gib('gpt2')));
    expect(of_mix).toBeLessThan(alone.reduce((sum, each) => sum + each, 0));
  });

  it('is left out with the reason where no device has that memory, and its models are measured', () => {
    const devices = [device({ memory_gb: 2.4 })];
    const { tasks, no_worker } = plan(written, { devices });
    expect(tasks.map(({ task_id }) => task_id)).toEqual(['1-bert', '2-vit', '3-gpt2']);
    expect(no_worker).toMatchObject([
      {
        model: 'mix of bert, vit, gpt2',
        lacks: 'memory',
        reason: expect.stringMatching(/needs .* GB of memory, .* 2.4 GB/),
      },
    ]);
    const waiting = plan({ ...written, wait_for_workers: true }, { devices });
    expect(waiting.tasks.map(({ task_id }) => task_id)).toContain('mix');
  });
});

describe('incremental', () => {
  const written = { models: ['bert'], batch_sizes: [1, 8], incremental: true };
  const sizes = (facts: Partial<PlanFacts>, changes: object = {}) =>
    plan({ ...written, ...changes }, facts).tasks.map(({ config }) => 'batch_sizes' in config && config.batch_sizes);

  it('measures the batch sizes that are missing, and nothing where all are there', () => {
    expect(sizes({})).toEqual([[1, 8]]);
    expect(sizes({ measured: [row()] })).toEqual([[8]]);
    const all = plan(written, { measured: [row(), row({ batch_size: 8 })] });
    expect(all).toMatchObject({ request: null, fresh: [{ model: 'bert' }], no_worker: [] });
  });

  it.each<[string, Partial<MatrixRow>]>([
    ['packages or hardware that are not there now', { fingerprint: 'other' }],
    ['another precision', { precision: 'bf16' }],
    ['other settings', { variant: 'abc' }],
    ['another executor', { executor: 'onnx' }],
    ['another model', { model: 'gpt2' }],
  ])('does not count a result of %s', (_, changes) => {
    expect(sizes({ measured: [row(changes)] })).toEqual([[1, 8]]);
  });

  it('measures again what is older than asked, and looks for results of the same size', () => {
    expect(sizes({ measured: [row()] }, { max_age_seconds: 7200 })).toEqual([[8]]);
    expect(sizes({ measured: [row()] }, { max_age_seconds: 1800 })).toEqual([[1, 8]]);
    const tiny = taskSpec.parse({ task_id: 'x', executor: 'torch', config: { model: 'bert', size: 'tiny' } });
    expect(sizes({ measured: [row({ variant: variantOf(tiny) })] }, { size: 'tiny' })).toEqual([[8]]);
  });

  it('in progressive mode goes on behind what is there', () => {
    const { tasks } = plan({ ...written, batch_sizes: [1, 4, 8], progressive_mode: true }, { measured: [row()] });
    expect(tasks.map(({ task_id, depends_on }) => [task_id, depends_on])).toEqual([
      ['1-bert-b4', []],
      ['1-bert-b8', ['1-bert-b4']],
    ]);
  });
});

describe('the models of a priority', () => {
  it('are measured where none are named, the smallest first in progressive mode', () => {
    // Without workers that have room for the largest it would leave them out.
    const devices = [device({ memory_gb: 10_000 })];
    const { tasks } = plan({ priority: 'high', progressive_mode: true }, { devices });
    const named = tasks.map(({ config }) => ('model' in config ? config.model : ''));
    expect(named).toEqual(expect.arrayContaining(['bert', 'whisper', 'silero-vad-v5']));
    expect([...named].sort()).toEqual([...modelsOf({ models: undefined, priority: 'high' })].sort());
    const parameters = named.map((model) => coverageOf(String(model)).parameters ?? 0);
    expect(parameters).toEqual(parameters.toSorted((a, b) => a - b));
  });

  it('cannot be told from a number', () => {
    expect(benchmarkIssues(benchmarkRun.parse({ priority: 7 }))).toMatchObject([{ path: 'models', code: 'missing' }]);
    expect(benchmarkIssues(benchmarkRun.parse({ priority: 'medium' }))).toEqual([]);
  });
});
