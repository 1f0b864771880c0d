import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { RunnerTask } from '@benchwire/shared/contracts/runner.ts';
import { streamCounts } from '@benchwire/shared/contracts/task.ts';
import { badInput } from '@benchwire/shared/model/errors.ts';
import { modelPrecision } from '@benchwire/shared/model/model-precision.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import { visibilityVariables } from '../../devices/hardware-classes.ts';
import type { Executor, ExecutorContext, ExecutorReport } from '../executor.ts';
import { collectEnvironment } from '../onnx/environment.ts';
import { type FedInputs, fedInputs, inputsInWords } from '../onnx/fed-inputs.ts';
import type { ModelSourceOptions } from '../onnx/file-in-folders.ts';
import { findInputFiles } from '../onnx/find-input-files.ts';
import type { PlannedInput } from '../onnx/input-plan.ts';
import { type ResolvedModel, resolveModel } from '../onnx/model-source.ts';
import { planOfModel } from '../onnx/plan-of-model.ts';
import { generateElements } from '../onnx/tensors.ts';
import { settled } from '../settled-report.ts';
import { createReader, measureSettings, noSamples } from './measured-report.ts';
import { installedRunnerOf, type RunnerOptions, runnerEnvironment, runnerStart, smallest } from './runner-options.ts';
import { RunnerPool } from './runner-pool.ts';

const NAME = 'openvino';

/** Measures ONNX files with OpenVINO, in a Python runner: the same inputs as the executor `onnx` makes. */
export function createOpenvinoExecutor(
  options: RunnerOptions & ModelSourceOptions,
): Executor<'openvino'> & { stop(): void } {
  const pool = new RunnerPool();
  return {
    name: NAME,
    stop: () => pool.stop(),
    async execute(context) {
      const { config } = context.task;
      const report: ExecutorReport = {
        ...{ error: null, results: {}, environment: {}, precision: config.precision ?? null },
        ...{ scenario: config.scenario, is_simulated: false },
      };
      const folder = await mkdtemp(join(tmpdir(), 'benchwire-openvino-'));
      try {
        return await settled(context, report, () => attempt(context, options, pool, report, folder));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Fills `report` as far as it gets; the error it stopped at, if any. */
async function attempt(
  context: ExecutorContext<'openvino'>,
  options: RunnerOptions & ModelSourceOptions,
  pool: RunnerPool,
  report: ExecutorReport,
  folder: string,
): Promise<TaskError | null> {
  const { task, signal, log } = context;
  const { config, files: sent, made_of } = task;
  const installed = await installedRunnerOf(NAME, options);
  const source = { ...options, sent, made_of };
  const model = await resolveModel(config.model, config.sha256, source, signal);
  report.model = made_of?.model ?? model.name;
  const { onnxruntime_version: _, provider: __, ...facts } = collectEnvironment(model, 'cpu');
  // Without a wish it computes in what the file has, or in less where the device is made for that.
  report.precision ??= (await modelPrecision(model.path))?.precision ?? null;
  const { files, sha256: files_sha256 } = await findInputFiles(config, source, signal);
  if (files_sha256 !== null) report.inputs_sha256 = files_sha256;
  const { plans } = await planOfModel(config, model, files);
  const fed = new Map<number, FedInputs>(plans.map(([size, plan]) => [size, fedInputs(plan)]));
  const feeds = Object.fromEntries(
    await Promise.all(plans.map(async ([size, plan]) => [size, await writeFeeds(plan, config.seed, folder, size)])),
  );
  const start = runnerStart(installed, options.backend ?? NAME, options);
  const runner = await pool.take(start);
  try {
    const own = await runnerEnvironment(runner, installed, report.results);
    report.environment = { ...own, ...facts, weights: null, ...inputsInWords([...fed.values()][0]) };
    const error = await runner.run(taskOf(context, options, model, feeds), {
      ...{ signal, log, hang_seconds: options.hang_seconds },
      onMessage: createReader(context, report, fed),
    });
    return error ?? noSamples(report);
  } finally {
    pool.giveBack(start, runner);
  }
}

/** Writes the elements of each input to a file of its own; the runner gets their paths. */
async function writeFeeds(
  plan: readonly PlannedInput[],
  seed: number,
  folder: string,
  batch_size: number,
): Promise<Array<{ name: string; type: string; shape: number[]; path: string }>> {
  const random = createRandom(seed);
  const feeds = [];
  for (const [at, { name, type, shape, rule }] of plan.entries()) {
    if (type === 'string')
      throw badInput('INPUT_TYPE_UNSUPPORTED', `Input "${name}" has texts, which OpenVINO does not take.`);
    const data = generateElements(type, shape, rule, random) as Float32Array;
    const path = join(folder, `${batch_size}-${at}.bin`);
    await writeFile(path, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    feeds.push({ name, type, shape, path });
  }
  return feeds;
}

function taskOf(
  { run_id, attempt, device, task }: ExecutorContext<'openvino'>,
  options: RunnerOptions,
  model: ResolvedModel,
  feeds: RunnerTask['options'][string],
): RunnerTask {
  const { config } = task;
  return {
    type: 'task',
    id: attemptId({ run_id, task_id: task.task_id, attempt }),
    model: model.name,
    device: device.class,
    batch_sizes: config.batch_sizes.toSorted((a, b) => a - b),
    precision: config.precision ?? 'default',
    seed: config.seed,
    measure: measureSettings(config),
    options: {
      ...{ model_path: model.path, feeds, intra_op_num_threads: config.intra_op_num_threads ?? null },
      concurrency: streamCounts(config),
    },
    variables: visibilityVariables(device, options.env),
    limits: {
      wall_seconds: null,
      cpu_seconds: config.max_cpu_seconds ?? null,
      memory_mb: smallest(config.max_memory_mb, options.max_memory_mb),
    },
  };
}
