import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { coverageLine, fallenBack, readCoverage } from '@benchwire/shared/catalogue/coverage-results.ts';
import { coverageOf, modelTypes } from '@benchwire/shared/catalogue/model-types.ts';
import { STAGES, type Stage } from '@benchwire/shared/catalogue/stages.ts';
import { z } from 'zod';
import { type BenchResult, round, say } from './report.ts';

/** What a scratch program reached of the 725 types that it tried (docs/models.md). */
const PROBE_FORWARD = 632;

/** Exported models are run by the package that `onnx` workers have. */
const ONNX_OUTPUTS = join(repositoryRoot, 'test/bench/onnx-outputs.ts');

const reachedLine = coverageLine.extend({
  recipe: z.object({ undeclared: z.array(z.string()).optional() }).nullish(),
  batch: z.boolean().nullish(),
});
type Reached = z.infer<typeof reachedLine>;

export interface ModelsOptions {
  /** Results as JSON lines, for runners/python/tools/store_coverage.py and `bw models --record`. */
  dump?: string;
  /** Goes on with what is in `dump`: types that it has are not tried again. */
  resume?: boolean;
  /** Only these types. */
  types?: string;
  /** Counts what each type asks of a device, too. */
  profile?: boolean;
  /** `forward` leaves out the export and what comes after it. */
  until?: string;
}

/**
 * Takes every model type of the catalogue as far as it comes, tiny, on the CPU.
 * @throws Error where no Python with PyTorch is named or installed
 */
export async function models(
  _rounds: number,
  { dump, types, until, resume, profile }: ModelsOptions,
): Promise<BenchResult> {
  const asked = types?.split(',') ?? byPriority();
  const reached = resume === true && dump !== undefined ? storedIn(dump) : [];
  const left = asked.filter((type) => !reached.some((each) => each.type === type));
  const args = ['-m', 'benchwire_runner.model_types.coverage', '--jobs', `${availableParallelism()}`];
  args.push('--types', left.join(','));
  if (until !== 'forward') args.push('--export', '--onnx-program', process.execPath, ONNX_OUTPUTS);
  if (profile === true) args.push('--profile');
  if (dump !== undefined && reached.length === 0) writeFileSync(dump, '');
  const started = performance.now();
  // No types would mean all of them.
  if (left.length === 0) return summaryOf(reached, asked.length, 0);
  const child = spawn(pythonWithTorch(), args, {
    cwd: join(repositoryRoot, 'runners/python'),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    reached.push(...linesOf(line));
    if (dump !== undefined) appendFileSync(dump, `${line}\n`);
    if (reached.length % 50 === 0) say(`${reached.length} of ${asked.length} types`);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`the coverage program ended with ${code}`);
  return summaryOf(reached, asked.length, (performance.now() - started) / 60_000);
}

/** What a file of results has; a line that a stop cut off is tried again. */
function storedIn(file: string): Reached[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole !== text) writeFileSync(file, whole);
  return linesOf(whole);
}

function linesOf(text: string): Reached[] {
  return readCoverage(text, reachedLine);
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
    cpu_minutes: round(reached.reduce((sum, { cpu_seconds }) => sum + (cpu_seconds ?? 0), 0) / 60),
    peak_memory_mb: Math.max(...reached.map(({ peak_memory_mb }) => peak_memory_mb ?? 0)),
    problems: fallenBack(reached, coverageOf).map(
      ({ type, from, to }) =>
        `${type} fell back from ${from} to ${to}: store_coverage.py --accept ${type} where that is meant`,
    ),
  };
}
