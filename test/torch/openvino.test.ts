import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalStack, startLocalStack } from '@benchwire/deploy/local/stack.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from '../../services/worker/src/executors/quantize/onnx-graph.ts';
import { transformerModel } from '../../services/worker/test-support/transformer-model.ts';
import { type BwProcess, bw } from '../support/bw.ts';
import { joinWorker } from '../support/joined-worker.ts';
import { torchRunner, whyNoTorch } from '../support/torch-runner.ts';

/** One ONNX file measured by ONNX Runtime and by OpenVINO, on two workers of which one has OpenVINO. */

const reason = whyNoTorch();
if (reason !== undefined) console.log(`the executor openvino is not tested from end to end here: ${reason}`);

describe.skipIf(reason !== undefined)('the executor openvino', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-openvino-'));
  let stack: LocalStack;
  const workers: BwProcess[] = [];

  beforeAll(async () => {
    mkdirSync(join(folder, 'empty'));
    await writeModel(transformerModel('vit'), join(folder, 'vit.onnx'));
    stack = await startLocalStack({
      dataDir: join(folder, 'data'),
      services: { worker: 0 },
      env: { LOG_LEVEL: 'warn' },
    });
    const runners_folder = torchRunner()?.runners_folder ?? '';
    workers.push(
      await joinWorker(stack, folder, 'with', {
        WORKER_EXECUTORS: 'export,openvino',
        WORKER_RUNNERS_DIR: runners_folder,
      }),
      await joinWorker(stack, folder, 'without', {
        WORKER_EXECUTORS: 'openvino,quantize,onnx',
        WORKER_RUNNERS_DIR: join(folder, 'empty'),
      }),
    );
  });
  afterAll(async () => {
    for (const { child } of workers) child.kill('SIGTERM');
    await Promise.all(workers.map(({ ended }) => ended));
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('measures a file, and a model that another task made, with the inputs that onnx would feed', async () => {
    const short = { iterations: 5, warmup_iterations: 1, intra_op_num_threads: 1 };
    const exported = { artifact_of: 'vit' };
    const tasks = [
      { task_id: 'vit', type: 'export', config: { model: 'vit', size: 'tiny' } },
      { task_id: 'fp16', type: 'quantize', config: { model: './vit.onnx', to: 'fp16', samples: 1 } },
      { task_id: 'made', executor: 'openvino', config: { model: { artifact_of: 'fp16' }, ...short } },
      {
        task_id: 'ov',
        executor: 'openvino',
        config: { model: exported, batch_sizes: [2, 1], precision: 'fp32', ...short },
      },
      { task_id: 'ort', config: { model: exported, batch_sizes: [1, 2], ...short } },
      {
        task_id: 'wrong',
        executor: 'openvino',
        config: { model: './vit.onnx', dimensions: { nonsense: 3 }, ...short },
      },
    ];
    const input = JSON.stringify({ name: 'runtimes', tasks });
    const { stdout, stderr } = await bw(['run', '-', '--json'], { env: stack.env, cwd: folder, input });
    if (stdout === '') throw new Error(stderr);
    const { tasks: list } = JSON.parse(stdout) as { tasks: Outcome[] };
    const outcomes = new Map(list.map((outcome) => [outcome.task_id, outcome]));
    const [ov, ort, made] = ['ov', 'ort', 'made'].map((id) => outcomes.get(id));
    expect(ov).toMatchObject({
      status: 'completed',
      error: null,
      worker_id: 'with',
      precision: 'fp32',
      model: 'vit',
    });
    expect(Object.keys(ov?.results.batch_sizes ?? {})).toEqual(['1', '2']);
    expect(ov?.results.timings).toMatchObject({
      load_ms: expect.any(Number),
      batch_1_compile_ms: expect.any(Number),
      batch_2_compile_ms: expect.any(Number),
    });
    expect(ov?.environment).toMatchObject({ openvino_device: 'CPU', openvino_version: expect.any(String) });
    expect(ov?.environment.model_sha256).toBe(ort?.environment.model_sha256);
    expect(ov?.environment.inputs).toBe(ort?.environment.inputs);
    expect(made).toMatchObject({ status: 'completed', error: null, worker_id: 'with', model: 'vit.onnx' });
    expect(outcomes.get('wrong')?.error?.class).toBe('bad_input');
  });
});
