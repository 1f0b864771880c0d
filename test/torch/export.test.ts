import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalStack, startLocalStack } from '@benchwire/deploy/local/stack.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BwProcess, bw } from '../support/bw.ts';
import { joinWorker } from '../support/joined-worker.ts';
import { torchRunner, whyNoTorch } from '../support/torch-runner.ts';

/** A model type is exported by the worker that has PyTorch, quantized by another one, and measured on each pool, in one run. */

const reason = whyNoTorch();
if (reason !== undefined) console.log(`exports are not tested from end to end here: ${reason}`);

describe.skipIf(reason !== undefined)('export, then quantize, then measure', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-export-'));
  let stack: LocalStack;
  const workers: BwProcess[] = [];

  beforeAll(async () => {
    mkdirSync(join(folder, 'empty'));
    stack = await startLocalStack({
      dataDir: join(folder, 'data'),
      services: { worker: 0 },
      env: { LOG_LEVEL: 'warn' },
    });
    const runners_folder = torchRunner()?.runners_folder ?? '';
    // Two pools measure: what a device offers is part of its pool.
    workers.push(
      await joinWorker(stack, folder, 'exporter', {
        WORKER_EXECUTORS: 'export,onnx',
        WORKER_RUNNERS_DIR: runners_folder,
      }),
      await joinWorker(stack, folder, 'measurer', {
        WORKER_EXECUTORS: 'quantize,onnx',
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

  async function run(tasks: object[]): Promise<Map<string, Outcome>> {
    const input = JSON.stringify({ name: 'exported', tasks });
    const { stdout, stderr } = await bw(['run', '-', '--json'], { env: stack.env, input });
    if (stdout === '') throw new Error(stderr);
    const { tasks: outcomes } = JSON.parse(stdout) as { tasks: Outcome[] };
    return new Map(outcomes.map((outcome) => [outcome.task_id, outcome]));
  }

  it('works for an encoder, a decoder and an image model', async () => {
    const models = ['bert', 'gpt2', 'vit'];
    const short = { iterations: 3, warmup_iterations: 1 };
    const outcomes = await run(
      models.flatMap((model) => [
        { task_id: `${model}-export`, type: 'export', config: { model, size: 'tiny' } },
        {
          task_id: `${model}-int8`,
          type: 'quantize',
          config: { model: { artifact_of: `${model}-export` }, to: 'int8', samples: 2 },
        },
        {
          task_id: `${model}-plain`,
          config: { model: { artifact_of: `${model}-export` }, batch_sizes: [1, 3], ...short },
        },
        {
          task_id: `${model}-measure`,
          placement: 'each',
          config: { model: { artifact_of: `${model}-int8` }, ...short },
        },
      ]),
    );
    const failed = [...outcomes.values()].filter(({ status }) => status !== 'completed');
    expect(failed.map(({ task_id, error }) => ({ task_id, error }))).toEqual([]);
    for (const model of models) {
      const made = outcomes.get(`${model}-export`);
      expect(made).toMatchObject({ worker_id: 'exporter', model, precision: 'fp32' });
      expect(made?.environment).toMatchObject({ onnx_opset: 18, onnx_exporter: 'transformers' });
      expect(made?.results.metrics?.outputs_relative_error?.value).toBeLessThan(1e-4);
      const plain = outcomes.get(`${model}-plain`);
      expect(plain?.environment.model_sha256).toBe(made?.results.artifact?.sha256);
      expect(Object.keys(plain?.results.batch_sizes ?? {})).toEqual(['1', '3']);
      const quantized = outcomes.get(`${model}-int8`);
      expect(quantized).toMatchObject({ worker_id: 'measurer', model, precision: 'int8' });
      const measured = [...outcomes.values()].filter(({ task_id }) => task_id.startsWith(`${model}-measure--`));
      expect(measured.map(({ worker_id }) => worker_id).sort()).toEqual(['exporter', 'measurer']);
      for (const { environment } of measured)
        expect(environment.model_sha256).toBe(quantized?.results.artifact?.sha256);
    }
  });

  it('names what cannot be exported, and what waits for it is not run', async () => {
    const outcomes = await run([
      { task_id: 'e', type: 'export', config: { model: 'bert', size: { num_attention_heads: 7 } } },
      { task_id: 'm', config: { model: { artifact_of: 'e' } } },
    ]);
    expect(outcomes.get('e')).toMatchObject({ status: 'failed', error: { code: 'MODEL_CONFIG_WRONG' } });
    expect(outcomes.get('m')).toMatchObject({ status: 'cancelled', error: { code: 'DEPENDENCY_FAILED' } });
  });
});
