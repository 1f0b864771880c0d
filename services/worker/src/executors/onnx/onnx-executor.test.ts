import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CATALOGUE } from '@benchwire/shared/catalogue/catalogue.ts';
import { batchResult, outcomeResults } from '@benchwire/shared/contracts/outcome.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { noProcessesLeft } from '../../../test-support/no-processes-left.ts';
import { onnxContext } from '../../../test-support/onnx-context.ts';
import { addModel, endlessModel, hugeModel, onnxModel } from '../../../test-support/onnx-model.ts';
import type { CheckpointContent, SavedCheckpoint } from '../executor.ts';
import { createOnnxExecutor } from './onnx-executor.ts';

let folder = '';
const executor = (hang_seconds = 60) =>
  createOnnxExecutor({
    model_folders: [folder],
    cache_folder: { path: join(folder, 'cache'), is_default: false },
    fetch,
    max_download_bytes: 1 << 20,
    hang_seconds,
    max_memory_mb: null,
    env: process.env,
  });
/** What was left in the folder for temporary files. */
const leftovers = (): Promise<string[]> => readdir(join(folder, 'tmp'));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onnx-executor-test-'));
  await mkdir(join(folder, 'tmp'));
  vi.stubEnv('TMPDIR', join(folder, 'tmp'));
  const models = {
    'add.onnx': addModel(['batch', 3]),
    'fixed.onnx': addModel([1, 3]),
    'half.onnx': addModel(['batch', 3], 'float16'),
    'long.onnx': addModel(['batch'], 'int64'),
    'sequence.onnx': addModel(['batch', 'length']),
    'endless.onnx': endlessModel(),
    'huge.onnx': hugeModel(1n << 42n),
    'garbage.onnx': Buffer.from('this is no model'),
    'unknown-op.onnx': onnxModel({
      inputs: [{ name: 'x', shape: [1] }],
      outputs: [{ name: 'y', shape: [1] }],
      nodes: [{ op: 'NoSuchOperator', inputs: ['x'], outputs: ['y'] }],
    }),
    // Declares any width, but can only multiply with a vector of 4.
    'mismatch.onnx': onnxModel({
      inputs: [
        { name: 'a', type: 'int64', shape: ['batch', 'width'] },
        { name: 'b', type: 'int64', shape: [2] },
      ],
      outputs: [{ name: 'y', type: 'int64', shape: ['batch', 'width'] }],
      nodes: [{ op: 'Mul', inputs: ['a', 'b'], outputs: ['y'] }],
    }),
  };
  await Promise.all(Object.entries(models).map(([name, bytes]) => writeFile(join(folder, name), bytes)));
});
afterEach(() => noProcessesLeft());
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

describe('a measurement', () => {
  test('of a model of one’s own: results per batch size, timings, proof, points and environment', async () => {
    const context = onnxContext({ model: './add.onnx', batch_sizes: [4, 1], iterations: 70, intra_op_num_threads: 1 });
    const report = await executor().execute(context);
    expect(report).toMatchObject({ error: null, precision: 'fp32', scenario: 'single_stream', is_simulated: false });
    expect(outcomeResults.parse(report.results)).toEqual(report.results);
    expect(Object.keys(report.results.batch_sizes ?? {})).toEqual(['1', '4']);
    const four = batchResult.parse(report.results.batch_sizes?.['4']);
    expect(four.samples).toBe(70);
    expect(four.latency_ci_low_ms).toBeLessThanOrEqual(four.latency_ms);
    expect(four.latency_ci_high_ms).toBeGreaterThanOrEqual(four.latency_ms);
    // 70 samples are enough for p90 and for nothing above.
    expect(four.latency_p90_ms).toBeGreaterThanOrEqual(four.latency_ms);
    expect(four).not.toHaveProperty('latency_p95_ms');
    expect(four).not.toHaveProperty('latency_p99_ms');
    expect(four.throughput_items_per_second).toBeCloseTo((4 * 70) / four.measured_seconds, 6);
    expect(four.memory_mb).toBeGreaterThan(10);
    expect(Object.keys(report.results.timings ?? {})).toEqual(
      expect.arrayContaining(['load_ms', 'session_ms', 'first_run_ms', 'warmup_ms', 'batch_4_first_run_ms']),
    );
    expect(report.results.providers).toEqual({ CPUExecutionProvider: 1 });
    expect(report.environment).toMatchObject({
      onnxruntime_version: expect.stringMatching(/^\d+\./),
      execution_provider: 'cpu',
    });
    expect(report.environment.model_sha256).toMatch(/^[0-9a-f]{64}$/);

    const points = context.emitted.filter(({ batch_size }) => batch_size === 4).flatMap(({ values }) => values);
    expect(points.length).toBe(70);
    expect(Math.max(...points)).toBe(four.latency_max_ms);
    const times = context.emitted.flatMap(({ times_ms }) => times_ms);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(await leftovers()).toEqual([]);
  });

  test.each(Object.keys(CATALOGUE))('of the catalogue’s %s', async (model) => {
    const small = { 'pp-ocrv4-detection': { dimensions: { height: 64, width: 64 } } }[model] ?? {};
    const context = onnxContext({ model, batch_sizes: [1, 2], iterations: 2, warmup_iterations: 0, ...small });
    const report = await executor().execute(context);
    expect(report.error).toBeNull();
    expect(report.precision).toBe('fp32');
    expect(Object.keys(report.results.batch_sizes ?? {})).toEqual(['1', '2']);
    expect(report.results.providers?.CPUExecutionProvider).toBeGreaterThan(0);
    // Too few samples for an interval or steadiness, and that is said.
    expect(report.results.batch_sizes?.['1']).toMatchObject({
      latency_ci_low_ms: null,
      unavailable: { latency_ci_low_ms: expect.any(String) },
      steady: false,
    });
  });

  test('of memory: the process’s own, and nothing of the worker that started it', async () => {
    const held = Buffer.alloc(400 << 20, 1);
    const { results } = await executor().execute(onnxContext({ model: 'add.onnx' }));
    expect(results.batch_sizes?.['1']?.memory_mb).toBeLessThan(held.length >> 20);
  });

  test('in the server scenario: latency counts from the arrival', async () => {
    const context = onnxContext({ model: 'add.onnx', scenario: 'server', target_qps: 400, iterations: 40 });
    const { error, results } = await executor().execute(context);
    expect(error).toBeNull();
    expect(results.batch_sizes?.['1']?.samples).toBe(40);
    const missed = results.batch_sizes?.['1']?.value_notes?.filter(({ code }) => code === 'target_rate_missed');
    expect(missed ?? []).toEqual([]);
  });

  test('in the server scenario, with more arrivals than it can answer, says that the target was missed', async () => {
    const context = onnxContext({ model: 'add.onnx', scenario: 'server', target_qps: 1_000_000, iterations: 200 });
    const { error, results } = await executor().execute(context);
    expect(error).toBeNull();
    expect(results.batch_sizes?.['1']?.value_notes).toMatchObject([
      { code: 'target_rate_missed', text: expect.stringMatching(/of 1000000 arrivals per second/), batch_size: 1 },
    ]);
  });

  test('in the offline scenario, cut short by max_seconds, says that it was', async () => {
    const context = onnxContext({ model: 'add.onnx', scenario: 'offline', iterations: 9_000_000, max_seconds: 0.2 });
    const { error, results } = await executor().execute(context);
    expect(error).toBeNull();
    expect(results.batch_sizes?.['1']?.value_notes?.[0]).toMatchObject({
      code: 'fewer_iterations',
      text: expect.stringMatching(/of 9000000 iterations/),
    });
    expect(context.emitted.every(({ values }) => values.length <= 10_000)).toBe(true);
  });

  test('by several streams at once, besides the one that is measured as ever', async () => {
    const context = onnxContext({ model: 'add.onnx', concurrency: [3, 1, 2], batch_sizes: [1, 4], iterations: 200 });
    const { error, results } = await executor().execute(context);
    expect(error).toBeNull();
    for (const batch_size of [1, 4]) {
      const result = results.batch_sizes?.[batch_size];
      expect(result?.samples).toBe(200);
      expect(Object.keys(result?.streams ?? {})).toEqual(['2', '3']);
      for (const [count, streams] of Object.entries(result?.streams ?? {})) {
        expect(streams.stream_latencies_ms).toHaveLength(Number(count));
        expect(streams.samples).toBeGreaterThan(0);
        expect(streams.throughput_items_per_second).toBeCloseTo(
          (streams.samples * batch_size) / streams.measured_seconds,
        );
        expect(streams.speedup).toBeCloseTo(
          streams.throughput_items_per_second / (result?.throughput_items_per_second ?? 0),
        );
      }
    }
    // The raw samples are those of one stream.
    expect(context.emitted.reduce((sum, { values }) => sum + values.length, 0)).toBe(400);
  });

  test.each(['half.onnx', 'long.onnx'])('of the element type in %s', async (model) => {
    expect((await executor().execute(onnxContext({ model, batch_sizes: [2] }))).error).toBeNull();
  });
});

describe('a clear error, and nothing measured, for', () => {
  test.each<[string, Parameters<typeof onnxContext>[0], string, string, RegExp]>([
    ['a wrong name', { model: 'pp-ocr4-detection' }, 'bad_model', 'MODEL_UNKNOWN', /Did you mean pp-ocrv4-detection/],
    ['a missing file', { model: 'no.onnx' }, 'bad_model', 'MODEL_NOT_FOUND', /no file "no.onnx"/],
    ['a file outside', { model: '../../etc/passwd' }, 'bad_model', 'MODEL_OUTSIDE_FOLDERS', /model folders/],
    [
      'no ONNX',
      { model: 'garbage.onnx' },
      'bad_model',
      'MODEL_WRONG_FILE',
      /garbage\.onnx is not an ONNX model but a text/,
    ],
    [
      'another hash',
      { model: 'add.onnx', sha256: '0'.repeat(64) },
      'bad_model',
      'MODEL_HASH_MISMATCH',
      /config.sha256/,
    ],
    ['no batch', { model: 'fixed.onnx', batch_sizes: [1, 2] }, 'bad_input', 'BATCH_NOT_POSSIBLE', /x: \[1, 3\]/],
    ['no size', { model: 'sequence.onnx' }, 'bad_input', 'DIMENSION_UNKNOWN', /"length".*"x".*config.dimensions/],
    [
      'a misfit',
      { model: 'mismatch.onnx', dimensions: { width: 3 } },
      'bad_input',
      'INPUTS_REJECTED',
      /ONNX Runtime says/,
    ],
    [
      'another precision',
      { model: 'silero-vad-v5', precision: 'int8' },
      'bad_input',
      'PRECISION_NOT_AVAILABLE',
      /fp32/,
    ],
    ['no arrivals', { model: 'add.onnx', scenario: 'server' }, 'bad_input', 'TARGET_QPS_MISSING', /target_qps/],
    [
      'streams that wait for arrivals',
      { model: 'add.onnx', scenario: 'server', target_qps: 10, concurrency: 2 },
      'bad_input',
      'CONCURRENCY_WITH_SERVER',
      /concurrency/,
    ],
    ['no memory', { model: 'huge.onnx' }, 'out_of_memory', 'ALLOCATION_FAILED', /ran out of memory/],
  ])('%s', async (_, config, errorClass, code, message) => {
    const context = onnxContext(config);
    const report = await executor().execute(context);
    expect(report.error).toMatchObject({ class: errorClass, code });
    expect(report.error?.message).toMatch(message);
    expect(context.emitted).toEqual([]);
    expect(await leftovers()).toEqual([]);
  });

  test('a device that ONNX Runtime has no provider for', async () => {
    const { error } = await executor().execute(onnxContext({ model: 'add.onnx' }, undefined, 'tpu'));
    expect(error).toMatchObject({ class: 'executor_missing', code: 'PROVIDER_MISSING' });
  });

  test('a provider that this machine cannot use', async () => {
    // QNN is in no build of onnxruntime-node for the platforms the tests run on but Windows on Arm.
    const { error } = await executor().execute(onnxContext({ model: 'add.onnx' }, undefined, 'qnn'));
    expect(error).toMatchObject({ class: 'device_error', code: 'PROVIDER_NOT_USABLE' });
  });

  test('a model that is broken, whatever the device', async () => {
    const { error } = await executor().execute(onnxContext({ model: 'unknown-op.onnx' }, undefined, 'qnn'));
    expect(error).toMatchObject({ class: 'bad_model', code: 'MODEL_NOT_LOADED' });
  });
});

describe('a model that never comes back', () => {
  test('is told by the watchdog', async () => {
    const report = await executor(1.5).execute(onnxContext({ model: 'endless.onnx' }));
    expect(report.error).toMatchObject({ class: 'timeout', code: 'HANG' });
    expect(report.error?.message).toContain('proving the execution provider');
    expect(await leftovers()).toEqual([]);
  });

  test('is ended by an abort', async () => {
    const controller = new AbortController();
    const context = onnxContext({ model: 'endless.onnx' }, controller.signal);
    const log = (line: string): void => {
      if (line.includes('proving')) controller.abort('timed_out');
    };
    const report = await executor().execute({ ...context, log });
    expect(report.error).toMatchObject({ class: 'timeout', code: 'TIMED_OUT' });
    expect(await leftovers()).toEqual([]);
  });
});

describe('an abort while it measures', () => {
  test('keeps the batch sizes that were done, and does not wait for a reader that takes no more', async () => {
    const controller = new AbortController();
    const context = onnxContext({ model: 'add.onnx', batch_sizes: [1, 2] }, controller.signal);
    const emit = async ({ batch_size }: { batch_size: number | null }): Promise<void> => {
      if (batch_size !== 2) return;
      controller.abort('cancelled');
      await new Promise(() => undefined);
    };
    const report = await executor().execute({ ...context, emit });
    expect(report.error).toMatchObject({ class: 'cancelled', code: 'CANCELLED' });
    expect(Object.keys(report.results.batch_sizes ?? {})).toEqual(['1']);
  });
});

describe('an attempt that follows another one', () => {
  const config = { model: 'add.onnx', batch_sizes: [1, 2, 4], iterations: 20 };
  const after = (content: CheckpointContent | undefined, changes: Partial<SavedCheckpoint> = {}): SavedCheckpoint => ({
    ...(content ?? { conditions: '' }),
    attempt: 1,
    worker_id: 'w1',
    same_device: true,
    ...changes,
  });
  let saved: CheckpointContent[] = [];
  beforeAll(async () => {
    const context = onnxContext(config);
    expect((await executor().execute(context)).error).toBeNull();
    expect(context.measured_sizes).toEqual([1, 2, 4]);
    saved = context.saved;
  });

  test('finds what was measured, but for the last batch size, after which nothing is left', () => {
    expect(saved.map((content) => Object.keys(content.results?.batch_sizes ?? {}))).toEqual([['1'], ['1', '2']]);
  });

  test('measures only what is left, and says what it took over', async () => {
    const context = onnxContext(config, undefined, 'cpu', after(saved[1]));
    const report = await executor().execute(context);
    expect(report.error).toBeNull();
    expect(outcomeResults.parse(report.results)).toEqual(report.results);
    expect(context.measured_sizes).toEqual([4]);
    expect([...new Set(context.emitted.map((batch) => batch.batch_size))]).toEqual([4]);
    const { batch_sizes, notes } = report.results;
    expect(Object.keys(batch_sizes ?? {})).toEqual(['1', '2', '4']);
    expect(batch_sizes?.['2']).toEqual({ measured_by_attempt: 1, ...saved[1]?.results?.batch_sizes?.['2'] });
    expect(batch_sizes?.['4']).not.toHaveProperty('measured_by_attempt');
    expect(notes).toEqual(['batch sizes 1, 2 were measured by attempt 1 on w1']);
  });

  test('completes at once when everything it is still asked for was measured', async () => {
    const context = onnxContext({ ...config, batch_sizes: [1, 2] }, undefined, 'cpu', after(saved[1]));
    const report = await executor().execute(context);
    expect(report).toMatchObject({ error: null, results: { providers: { CPUExecutionProvider: 1 } } });
    expect(Object.keys(report.results.batch_sizes ?? {})).toEqual(['1', '2']);
    expect(context.emitted).toEqual([]);
  });

  test.each([
    ['on another device', {}, { same_device: false }, /other hardware or another environment/],
    ['with other settings', { iterations: 21 }, {}, /the model or its settings/],
    ['with another model', { model: 'sequence.onnx', dimensions: { length: 3 } }, {}, /the model or its settings/],
  ])('starts over %s', async (_, changes, checkpoint, why) => {
    const context = onnxContext({ ...config, ...changes }, undefined, 'cpu', after(saved[0], checkpoint));
    const report = await executor().execute(context);
    expect(report.error).toBeNull();
    expect(context.measured_sizes).toEqual([1, 2, 4]);
    expect(report.results.notes?.[0]).toMatch(why);
  });

  test('names, after several, for each batch size the attempt that measured it', async () => {
    const first = after(saved[0]);
    const second = onnxContext(config, undefined, 'cpu', first);
    await executor().execute(second);
    const third = onnxContext(config, undefined, 'cpu', after(second.saved[0], { attempt: 2, worker_id: 'w2' }));
    const { results } = await executor().execute(third);
    expect(results.batch_sizes?.['1']?.measured_by_attempt).toBe(1);
    expect(results.batch_sizes?.['2']?.measured_by_attempt).toBe(2);
    expect(results.notes).toEqual([
      'batch sizes 1 were measured by attempt 1 on w1',
      'batch sizes 2 were measured by attempt 2 on w2',
    ]);
  });
});

describe('a batch size that needs more memory than is allowed', () => {
  const config = { model: 'sequence.onnx', dimensions: { length: 2000 }, iterations: 20, max_memory_mb: 350 };

  test('is named, and worth another try without it', async () => {
    const report = await executor().execute(onnxContext({ ...config, batch_sizes: [1, 65_536] }));
    expect(report.error).toMatchObject({
      class: 'out_of_memory',
      code: 'MEMORY_LIMIT',
      retriable: true,
      batch_size: 65_536,
    });
    expect(Object.keys(report.results.batch_sizes ?? {})).toEqual(['1']);
  });

  test('is the end when there is no smaller one', async () => {
    const { error } = await executor().execute(onnxContext({ ...config, batch_sizes: [65_536] }));
    expect(error).toMatchObject({ class: 'out_of_memory', code: 'MEMORY_LIMIT', retriable: false });
  });
});
