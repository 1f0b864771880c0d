import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { batchResult, outcomeResults } from '@benchwire/shared/contracts/outcome.ts';
import { RUNNER_PACKAGE } from '@benchwire/shared/runtime/runners-folder.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { putRunner } from '../../../test-support/installed-runner.ts';
import { noProcessesLeft } from '../../../test-support/no-processes-left.ts';
import { torchContext } from '../../../test-support/torch-context.ts';
import { createTorchExecutor } from './torch-executor.ts';

/** The real runner, with a backend that needs no library. */
const has_python = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']).status === 0;
if (!has_python) console.log('the Python runner is not tested here: python3 is not 3.10 or newer');

let folder = '';
const made: Array<{ stop(): void }> = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bw-runner-'));
  await putRunner(folder, { python: 'python3', versions: { torch: '9.9' } });
});
afterEach(async () => {
  for (const executor of made.splice(0)) executor.stop();
  await noProcessesLeft();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function executor(changes: Partial<Parameters<typeof createTorchExecutor>[0]> = {}) {
  const created = createTorchExecutor({
    runners_folder: folder,
    hang_seconds: 60,
    max_memory_mb: null,
    env: process.env,
    python_path: join(RUNNER_PACKAGE, 'tests'),
    backend: 'fake_backend',
    ...changes,
  });
  made.push(created);
  return created;
}

describe.skipIf(!has_python)('a Python runner', () => {
  test('measures each batch size, with its phases, points and environment', async () => {
    const context = torchContext({ model: 'ok', batch_sizes: [4, 1], iterations: 70, mode: 'compile' });
    const report = await executor().execute(context);
    expect(report).toMatchObject({ error: null, precision: 'fp32', scenario: 'single_stream', is_simulated: false });
    expect(outcomeResults.parse(report.results)).toEqual(report.results);
    expect(Object.keys(report.results.batch_sizes ?? {})).toEqual(['1', '4']);
    const four = batchResult.parse(report.results.batch_sizes?.['4']);
    expect(four.samples).toBe(70);
    expect(four.latency_ms).toBeGreaterThanOrEqual(0.8);
    expect(four.memory_mb).toBeGreaterThan(5);
    expect(report.results.timings).toMatchObject({
      import_ms: expect.any(Number),
      build_ms: 1.5,
      first_run_ms: expect.any(Number),
      batch_1_compile_ms: 3,
      batch_4_warmup_ms: expect.any(Number),
    });
    expect(report.results.metrics).toMatchObject({
      fake_value: { value: 2, min: 1, max: 3, samples: 3, better: 'lower' },
      fake_value_at_batch_4: { value: 2 },
    });
    expect(report.environment).toMatchObject({ fake_version: '1.0', model_class: 'Fake', weights: 'random' });
    const points = context.emitted.filter(({ batch_size }) => batch_size === 4).flatMap(({ values }) => values);
    expect(points).toHaveLength(70);
  });

  test('measures several instances at once, and a mix of models', async () => {
    const config = { model: 'ok', concurrency: [2], mix: ['other'], iterations: 50, intra_op_num_threads: 1 };
    const report = await executor().execute(torchContext(config));
    expect(report.error).toBeNull();
    expect(outcomeResults.parse(report.results)).toEqual(report.results);
    const two = report.results.batch_sizes?.['1']?.streams?.['2'];
    expect(two?.stream_latencies_ms).toHaveLength(2);
    expect(two?.speedup).toBeGreaterThan(0);
    const metrics = report.results.metrics ?? {};
    expect(metrics.mix_speedup).toMatchObject({ unit: 'x', better: 'higher' });
    expect(metrics.mix_slowdown_of_other).toMatchObject({ better: 'lower' });
    // Instances of a task end with it.
    const failed = await executor().execute(torchContext({ ...config, mix: ['crash'] }));
    expect(failed.error).toMatchObject({ class: 'crash', code: 'KILLED' });
    const server = torchContext({ ...config, scenario: 'server', target_qps: 5 });
    expect((await executor().execute(server)).error).toMatchObject({ code: 'CONCURRENCY_WITH_SERVER' });
  });

  test('finds the batch sizes that are worth measuring, up to one that does not run', async () => {
    const auto = { batch_sizes: 'auto', iterations: 5, warmup_iterations: 0 } as const;
    const report = await executor().execute(torchContext({ model: 'ok', ...auto }));
    const sizes = Object.keys(report.results.batch_sizes ?? {}).map(Number);
    // Its latency grows with the batch: there is nothing to gain, but for what each call costs.
    expect(sizes.slice(0, 3)).toEqual([1, 2, 4]);
    expect(sizes).toEqual(sizes.map((_, power) => 2 ** power));
    expect(report.results.notes?.join()).toMatch(/batch_sizes auto: (the knee|batch size)/);
    const stopped = await executor().execute(torchContext({ model: 'fails-at-4', ...auto }));
    expect(stopped.error).toBeNull();
    expect(Object.keys(stopped.results.batch_sizes ?? {})).toEqual(['1', '2']);
    expect(stopped.results.notes?.join()).toContain('batch size 4 does not run: Memory could not be allocated');
  });

  test('serves one task after the other without starting again', async () => {
    const runs = executor();
    const first = await runs.execute(torchContext({ model: 'ok' }));
    const second = await runs.execute(torchContext({ model: 'ok' }));
    expect(second.error).toBeNull();
    // Measured once, when the runner started: the second task says why it has none.
    expect(first.results.timings?.import_ms).toBeGreaterThan(0);
    expect(first.results.unavailable).toBeUndefined();
    expect(second.results.timings?.import_ms).toBeNull();
    expect(second.results.unavailable).toMatchObject({ import_ms: expect.stringContaining('warm') });
  });

  test('that meets a failure says of which class, and serves the next task', async () => {
    const runs = executor();
    const failures = [
      ['unknown', { class: 'bad_input', code: 'MODEL_UNKNOWN', retriable: false }],
      ['crash', { class: 'crash', code: 'SIGABRT', retriable: true }],
      ['exit', { class: 'crash', code: 'EXIT_7' }],
      ['raise', { class: 'bad_model', code: 'MODEL_FAILED', message: expect.stringContaining('something broke') }],
      ['fails-at-4', { class: 'out_of_memory', code: 'ALLOCATION_FAILED', batch_size: 4 }],
    ] as const;
    for (const [model, error] of failures) {
      const report = await runs.execute(torchContext({ model, batch_sizes: [1, 4] }));
      expect(report.error).toMatchObject(error);
    }
    const after = await runs.execute(torchContext({ model: 'ok' }));
    expect(after.error).toBeNull();
  });

  test('keeps what was measured before a failure', async () => {
    const report = await executor().execute(torchContext({ model: 'fails-at-4', batch_sizes: [1, 4] }));
    expect(Object.keys(report.results.batch_sizes ?? {})).toEqual(['1']);
  });

  test('ends a task that is over a limit: memory, processor time', async () => {
    const runs = executor({ max_memory_mb: 200 });
    const memory = await runs.execute(torchContext({ model: 'memory' }));
    expect(memory.error).toMatchObject({ class: 'out_of_memory', code: 'MEMORY_LIMIT', retriable: false });
    const busy = await runs.execute(torchContext({ model: 'busy', max_cpu_seconds: 0.5 }));
    expect(busy.error).toMatchObject({ class: 'timeout', code: 'CPU_TIME_LIMIT' });
  });

  test('ends a task that hangs', async () => {
    const report = await executor({ hang_seconds: 2 }).execute(torchContext({ model: 'hang' }));
    expect(report.error).toMatchObject({ class: 'timeout', code: 'HANG', message: expect.stringContaining('hanging') });
  });

  test('ends a task that is cancelled, with everything that it started', async () => {
    const controller = new AbortController();
    const runs = executor();
    const context = torchContext({ model: 'hang' }, controller.signal, (line) => {
      if (line.includes('hanging')) controller.abort('cancelled');
    });
    expect((await runs.execute(context)).error).toMatchObject({ class: 'cancelled', code: 'CANCELLED' });
    expect((await runs.execute(torchContext({ model: 'fork' }))).error).toBeNull();
  });

  test('logs what a model prints, and takes none of it for a message', async () => {
    const context = torchContext({ model: 'garbage' });
    const report = await executor().execute(context);
    expect(report.error).toBeNull();
    await vi.waitFor(() => expect(context.lines).toContain('to standard error'), 10_000);
    expect(context.lines).toContain('garbage');
    expect(context.lines).toContain('{"type":"done","id":"x"}');
  });

  test('that is killed fails the attempt, and the next one gets a new runner', async () => {
    const runs = executor();
    const killed = await runs.execute(torchContext({ model: 'kill-runner' }));
    expect(killed.error).toMatchObject({ class: 'crash', code: 'RUNNER_LOST', retriable: true });
    expect((await runs.execute(torchContext({ model: 'ok' }))).error).toBeNull();
  });

  test('that does not start says why', async () => {
    const report = await executor({ backend: 'no_such_backend' }).execute(torchContext({ model: 'ok' }));
    expect(report.error).toMatchObject({ class: 'crash', code: 'RUNNER_NOT_STARTED' });
    expect(report.error?.message).toContain("No module named 'no_such_backend'");
  });
});

test('without an environment a task says how to get one', async () => {
  const report = await executor({ runners_folder: join(folder, 'none') }).execute(torchContext({ model: 'ok' }));
  expect(report.error).toMatchObject({ class: 'executor_missing', code: 'RUNNER_NOT_INSTALLED' });
  expect(report.error?.message).toContain('bw runner install torch');
});
