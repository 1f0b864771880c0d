import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../catalogue/catalogue.ts';
import { parseWith } from '../runtime/issues.ts';
import { benchmarkIssues, benchmarkRequest, benchmarkRun } from './benchmark.ts';
import { expand } from './expand.ts';
import { request } from './request.ts';

/** As the benchmark API documents it, but for the models, which the catalogue has. */
const DOCUMENTED = {
  priority: 'high',
  hardware: ['cpu', 'cuda'],
  models: ['silero-vad-v5', 'pp-ocrv4-detection'],
  batch_sizes: [8, 1],
  precision: 'fp32',
  progressive_mode: true,
  incremental: true,
};

function expanded(written: unknown) {
  const parsed = request.parse(benchmarkRequest(benchmarkRun.parse(written)));
  const expansion = expand(parsed);
  if (!expansion.ok) throw new Error(JSON.stringify(expansion.issues));
  return { request: parsed, tasks: expansion.tasks };
}

describe('benchmarkRun', () => {
  it.each([
    ['low', 0],
    ['medium', 50],
    ['high', 90],
    [7, 7],
    [undefined, 0],
  ])('priority %s is %s', (priority, number) => {
    expect(expanded({ ...DOCUMENTED, priority }).tasks.map((task) => task.priority)).toEqual(Array(8).fill(number));
  });

  it.each([['urgent'], ['High'], [101], [-1], [1.5], ['7'], [null]])(
    'priority %j is refused with what fits',
    (priority) => {
      const parsed = parseWith(benchmarkRun, { models: ['silero-vad-v5'], priority });
      expect(parsed).toMatchObject({
        ok: false,
        issues: [
          {
            path: 'priority',
            message: expect.stringMatching(/use one of low, medium, high|at most 100|at least 0|whole number/),
          },
        ],
      });
    },
  );

  it('has types: how a model starts, several instances, or both; a request without one is as it was', () => {
    const configOf = (written: object) => {
      const [task] = expanded({ models: ['bert'], size: 'tiny', ...written }).tasks;
      return task?.config;
    };
    const plain = configOf({});
    expect(plain).not.toHaveProperty('startup_rounds');
    expect(plain).not.toHaveProperty('concurrency');
    expect(configOf({ type: 'inference' })).toEqual({ ...plain, startup_rounds: 5 });
    expect(configOf({ type: 'throughput' })).toEqual({ ...plain, concurrency: [2, 4] });
    expect(configOf({ type: 'both', concurrency: [8] })).toEqual({ ...plain, startup_rounds: 5, concurrency: [8] });
    expect(configOf({ models: ['silero-vad-v5'], size: 'base', type: 'both' })).toMatchObject({ concurrency: [2, 4] });
    expect(configOf({ batch_sizes: 'auto', progressive_mode: true })).toMatchObject({ batch_sizes: 'auto' });
  });

  it('adds a task for a mix of all model types on each hardware', () => {
    const { tasks } = expanded({
      ...{ models: ['bert', 'silero-vad-v5', 'vit', 'whisper'], hardware: ['cpu', 'cuda'] },
      ...{ type: 'throughput', mix: true },
    });
    expect(tasks.filter(({ task_id }) => task_id.startsWith('mix'))).toMatchObject([
      { task_id: 'mix-cpu', requirements: { hardware: ['cpu'] }, config: { model: 'bert', mix: ['vit', 'whisper'] } },
      { task_id: 'mix-cuda', requirements: { hardware: ['cuda'] } },
    ]);
  });

  it.each([
    [{ models: ['bert'], concurrency: 2 }, 'concurrency', 'goes with the type throughput'],
    [{ models: ['bert', 'vit'], mix: true, type: 'inference' }, 'mix', 'goes with the type throughput'],
    [{ models: ['bert'], mix: true, type: 'both' }, 'mix', 'there is 1'],
    [{ models: ['silero-vad-v5'], batch_sizes: 'auto' }, 'batch_sizes', '"silero-vad-v5" is a file'],
  ])('%j is refused with what goes together', (written, path, message) => {
    expect(benchmarkIssues(benchmarkRun.parse(written))).toMatchObject([
      { path, message: expect.stringContaining(message) },
    ]);
  });

  it('without hardware is one task for each model, on any machine', () => {
    const { tasks } = expanded({ models: DOCUMENTED.models, batch_sizes: [1, 8] });
    expect(tasks.map(({ task_id, requirements }) => [task_id, requirements.hardware])).toEqual([
      ['1-silero-vad-v5', []],
      ['2-pp-ocrv4-detection', []],
    ]);
  });
});

describe('progressive mode', () => {
  it('writes the smallest batch size of every model first; a larger one waits for the smaller one', () => {
    const { tasks } = expanded(DOCUMENTED);
    expect(tasks.map(({ task_id, depends_on }) => [task_id, depends_on])).toEqual([
      ['1-silero-vad-v5-cpu-b1', []],
      ['1-silero-vad-v5-cuda-b1', []],
      ['2-pp-ocrv4-detection-cpu-b1', []],
      ['2-pp-ocrv4-detection-cuda-b1', []],
      ['1-silero-vad-v5-cpu-b8', ['1-silero-vad-v5-cpu-b1']],
      ['1-silero-vad-v5-cuda-b8', ['1-silero-vad-v5-cuda-b1']],
      ['2-pp-ocrv4-detection-cpu-b8', ['2-pp-ocrv4-detection-cpu-b1']],
      ['2-pp-ocrv4-detection-cuda-b8', ['2-pp-ocrv4-detection-cuda-b1']],
    ]);
    expect(tasks.every((task) => task.run_when === 'success')).toBe(true);
  });

  it('measures the same as without it, each once, in any size', () => {
    const models = fc.uniqueArray(fc.constantFrom(...Object.keys(CATALOGUE), './a b.onnx', './a-b.onnx', '/m/ä.onnx'), {
      minLength: 1,
    });
    const sizes = fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 8 });
    const hardware = fc.option(fc.uniqueArray(fc.constantFrom('cpu', 'cuda', 'webgpu'), { minLength: 1 }), {
      nil: undefined,
    });
    fc.assert(
      fc.property(models, sizes, hardware, (models, batch_sizes, hardware) => {
        const measured = (progressive_mode: boolean): string[] =>
          expanded({ models, batch_sizes, hardware, progressive_mode })
            .tasks.flatMap(({ config, requirements }) =>
              'batch_sizes' in config && Array.isArray(config.batch_sizes)
                ? config.batch_sizes.map((size) => JSON.stringify([config.model, requirements.hardware, size]))
                : [],
            )
            .sort();
        expect(measured(true)).toEqual(measured(false));
        expect(new Set(measured(true)).size).toBe(models.length * batch_sizes.length * (hardware?.length ?? 1));
      }),
    );
  });
});

describe('benchmarkIssues', () => {
  const issuesOf = (written: object) => benchmarkIssues(benchmarkRun.parse({ models: ['silero-vad-v5'], ...written }));

  it('names the near ones of a model that is in no catalogue, by its place', () => {
    expect(issuesOf({ models: ['silero-vad-v5', 'silero-vad-v7', 'zzzzzzzzzz'] })).toEqual([
      { path: 'models[1]', code: 'unknown_model', message: expect.stringContaining('Did you mean silero-vad-v5') },
      { path: 'models[2]', code: 'unknown_model', message: expect.stringContaining('`bw models` lists') },
    ]);
  });

  it('takes model types as tasks of torch, and refuses precisions that it does not have', () => {
    expect(issuesOf({ models: ['bert', 'gpt2'], precision: 'fp16' })).toEqual([]);
    expect(issuesOf({ models: ['silero-vad-v5', 'bert'], precision: 'int8' })).toEqual([
      { path: 'precision', code: 'no_such_precision', message: expect.stringContaining('"bert"') },
    ]);
    expect(issuesOf({ precision: 'int8' })).toEqual([]);
    const { tasks } = expanded({
      ...DOCUMENTED,
      models: ['bert', 'gpt2', 'silero-vad-v5'],
      hardware: ['cpu'],
      batch_sizes: [1],
    });
    expect(tasks.map(({ executor, config }) => [executor, 'model' in config && config.model])).toEqual([
      ['onnx', 'silero-vad-v5'],
      ['torch', 'bert'],
      ['torch', 'gpt2'],
    ]);
  });

  it('leaves paths and URLs to the worker', () => {
    expect(issuesOf({ models: ['./m.onnx', 'https://example.com/m', 'M.ONNX'] })).toEqual([]);
  });

  it('reports what is named twice, and not without end', () => {
    expect(issuesOf({ models: ['silero-vad-v5', 'silero-vad-v5'], hardware: ['cpu', 'cpu'] })).toMatchObject([
      { path: 'models[1]', code: 'named_twice' },
      { path: 'hardware[1]', code: 'named_twice' },
    ]);
    expect(issuesOf({ models: Array.from({ length: 1000 }, (_, n) => `x${n}`) })).toHaveLength(20);
  });
});
