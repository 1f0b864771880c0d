import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CATALOGUE } from '@benchwire/shared/catalogue/catalogue.ts';
import { createOnnxExecutor } from '@benchwire/worker/src/executors/onnx/onnx-executor.ts';
import { onnxContext } from '@benchwire/worker/test-support/onnx-context.ts';
import { type BenchResult, pairedCaseOf, say, worstOf } from './report.ts';

const run = promisify(execFile);
const BARE_LOOP = fileURLToPath(new URL('./bare-loop.ts', import.meta.url));
/** About this long is measured per model, side and round; many short rounds tell more than a few long ones. */
const WINDOW_MS = 1500;
const ROUNDS = 11;
const WARMUP = 20;

const executor = createOnnxExecutor({
  model_folders: [],
  cache_folder: { path: join(tmpdir(), 'bw-bench-models'), is_default: false },
  fetch,
  max_download_bytes: 0,
  hang_seconds: 300,
  max_memory_mb: null,
  env: process.env,
});

/**
 * The median latency that the onnx executor reports for each quickstart model, batch size 1; against a bare loop over
 * `session.run` in a fresh process, same inputs, same options. Which side goes first alternates; the ratio is the median of the
 * rounds' own ratios. Milliseconds; the worst case is the one farthest from 1.
 */
export async function harness(rounds: number): Promise<BenchResult> {
  const cases = [];
  for (const model of Object.keys(CATALOGUE)) {
    const probe = await bare(model, 20);
    const iterations = Math.min(20_000, Math.max(30, Math.round(WINDOW_MS / probe)));
    const a: number[] = [];
    const b: number[] = [];
    for (let round = 0; round < Math.max(ROUNDS, rounds); round++) {
      if (round % 2 === 0) a.push(await ours(model, iterations));
      b.push(await bare(model, iterations));
      if (round % 2 === 1) a.push(await ours(model, iterations));
    }
    const each = pairedCaseOf(model, 'ms', a, b, { iterations });
    say(`${model}: ours ${each.ours} ms, bare ${each.baseline} ms, ratio ${each.ratio}`);
    cases.push(each);
  }
  const [worst] = [...cases].sort((x, y) => Math.abs(y.ratio - 1) - Math.abs(x.ratio - 1));
  return { ...worstOf('harness', 'lower', cases), ...worst, name: 'harness', worst_case: worst?.name, cases };
}

async function ours(model: string, iterations: number): Promise<number> {
  const report = await executor.execute(
    onnxContext({ model, iterations, warmup_iterations: WARMUP, batch_sizes: [1], max_seconds: 600 }),
  );
  const result = report.results.batch_sizes?.['1'];
  if (result === undefined) throw new Error(`${model} was not measured: ${JSON.stringify(report.error)}`);
  return result.latency_ms;
}

async function bare(model: string, iterations: number): Promise<number> {
  const { stdout } = await run(process.execPath, [BARE_LOOP, model, String(iterations), String(WARMUP)], {
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
  });
  return Number(stdout);
}
