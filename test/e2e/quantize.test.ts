import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalStack, startLocalStack } from '@benchwire/deploy/local/stack.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { writeModel } from '../../services/worker/src/executors/quantize/onnx-graph.ts';
import { transformerModel } from '../../services/worker/test-support/transformer-model.ts';
import { type BwProcess, type BwResult, bw } from '../support/bw.ts';
import { joinWorker, temporaryFolder, withChildren } from '../support/joined-worker.ts';

/** One worker quantizes, another one, which has nothing of the first, measures what was made. */

const folder = mkdtempSync(join(tmpdir(), 'bw-quantize-'));
const project = join(folder, 'project');
let stack: LocalStack;
const workers: BwProcess[] = [];

async function join_(executor: string, name: string): Promise<void> {
  workers.push(await joinWorker(stack, folder, name, { WORKER_EXECUTORS: executor }));
}

beforeAll(async () => {
  mkdirSync(project);
  mkdirSync(join(folder, 'empty'));
  await writeModel(transformerModel('vit'), join(project, 'vit.onnx'));
  stack = await startLocalStack({
    dataDir: join(folder, 'data'),
    services: { worker: 0 },
    env: { LOG_LEVEL: 'warn' },
  });
});
afterAll(async () => {
  for (const { child } of workers) child.kill('SIGTERM');
  await Promise.all(workers.map(({ ended }) => ended));
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function run(tasks: object[]): Promise<BwResult> {
  const input = JSON.stringify({ name: 'quantized', tasks });
  return bw(['run', '-', '--json'], { env: stack.env, cwd: project, input });
}

async function outcomes(result: BwResult): Promise<Map<string, Outcome>> {
  if (result.code !== 0) throw new Error(`${result.code}\n${result.stderr}\n${result.stdout}`);
  const { tasks } = JSON.parse(result.stdout) as { tasks: Outcome[] };
  return new Map(tasks.map((outcome) => [outcome.task_id, outcome]));
}

const short = { iterations: 3, warmup_iterations: 1 };

it('a model is made by one worker, measured by another, and has a series under the name of what it is made of', async () => {
  await join_('quantize', 'maker');
  await join_('onnx', 'measurer');
  const made = await outcomes(
    await run([
      { task_id: 'q', type: 'quantize', config: { model: './vit.onnx', to: 'int4' } },
      { task_id: 'm', config: { model: { artifact_of: 'q' }, ...short } },
      { task_id: 'plain', config: { model: './vit.onnx', ...short } },
    ]),
  );
  const [q, m, plain] = ['q', 'm', 'plain'].map((id) => made.get(id));
  expect(q).toMatchObject({ status: 'completed', worker_id: 'maker', precision: 'int4', model: 'vit.onnx' });
  expect(q?.results.metrics?.compression_ratio?.value).toBeGreaterThan(3);
  expect(m).toMatchObject({ status: 'completed', worker_id: 'measurer', precision: 'int4', model: 'vit.onnx' });
  expect(m?.environment.model_sha256).toBe(q?.results.artifact?.sha256);
  expect(plain).toMatchObject({ precision: 'fp32', model: 'vit.onnx' });
  expect(m?.variant).not.toBe(plain?.variant);
  expect(existsSync(join(folder, 'cache-maker', 'files'))).toBe(true);
});

it('a worker that is killed while it quantizes loses nothing: another one makes the model', async () => {
  const [maker] = workers;
  const running = run([
    {
      task_id: 'q',
      type: 'quantize',
      // Many comparisons, so that there is time to kill it.
      config: { model: './vit.onnx', to: 'mixed', max_error: 1, samples: 60 },
    },
    { task_id: 'm', config: { model: { artifact_of: 'q' }, ...short } },
  ]);
  await vi.waitFor(
    () => expect(readdirSync(temporaryFolder(folder, 'maker')).join()).toContain('benchwire-quantize-'),
    {
      timeout: 60_000,
    },
  );
  for (const pid of withChildren(maker?.child.pid ?? 0)) process.kill(pid, 'SIGKILL');
  await join_('quantize', 'successor');
  const made = await outcomes(await running);
  expect(made.get('q')).toMatchObject({ status: 'completed', worker_id: 'successor' });
  expect(made.get('q')?.attempt).toBeGreaterThan(1);
  expect(made.get('m')?.environment.model_sha256).toBe(made.get('q')?.results.artifact?.sha256);
});

it('a task whose model could not be made is not run, and says why', async () => {
  const result = await run([
    { task_id: 'q', type: 'quantize', config: { model: './vit.onnx', to: 'mixed', max_error: 1e-9 } },
    { task_id: 'm', config: { model: { artifact_of: 'q' }, ...short } },
  ]);
  const { tasks } = JSON.parse(result.stdout) as { tasks: Outcome[] };
  const [q, m] = ['q', 'm'].map((id) => tasks.find(({ task_id }) => task_id === id));
  expect(q?.error?.code).toBe('ERROR_TOO_LARGE');
  expect(m).toMatchObject({ status: 'cancelled', error: { code: 'DEPENDENCY_FAILED' } });
});
