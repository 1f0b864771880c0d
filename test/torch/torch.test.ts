import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalStack, startLocalStack } from '@benchwire/deploy/local/stack.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type BwProcess, type BwResult, bw, startBw } from '../support/bw.ts';
import { joinWorker, withChildren } from '../support/joined-worker.ts';
import { torchRunner, whyNoTorch } from '../support/torch-runner.ts';

/** Two workers in a real stack, one with PyTorch and one without: model types by their names, from a request to the summary. */

const reason = whyNoTorch();
if (reason !== undefined) console.log(`the executor torch is not tested from end to end here: ${reason}`);

describe.skipIf(reason !== undefined)('the executor torch', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-torch-'));
  let stack: LocalStack;
  const workers: BwProcess[] = [];

  beforeAll(async () => {
    mkdirSync(join(folder, 'empty'));
    stack = await startLocalStack({
      dataDir: join(folder, 'data'),
      services: { worker: 0 },
      env: { LOG_LEVEL: 'warn' },
    });
    workers.push(
      await joinWorker(stack, folder, 'with', {
        WORKER_EXECUTORS: 'torch',
        WORKER_RUNNERS_DIR: torchRunner()?.runners_folder ?? '',
      }),
      await joinWorker(stack, folder, 'without', { WORKER_EXECUTORS: 'torch,onnx', WORKER_RUNNERS_DIR: folder }),
    );
  });
  afterAll(async () => {
    for (const { child } of workers) child.kill('SIGTERM');
    await Promise.all(workers.map(({ ended }) => ended));
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const requestOf = (tasks: object[]) => JSON.stringify({ name: 'types', tasks });
  const run = (tasks: object[]): Promise<BwResult> =>
    bw(['run', '-', '--json'], { env: stack.env, input: requestOf(tasks) });
  const taskOf = (task_id: string, config: object) => ({
    task_id,
    executor: 'torch',
    config: { size: 'tiny', iterations: 5, warmup_iterations: 1, intra_op_num_threads: 1, ...config },
  });
  function outcomes({ stdout, stderr }: BwResult): Map<string, Outcome> {
    if (stdout === '') throw new Error(stderr);
    const { tasks } = JSON.parse(stdout) as { tasks: Outcome[] };
    return new Map(tasks.map((outcome) => [outcome.task_id, outcome]));
  }

  it('measures types of several modalities on the worker that has PyTorch, and names what goes wrong', async () => {
    const result = outcomes(
      await run([
        taskOf('bert', { model: 'bert', batch_sizes: [1, 2] }),
        taskOf('gpt2', { model: 'gpt2' }),
        taskOf('vit', { model: 'vit' }),
        taskOf('whisper', { model: 'whisper' }),
        { ...taskOf('wrong', { model: 'bert', size: { num_attention_heads: 7 } }), retry_policy: { max_retries: 0 } },
      ]),
    );
    for (const id of ['bert', 'gpt2', 'vit', 'whisper'])
      expect(result.get(id)).toMatchObject({ status: 'completed', worker_id: 'with', model: id, error: null });
    expect(Object.keys(result.get('bert')?.results.batch_sizes ?? {})).toEqual(['1', '2']);
    expect(result.get('gpt2')?.results.metrics).toMatchObject({ tokens_per_second: { unit: 'tokens/s' } });
    expect(result.get('whisper')?.results.metrics).toMatchObject({ encoder_ms: { unit: 'ms' } });
    expect(result.get('wrong')).toMatchObject({ status: 'failed', error: { code: 'MODEL_CONFIG_WRONG' } });
  });

  it('goes on with a new runner after the old one was killed in the middle of a task', async () => {
    const running = startBw(['run', '-', '--json'], {
      env: stack.env,
      input: requestOf([taskOf('long', { model: 'bert', iterations: 100_000, max_seconds: 4 })]),
    });
    await killRunnerInTask();
    const long = outcomes(await running.ended).get('long');
    expect(long).toMatchObject({ status: 'completed', attempt: 2, worker_id: 'with' });
  });

  it('finds batch sizes, and measures how a model starts, several instances and a mix', async () => {
    const config = {
      model: 'bert',
      batch_sizes: 'auto',
      concurrency: 2,
      mix: ['vit'],
      startup_rounds: 2,
      max_seconds: 5,
    };
    const all = outcomes(await run([taskOf('all', config)])).get('all');
    expect(all).toMatchObject({ status: 'completed', worker_id: 'with' });
    const sizes = Object.keys(all?.results.batch_sizes ?? {}).map(Number);
    expect(sizes.length).toBeGreaterThan(1);
    expect(sizes).toEqual(sizes.map((_, power) => 2 ** power));
    expect(all?.results.notes?.join()).toContain('batch_sizes auto: ');
    expect(all?.results.batch_sizes?.['1']?.streams?.['2']?.stream_latencies_ms).toHaveLength(2);
    const names = Object.keys(all?.results.metrics ?? {});
    expect(names).toEqual(expect.arrayContaining(['mix_speedup', 'mix_slowdown_of_vit', 'mix_slowdown_at_batch_2']));
    for (const phase of ['library_import', 'module_import', 'class_instantiation', 'model_initialization'])
      expect(all?.results.metrics?.[`${phase}_ms`]?.value).toBeGreaterThan(0);
  });

  it('measures models by `bw bench`, also when the runner is killed in the middle, and leaves out what no worker takes', async () => {
    const args = [
      '--model',
      'bert',
      '--model',
      'vit',
      '--model',
      'whisper',
      '--hardware',
      'cpu,cuda',
      '--size',
      'tiny',
    ];
    const file = join(folder, 'report.html');
    const running = startBw(['bench', ...args, '--report', '--output', file, '--json'], { env: stack.env });
    await killRunnerInTask();
    const ended = await running.ended;
    const measured = [...outcomes(ended).values()];
    expect(measured.map(({ model }) => model).sort()).toEqual(['bert', 'vit', 'whisper']);
    for (const outcome of measured) expect(outcome).toMatchObject({ status: 'completed', worker_id: 'with' });
    // The killed attempt's task was done again, and the others were not touched.
    expect(Math.max(...measured.map(({ attempt }) => attempt))).toBe(2);
    expect(ended.stderr).toContain('no worker offers the executor torch on cuda');
    expect(readFileSync(file, 'utf8')).toContain('whisper');
  });

  /** Kills the runner of the worker that has one, once it is with a task. */
  async function killRunnerInTask(): Promise<void> {
    const [worker] = workers;
    const runnerOf = (): number | undefined =>
      withChildren(worker?.child.pid ?? 0).find((pid) => commandOf(pid).includes('benchwire_runner\0serve'));
    // The task's process is a child of the runner.
    await vi.waitFor(() => expect(withChildren(runnerOf() ?? 0).length).toBeGreaterThan(1), {
      timeout: 60_000,
      interval: 50,
    });
    process.kill(runnerOf() ?? 0, 'SIGKILL');
  }
});

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
