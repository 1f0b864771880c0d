import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RUNNER_PACKAGE, runnersFolder } from '@benchwire/shared/runtime/runners-folder.ts';
import type { ExecutorReport } from '@benchwire/worker/src/executors/executor.ts';
import { findRunner } from '@benchwire/worker/src/executors/runner/environments.ts';
import { createTorchExecutor } from '@benchwire/worker/src/executors/runner/torch-executor.ts';
import { torchContext } from '@benchwire/worker/test-support/torch-context.ts';
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
 * The median latency that the executor `torch` reports against a bare loop in a fresh Python process: same model, inputs and threads. Which
 * side goes first alternates; the ratio is the median of the rounds' own ratios, and the worst case the one farthest from 1. The last case is
 * what a task of a warm runner costs beyond its measured window, against the goal.
 * @throws Error where PyTorch is not installed
 */
export async function runner(rounds: number): Promise<BenchResult> {
  const folder = torchRunner()?.runners_folder ?? runnersFolder(process.env);
  const installed = await findRunner(folder, 'torch');
  if (installed === undefined || !existsSync(installed.python))
    throw new Error('PyTorch is not installed: run `npm run bw -- runner install torch`.');
  const executor = createTorchExecutor({
    ...{ runners_folder: folder, hang_seconds: 300, max_memory_mb: null, env: process.env },
  });
  const cases: Case[] = [];
  try {
    const ours = async (model: string, iterations: number): Promise<ExecutorReport> => {
      const context = torchContext({
        ...{ model, iterations, size: SIZE, warmup_iterations: WARMUP },
        ...{ intra_op_num_threads: THREADS, max_seconds: 600 },
      });
      const report = await executor.execute(context);
      if (report.error !== null) throw new Error(`${model} was not measured: ${report.error.message}`);
      return report;
    };
    for (const model of MODELS) cases.push(await latencyCase(model, rounds, ours, installed.python));
    cases.push(await taskCase(ours));
  } finally {
    executor.stop();
  }
  const latencies = cases.filter(({ unit, name }) => unit === 'ms' && name !== TASK_CASE);
  const [worst] = latencies.toSorted((x, y) => Math.abs(y.ratio - 1) - Math.abs(x.ratio - 1));
  if (worst === undefined) throw new Error('a benchmark without cases');
  return { ...worst, name: 'runner', worst_case: worst.name, cases };
}

type Measure = (model: string, iterations: number) => Promise<ExecutorReport>;

async function latencyCase(model: string, rounds: number, ours: Measure, python: string): Promise<Case> {
  const bare = async (iterations: number): Promise<number> => {
    const args = [model, SIZE, iterations, WARMUP, THREADS].map(String);
    const printed = await mustRun([python, join(import.meta.dirname, 'bare_torch.py'), ...args], {
      env: { PYTHONPATH: RUNNER_PACKAGE, HF_HUB_OFFLINE: '1' },
    });
    return Number(printed.split('\n').at(-1));
  };
  const latencyOf = async (iterations: number): Promise<number> =>
    (await ours(model, iterations)).results.batch_sizes?.['1']?.latency_ms ?? Number.NaN;
  const iterations = Math.min(20_000, Math.max(30, Math.round(WINDOW_MS / (await bare(20)))));
  const a: number[] = [];
  const b: number[] = [];
  for (let at = 0; at < (rounds || ROUNDS); at++) {
    if (at % 2 === 0) a.push(await latencyOf(iterations));
    b.push(await bare(iterations));
    if (at % 2 === 1) a.push(await latencyOf(iterations));
  }
  const each = pairedCaseOf(`torch ${model}`, 'ms', a, b, { iterations });
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
