import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { coverageOf, modelTypes, STAGES, type Stage } from '@benchwire/shared/catalogue/model-types.ts';
import { type BenchResult, round, say } from './report.ts';

/** What a scratch program reached of the 725 types that it tried (docs/models.md). */
const PROBE_FORWARD = 632;

/** A line of `python -m benchwire_runner.model_types.coverage`. */
interface Reached {
  type: string;
  stage: Stage;
  reason: string;
  recipe?: { undeclared?: string[] } | null;
  batch?: boolean | null;
  cpu_seconds?: number;
  peak_memory_mb?: number;
}

export interface ModelsOptions {
  /** Results as JSON lines, for runners/python/tools/store_coverage.py. */
  dump?: string;
  /** Only these types. */
  types?: string;
  /** `forward` leaves out the export and what comes after it. */
  until?: string;
}

/**
 * Takes every model type of the catalogue as far as it comes, tiny, on the CPU.
 * @throws Error where no Python with PyTorch is named or installed
 */
export async function models(_rounds: number, { dump, types, until }: ModelsOptions): Promise<BenchResult> {
  const asked = types?.split(',') ?? byPriority();
  const args = ['-m', 'benchwire_runner.model_types.coverage', '--jobs', `${availableParallelism()}`];
  args.push('--types', asked.join(','), ...(until === 'forward' ? [] : ['--export']));
  if (dump !== undefined) writeFileSync(dump, '');
  const started = performance.now();
  const child = spawn(pythonWithTorch(), args, {
    cwd: join(repositoryRoot, 'runners/python'),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const reached: Reached[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    reached.push(JSON.parse(line));
    if (dump !== undefined) appendFileSync(dump, `${line}\n`);
    if (reached.length % 50 === 0) say(`${reached.length} of ${asked.length} types`);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`the coverage program ended with ${code}`);
  return summaryOf(reached, asked.length, (performance.now() - started) / 60_000);
}

/** Those that are used most first, so that a run that is stopped has them. */
function byPriority(): string[] {
  const order = ['high', 'medium', 'low'];
  return [...modelTypes().values()]
    .toSorted((a, b) => order.indexOf(a.priority) - order.indexOf(b.priority))
    .map(({ type }) => type);
}

function pythonWithTorch(): string {
  const named = process.env.BENCHWIRE_TORCH_PYTHON;
  const installed = join(
    process.env.BENCHWIRE_DATA_DIR ?? join(repositoryRoot, '.benchwire'),
    'runners/torch/venv/bin/python',
  );
  if (named !== undefined) return named;
  if (existsSync(installed)) return installed;
  throw new Error(
    'no Python with PyTorch: run `npm run bw -- runner install torch`, or name one in BENCHWIRE_TORCH_PYTHON.',
  );
}

function summaryOf(reached: readonly Reached[], asked: number, minutes: number): BenchResult {
  const at = (stage: Stage): number => STAGES.indexOf(stage);
  const passed = Object.fromEntries(
    STAGES.slice(2).map((stage) => [stage, reached.filter((each) => at(each.stage) >= at(stage)).length]),
  );
  const forward = passed.forward ?? 0;
  const fallen = reached.filter(
    ({ type, stage }) =>
      Math.min(at(coverageOf(type).stage), at('forward')) > at(stage) && coverageOf(type).stage !== 'untested',
  );
  return {
    name: 'models',
    ours: forward,
    baseline: PROBE_FORWARD,
    ratio: round(forward / PROBE_FORWARD),
    unit: 'types that run forward',
    tried: asked,
    passed,
    with_all_modalities: reached.filter(
      ({ stage, recipe }) => at(stage) >= at('forward') && !recipe?.undeclared?.length,
    ).length,
    batch_of_two: reached.filter(({ batch }) => batch === true).length,
    minutes: round(minutes),
    cpu_minutes: round(reached.reduce((sum, { cpu_seconds = 0 }) => sum + cpu_seconds, 0) / 60),
    peak_memory_mb: Math.max(...reached.map(({ peak_memory_mb = 0 }) => peak_memory_mb)),
    fallen_back: fallen.map(({ type }) => type),
  };
}
