import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunnerName } from '@benchwire/shared/contracts/runner.ts';
import { RUNNER_PACKAGE, runnersFolder } from '@benchwire/shared/runtime/runners-folder.ts';
import type { ExecutorReport } from '@benchwire/worker/src/executors/executor.ts';
import { writeModel } from '@benchwire/worker/src/executors/quantize/onnx-graph.ts';
import { findRunner } from '@benchwire/worker/src/executors/runner/environments.ts';
import { createOpenvinoExecutor } from '@benchwire/worker/src/executors/runner/openvino-executor.ts';
import { createTorchExecutor } from '@benchwire/worker/src/executors/runner/torch-executor.ts';
import { openvinoContext } from '@benchwire/worker/test-support/openvino-context.ts';
import { torchContext } from '@benchwire/worker/test-support/torch-context.ts';
import { transformerModel } from '@benchwire/worker/test-support/transformer-model.ts';
import { mustRun } from '../support/run-program.ts';
import { torchRunner } from '../support/torch-runner.ts';
import { type BenchResult, type Case, caseOf, median, pairedCaseOf, round, say } from './report.ts';

/** An encoder, a decoder, an encoder-decoder, an image model with attention and one with convolutions, and speech. */
const MODELS = ['bert', 'gpt2', 't5', 'vit', 'resnet', 'whisper'];
const SIZE = 'tiny';
const WARMUP = 20;
const THREADS = 1;
/** About this long is measured per model, side and round. */
const WINDOW_MS = 1000;
const ROUNDS = 11;
/** Tasks by which the cost of a task is measured. */
const TASKS = 40;
/** What a task may cost beyond its measured window. */
const GOAL_MS = 50;

/**
 * The median latency that the executors `torch` and `openvino` report against a bare loop in a fresh Python process: same model, inputs and
 * threads. Which side goes first alternates; the ratio is the median of the rounds' own ratios, and the worst case the one farthest from 1. The
 * last case of `torch` is what a task of a warm runner costs beyond its measured window, against the goal.
 * @throws Error where one of the environments is not installed
 */
export async function runner(rounds: number): Promise<BenchResult> {
  const runners_folder = torchRunner()?.runners_folder ?? runnersFolder(process.env);
  const cases = [...(await torchCases(runners_folder, rounds)), ...(await openvinoCases(runners_folder, rounds))];
  const latencies = cases.filter(({ name }) => name !== TASK_CASE);
  const [worst] = latencies.toSorted((x, y) => Math.abs(y.ratio - 1) - Math.abs(x.ratio - 1));
  if (worst === undefined) throw new Error('a benchmark without cases');
  return { ...worst, name: 'runner', worst_case: worst.name, cases };
}

async function torchCases(runners_folder: string, rounds: number): Promise<Case[]> {
  const python = await pythonOf(runners_folder, 'torch');
  const executor = createTorchExecutor({
    ...{ runners_folder, hang_seconds: 300, max_memory_mb: null, env: process.env },
  });
  const ours = async (model: string, iterations: number): Promise<ExecutorReport> =>
    measured(
      model,
      await executor.execute(
        torchContext({
          ...{ model, iterations, size: SIZE, warmup_iterations: WARMUP },
          ...{ intra_op_num_threads: THREADS, max_seconds: 600 },
        }),
      ),
    );
  const cases: Case[] = [];
  try {
    for (const model of MODELS) {
      const bare = (iterations: number): Promise<number> =>
        bareLoop(python, 'bare_torch.py', [model, SIZE, iterations, WARMUP, THREADS]);
      cases.push(
        await latencyCase(
          `torch ${model}`,
          rounds,
          async (iterations) => latencyOf(await ours(model, iterations)),
          bare,
        ),
      );
    }
    cases.push(await taskCase(ours));
  } finally {
    executor.stop();
  }
  return cases;
}

async function openvinoCases(runners_folder: string, rounds: number): Promise<Case[]> {
  const python = await pythonOf(runners_folder, 'openvino');
  const folder = await mkdtemp(join(tmpdir(), 'bw-bench-runner-'));
  const executor = createOpenvinoExecutor({
    ...{ runners_folder, hang_seconds: 300, max_memory_mb: null, env: process.env, model_folders: [folder] },
    ...{ cache_folder: { path: join(folder, 'cache'), is_default: false }, fetch, max_download_bytes: 0 },
  });
  const cases: Case[] = [];
  try {
    for (const shape of ['bert', 'gpt', 'vit'] as const) {
      const model = join(folder, `${shape}.onnx`);
      await writeModel(transformerModel(shape), model);
      const settings = { precision: 'fp32', intra_op_num_threads: THREADS, max_seconds: 600 } as const;
      const ours = async (iterations: number): Promise<number> => {
        const context = openvinoContext({ model, iterations, warmup_iterations: WARMUP, ...settings });
        return latencyOf(measured(shape, await executor.execute(context)));
      };
      const bare = (iterations: number): Promise<number> =>
        bareLoop(python, 'bare_openvino.py', [model, iterations, WARMUP, THREADS]);
      cases.push(await latencyCase(`openvino ${shape}`, rounds, ours, bare));
    }
  } finally {
    executor.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return cases;
}

async function pythonOf(runners_folder: string, name: RunnerName): Promise<string> {
  const installed = await findRunner(runners_folder, name);
  if (installed === undefined || !existsSync(installed.python))
    throw new Error(`The environment ${name} is not installed: run \`npm run bw -- runner install ${name}\`.`);
  return installed.python;
}

function measured(model: string, report: ExecutorReport): ExecutorReport {
  if (report.error !== null) throw new Error(`${model} was not measured: ${report.error.message}`);
  return report;
}

const latencyOf = ({ results }: ExecutorReport): number => results.batch_sizes?.['1']?.latency_ms ?? Number.NaN;

async function bareLoop(python: string, script: string, args: ReadonlyArray<string | number>): Promise<number> {
  const printed = await mustRun([python, join(import.meta.dirname, script), ...args.map(String)], {
    env: { PYTHONPATH: RUNNER_PACKAGE, HF_HUB_OFFLINE: '1' },
  });
  return Number(printed.split('\n').at(-1));
}

type Measure = (model: string, iterations: number) => Promise<ExecutorReport>;

async function latencyCase(
  name: string,
  rounds: number,
  ours: (iterations: number) => Promise<number>,
  bare: (iterations: number) => Promise<number>,
): Promise<Case> {
  const iterations = Math.min(20_000, Math.max(30, Math.round(WINDOW_MS / (await bare(20)))));
  const a: number[] = [];
  const b: number[] = [];
  for (let at = 0; at < (rounds || ROUNDS); at++) {
    if (at % 2 === 0) a.push(await ours(iterations));
    b.push(await bare(iterations));
    if (at % 2 === 1) a.push(await ours(iterations));
  }
  const each = pairedCaseOf(name, 'ms', a, b, { iterations });
  say(`${each.name}: ours ${each.ours} ms, bare ${each.baseline} ms, ratio ${each.ratio}`);
  return each;
}

const TASK_CASE = 'torch: a task beyond its measured window';

/** Short tasks of one model, one after the other: from the task's start to its report, without its measured windows. */
async function taskCase(ours: Measure): Promise<Case> {
  const costs: number[] = [];
  const phases: number[] = [];
  await ours('bert', 20);
  for (let at = 0; at < TASKS; at++) {
    const started = performance.now();
    const { results } = await ours('bert', 20);
    const total_ms = performance.now() - started;
    const phase = (name: string): number => results.timings?.[name] ?? 0;
    const { samples = 0, latency_mean_ms = 0 } = results.batch_sizes?.['1'] ?? {};
    costs.push(total_ms - samples * latency_mean_ms - phase('warmup_ms'));
    phases.push(phase('build_ms') + phase('first_run_ms'));
  }
  return caseOf(TASK_CASE, 'ms', costs, [GOAL_MS], {
    model: 'bert',
    of_that_build_and_first_run_ms: round(median(phases)),
  });
}
