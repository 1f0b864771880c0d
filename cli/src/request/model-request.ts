import {
  type BenchmarkRun,
  benchmarkIssues,
  benchmarkRequest,
  benchmarkRun,
} from '@benchwire/shared/contracts/benchmark.ts';
import { AUTO } from '@benchwire/shared/contracts/task.ts';
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
  return writtenOf(benchmarkRequest(readBenchmark({ ...written(options), models })));
}

/** Fields of a benchmark run, as its options say them. */
function written(options: Omit<ModelOptions, 'model'>): Record<string, unknown> {
  const sizes = options['batch-sizes'];
  return {
    ...(options.hardware === undefined ? {} : { hardware: commaSeparated(options.hardware) }),
    ...(sizes === undefined ? {} : { batch_sizes: sizes === AUTO ? AUTO : commaSeparated(sizes).map(Number) }),
    ...(options.precision === undefined ? {} : { precision: options.precision }),
    progressive_mode: options.progressive,
    incremental: options.incremental,
  };
}

/** What `bw bench` takes beside that. */
export interface BenchOptions extends ModelOptions {
  priority: string | undefined;
  size: string | undefined;
  'max-age': number | undefined;
  type: string | undefined;
  concurrency: string | undefined;
  mix: boolean;
  wait: boolean;
}

/**
 * The run that `bw bench` stands for.
 * @throws UsageError that names the option, what is wrong and what to do
 */
export function benchRun({
  model,
  priority,
  size,
  wait,
  type,
  concurrency,
  mix,
  ...options
}: BenchOptions): BenchmarkRun {
  const models = model.flatMap(commaSeparated);
  const max_age_seconds = options['max-age'];
  if (models.length === 0 && priority === undefined)
    throw new UsageError(
      'nothing to measure: name models with --model, or take those of a priority with --priority high.',
    );
  if (max_age_seconds !== undefined && !options.incremental)
    throw new UsageError('--max-age goes with --incremental: it says what is old enough to be measured again.');
  return readBenchmark({
    ...written(options),
    ...(models.length === 0 ? {} : { models }),
    ...(priority === undefined ? {} : { priority: /^\d+$/.test(priority) ? Number(priority) : priority }),
    ...(size === undefined ? {} : { size }),
    ...(max_age_seconds === undefined ? {} : { max_age_seconds }),
    wait_for_workers: wait,
    ...(type === undefined ? {} : { type }),
    ...(concurrency === undefined ? {} : { concurrency: commaSeparated(concurrency).map(Number) }),
    mix,
  });
}

/** @throws UsageError */
function readBenchmark(fields: Record<string, unknown>): BenchmarkRun {
  const parsed = parseWith<BenchmarkRun>(benchmarkRun, fields);
  const [problem] = parsed.ok ? benchmarkIssues(parsed.value) : parsed.issues;
  if (problem !== undefined) throw new UsageError(`${optionOf(problem.path)}: ${problem.message}`);
  if (!parsed.ok) throw new UsageError('these options do not make a valid request.');
  return parsed.value;
}

/** A request that options stand for, as one that was read from a file. */
export function writtenOf(request: ReturnType<typeof benchmarkRequest>): WrittenRequest {
  return parseRequest('(options)', Buffer.from(JSON.stringify(request)));
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
