import {
  type BenchmarkRun,
  benchmarkIssues,
  benchmarkRequest,
  benchmarkRun,
} from '@benchwire/shared/contracts/benchmark.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import { UsageError } from '../errors.ts';
import { parseRequest, type WrittenRequest } from './read-request.ts';

/** What `bw run --model` was told in place of a file. */
export interface ModelOptions {
  model: readonly string[];
  hardware: string | undefined;
  'batch-sizes': string | undefined;
  precision: string | undefined;
  progressive: boolean;
  incremental: boolean;
}

/** The options that only go with `--model`. */
const ONLY_WITH_MODEL = ['hardware', 'batch-sizes', 'precision', 'progressive', 'incremental'] as const;

/**
 * The request that the options stand for: the same as `POST /api/benchmark/run` makes of them.
 * @returns undefined without `--model`: then a file is asked for
 * @throws UsageError that names the option, what is wrong and what to do
 */
export function modelRequest(options: ModelOptions): WrittenRequest | undefined {
  const models = options.model.flatMap(commaSeparated);
  if (models.length === 0) {
    const lonely = ONLY_WITH_MODEL.find((name) => options[name] !== undefined && options[name] !== false);
    if (lonely === undefined) return undefined;
    throw new UsageError(`--${lonely} goes with --model: a request file has it in its tasks.`);
  }
  const parsed = parseWith<BenchmarkRun>(benchmarkRun, {
    models,
    ...(options.hardware === undefined ? {} : { hardware: commaSeparated(options.hardware) }),
    ...(options['batch-sizes'] === undefined
      ? {}
      : { batch_sizes: commaSeparated(options['batch-sizes']).map(Number) }),
    ...(options.precision === undefined ? {} : { precision: options.precision }),
    progressive_mode: options.progressive,
    incremental: options.incremental,
  });
  const [problem] = parsed.ok ? benchmarkIssues(parsed.value) : parsed.issues;
  if (problem !== undefined) throw new UsageError(`${optionOf(problem.path)}: ${problem.message}`);
  if (!parsed.ok) throw new UsageError('these options do not make a valid request.');
  return parseRequest('(options)', Buffer.from(JSON.stringify(benchmarkRequest(parsed.value))));
}

function commaSeparated(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function optionOf(path: string): string {
  const field = /^[a-z_]+/.exec(path)?.[0] ?? '';
  return field === 'models' ? '--model' : `--${field.replaceAll('_', '-')}`;
}
