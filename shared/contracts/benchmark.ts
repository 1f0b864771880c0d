import { z } from 'zod';
import { memoryOfType, memoryOfTypes } from '../catalogue/memory-of-type.ts';
import { isModelFile } from '../catalogue/model-reference.ts';
import { coverageOf } from '../catalogue/model-types.ts';
import { findListed, listModels, unknownModel } from '../catalogue/models.ts';
import { BENCHMARK_TYPES, NAMED_PRIORITIES } from './benchmark-names.ts';
import { type HardwareClass, hardwareClass } from './hardware.ts';
import type { Issue, request } from './request.ts';
import { streamSuffix } from './series.ts';
import { AUTO, batchSizesOrAuto, onnxConfig, streamCounts, type TorchConfig, torchConfig } from './task.ts';

const priority = z.union([z.int().min(0).max(100), z.enum(['low', 'medium', 'high'])]);

/** Rounds in which the start of a model type is measured. */
const STARTUP_ROUNDS = 5;
const DEFAULT_CONCURRENCY = [2, 4];
/** Of a mix: more share a few cores only to wait. */
const MAX_MIX = 16;

/** What `POST /api/benchmark/run` and `bw run --model` take: every model on every hardware. Since 0.3. */
export const benchmarkRun = z.strictObject({
  priority: priority.default(NAMED_PRIORITIES.low),
  /** A task for each of these; any one machine when left out. */
  hardware: z.array(hardwareClass).min(1).max(16).optional(),
  /** Without them: the catalogue's models of the named priority that some executor runs. Left out since 0.6. */
  models: z.array(z.string().min(1).max(2048)).min(1).max(1000).optional(),
  batch_sizes: batchSizesOrAuto.default([1]),
  precision: z.string().min(1).max(32).optional(),
  /** The smallest batch size of every model first; a larger one only where the smaller one was measured. */
  progressive_mode: z.boolean().default(false),
  /** Leaves out what was measured already with the same model file, settings and environment. */
  incremental: z.boolean().default(false),
  /** Of `incremental`: what is older is measured again; any age counts without it. Since 0.6, as those below. */
  max_age_seconds: z.number().positive().optional(),
  /** Of model types: their default configuration, or a small one. */
  size: z.enum(['tiny', 'base']).default('base'),
  /** Starts the run also where no worker has PyTorch yet: its tasks wait for one. */
  wait_for_workers: z.boolean().default(false),
  type: z.enum(BENCHMARK_TYPES).optional(),
  /** Of `throughput`: numbers of instances that run at once; 2 and 4 when left out. */
  concurrency: onnxConfig.shape.concurrency,
  /** Of `throughput`: all model types at once as well, one instance each. */
  mix: z.boolean().default(false),
});
export type BenchmarkRun = z.infer<typeof benchmarkRun>;

/** Finding near names has its cost: nobody reads more than these. */
const MAX_ISSUES = 20;

/** The models that a run is about. */
export function modelsOf({ models, priority }: Pick<BenchmarkRun, 'models' | 'priority'>): readonly string[] {
  if (models !== undefined) return models;
  return listModels({ priority: [String(priority)] })
    .filter(({ runs }) => runs.some(({ can }) => can === true))
    .map(({ model }) => model);
}

/**
 * Models that the catalogue does not have or that no executor runs, and models or hardware that are named twice: each with its
 * place and what to do.
 */
export function benchmarkIssues(run: BenchmarkRun): Issue[] {
  const { models, priority, hardware = [], precision } = run;
  if (models === undefined && typeof priority === 'number') {
    const message = 'name models, or the priority low, medium or high: the models of that priority are measured';
    return [{ path: 'models', code: 'missing', message }];
  }
  const issues = [...namedTwice('models', models ?? []), ...namedTwice('hardware', hardware)];
  for (const [place, model] of (models ?? []).entries()) {
    if (issues.length >= MAX_ISSUES) break;
    if (isModelFile(model)) continue;
    const problem = modelProblem(model);
    if (problem !== undefined) issues.push({ path: `models[${place}]`, ...problem });
  }
  const type =
    precision === undefined || torchPrecision(precision) ? undefined : modelsOf({ models, priority }).find(isModelType);
  if (type !== undefined) {
    const message = `the model type "${type}" cannot be measured in "${precision}": use ${TORCH_PRECISIONS.join(', ')}`;
    issues.push({ path: 'precision', code: 'no_such_precision', message });
  }
  return [...issues, ...typeIssues(run)].slice(0, MAX_ISSUES);
}

/** What goes with a type of benchmark, and what with model types only. */
function typeIssues(run: BenchmarkRun): Issue[] {
  const issues: Issue[] = [];
  const wants_throughput = run.type === 'throughput' || run.type === 'both';
  for (const field of ['concurrency', 'mix'] as const)
    if (run[field] !== undefined && run[field] !== false && !wants_throughput)
      issues.push({ path: field, code: 'other_type', message: `${field} goes with the type throughput or both` });
  if (run.models === undefined && typeof run.priority === 'number') return issues;
  const models = modelsOf(run);
  const file = models.find((model) => !isModelType(model));
  if (run.batch_sizes === AUTO && file !== undefined) {
    const message = `auto is for model types, and "${file}" is a file: name its batch sizes, or leave it out`;
    issues.push({ path: 'batch_sizes', code: 'not_for_files', message });
  }
  const types = models.filter(isModelType).length;
  if (run.mix && (types < 2 || types > MAX_MIX)) {
    const message = `a mix has 2 to ${MAX_MIX} model types, and there ${types === 1 ? 'is' : 'are'} ${types}: name them as models`;
    issues.push({ path: 'mix', code: 'no_mix', message });
  }
  return issues;
}

/** Why a model cannot be measured by its name; undefined where it can. */
function modelProblem(model: string): Pick<Issue, 'code' | 'message'> | undefined {
  const listed = findListed(model);
  if (listed === undefined) return { code: 'unknown_model', message: unknownModel(model) };
  if (listed.runs.some(({ can }) => can !== false)) return undefined;
  const reason = listed.runs.find(({ executor }) => executor === 'torch')?.reason;
  return { code: 'no_executor', message: `no executor runs the model type "${model}": ${reason}` };
}

/** Whether the executor `torch` builds it; files go to `onnx`. */
export function isModelType(model: string): boolean {
  return !isModelFile(model) && findListed(model)?.kind === 'model_type';
}

const TORCH_PRECISIONS = torchConfig.shape.precision.unwrap().options;
const torchPrecision = (precision: string | undefined): TorchConfig['precision'] | undefined =>
  TORCH_PRECISIONS.find((each) => each === precision);

function namedTwice(field: string, names: readonly string[]): Issue[] {
  const seen = new Set<string>();
  return names.flatMap((name, place) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ path: `${field}[${place}]`, code: 'named_twice', message: `"${name}" is named twice: leave one out` }];
  });
}

type BatchSizes = readonly number[] | typeof AUTO;

/** One model on one class of hardware (any, where none is named), at the batch sizes that are to be measured. */
export interface BenchmarkCell {
  model: string;
  hardware: HardwareClass | undefined;
  executor: 'onnx' | 'torch';
  batch_sizes: BatchSizes;
  /** Begins the ids of its tasks. */
  id: string;
}

/** What a run measures, in the order in which it is written; in progressive mode the models with the fewest parameters first. */
export function benchmarkCells(run: BenchmarkRun): BenchmarkCell[] {
  const models = [...modelsOf(run)];
  // What is not known, and files, stay in front: the sort keeps their order.
  if (run.progressive_mode) models.sort((a, b) => (coverageOf(a).parameters ?? 0) - (coverageOf(b).parameters ?? 0));
  return models.flatMap((model, place) =>
    (run.hardware ?? [undefined]).map((hardware) => ({
      ...{ model, hardware, batch_sizes: run.batch_sizes, id: idOf(place, model, hardware) },
      executor: isModelType(model) ? 'torch' : 'onnx',
    })),
  );
}

/**
 * The request that it stands for: a task for each model on each hardware. In progressive mode a task for each batch size
 * as well: the scheduler starts the tasks of a run in the order in which they are written, so all models' smallest batch
 * sizes come first, and a larger one waits until the next smaller one has been measured.
 * @param run - without anything that `benchmarkIssues` reports
 * @param cells - those of its cells that are to be measured
 * @param mixes - those of its mixes that are
 */
export function benchmarkRequest(
  run: BenchmarkRun,
  cells: readonly BenchmarkCell[] = benchmarkCells(run),
  mixes: readonly BenchmarkMix[] = mixesOf(run, cells),
): z.input<typeof request> {
  const priority = typeof run.priority === 'number' ? run.priority : NAMED_PRIORITIES[run.priority];
  const steps = run.progressive_mode
    ? Math.max(0, ...cells.map(({ batch_sizes }) => (batch_sizes === AUTO ? 1 : batch_sizes.length)))
    : 1;
  const of_models = Array.from({ length: steps }, (_, step) => cells.flatMap((cell) => tasksOf(cell, run, step)));
  return { name: 'benchmark', priority, tasks: [...of_models.flat(), ...mixes.map((mix) => mixTask(mix, run))] };
}

/** Model types that are measured at once on one class of hardware (any, where none is named). */
export interface BenchmarkMix {
  models: readonly string[];
  hardware: HardwareClass | undefined;
}

/** All model types at once, on each hardware where there are two or more to measure. */
export function mixesOf(run: BenchmarkRun, cells: readonly BenchmarkCell[]): BenchmarkMix[] {
  if (!run.mix) return [];
  const types = cells.filter(({ executor }) => executor === 'torch');
  return [...Map.groupBy(types, ({ hardware }) => hardware)]
    .map(([hardware, of_hardware]) => ({ hardware, models: of_hardware.map(({ model }) => model) }))
    .filter(({ models }) => models.length > 1);
}

/**
 * Memory in GB that a worker must have for a mix, at least; null where it is not known. Each model has an instance of its own, and
 * the first one is measured alone beside them.
 */
export function memoryOfMix({ models }: BenchmarkMix, { size }: Pick<BenchmarkRun, 'size'>): number | null {
  return memoryOfTypes(models.map((type, place) => ({ type, size, batch_size: 1, count: place === 0 ? 2 : 1 })));
}

function mixTask(mix: BenchmarkMix, run: BenchmarkRun): z.input<typeof request>['tasks'][number] {
  const { hardware } = mix;
  const [first = '', ...others] = mix.models;
  const { config, ...rest } = typeTask(first, [1], { ...run, type: undefined });
  return {
    task_id: hardware === undefined ? 'mix' : `mix-${hardware}`,
    requirements: requirementsOf(hardware, memoryOfMix(mix, run)),
    ...rest,
    config: { ...config, mix: others },
  };
}

function requirementsOf(hardware: HardwareClass | undefined, memory_gb: number | null) {
  return {
    ...(hardware === undefined ? {} : { hardware: [hardware] }),
    ...(memory_gb === null ? {} : { min_memory_gb: memory_gb }),
  };
}

/** The task of a cell at a step: all its batch sizes at once, or in progressive mode the next larger one; none where it has no more. */
function tasksOf(cell: BenchmarkCell, run: BenchmarkRun, step: number): z.input<typeof request>['tasks'] {
  const { id, hardware, model } = cell;
  // A search begins with the smallest size by itself.
  const steps = run.progressive_mode && cell.batch_sizes !== AUTO;
  const sizes = cell.batch_sizes === AUTO ? [] : cell.batch_sizes.toSorted((a, b) => a - b);
  const asked = cell.batch_sizes === AUTO ? AUTO : [...cell.batch_sizes];
  const batch_sizes = steps ? sizes.slice(step, step + 1) : asked;
  if (batch_sizes.length === 0 || (step > 0 && !steps)) return [];
  return [
    {
      task_id: steps ? `${id}-b${batch_sizes[0]}` : id,
      requirements: requirementsOf(hardware, memoryNeeded(cell, run)),
      ...(steps && step > 0 ? { depends_on: [`${id}-b${sizes[step - 1]}`] } : {}),
      ...(cell.executor === 'torch' ? typeTask(model, batch_sizes, run) : fileTask(model, batch_sizes, run)),
    },
  ];
}

/** Memory in GB that a worker must have at the largest batch size, for all instances; null where it is not known. */
export function memoryNeeded(
  { model, executor, batch_sizes = [1] }: Pick<BenchmarkCell, 'model' | 'executor'> & { batch_sizes?: BatchSizes },
  { size, ...run }: Pick<BenchmarkRun, 'size' | 'type' | 'concurrency'>,
): number | null {
  if (executor !== 'torch') return null;
  // A search for batch sizes looks at the memory by itself.
  const largest = batch_sizes === AUTO ? 1 : Math.max(...batch_sizes);
  return memoryOfType(model, size, largest, 1 + (throughputConfig(run).concurrency?.at(-1) ?? 0));
}

function fileTask(model: string, batch_sizes: number[] | typeof AUTO, run: BenchmarkRun) {
  const { precision, incremental, max_age_seconds } = run;
  return {
    executor: 'onnx' as const,
    config: {
      // Without a file where that is `auto` (benchmarkIssues).
      ...{ model, batch_sizes: batch_sizes === AUTO ? [1] : batch_sizes },
      ...(precision === undefined ? {} : { precision }),
      ...throughputConfig(run),
    },
    ...(incremental ? { skip_if_fresh: max_age_seconds === undefined ? true : { max_age_seconds } } : {}),
  };
}

/** Whether a type was measured already is looked up before the run is made (client/plan-benchmark.ts). */
export function typeTask(
  model: string,
  batch_sizes: number[] | typeof AUTO,
  run: Pick<BenchmarkRun, 'precision' | 'size' | 'type' | 'concurrency'>,
) {
  const precision = torchPrecision(run.precision);
  return {
    executor: 'torch' as const,
    config: {
      ...{ model, batch_sizes },
      ...(run.size === 'base' ? {} : { size: run.size }),
      ...(precision === undefined ? {} : { precision }),
      ...(run.type === 'inference' || run.type === 'both' ? { startup_rounds: STARTUP_ROUNDS } : {}),
      ...throughputConfig(run),
    },
  };
}

/** One metric of each kind that a run measures of a model type: where all of them are there, nothing is missing. */
export function metricsOf(run: Pick<BenchmarkRun, 'type' | 'concurrency'>): string[] {
  const most = throughputConfig(run).concurrency?.at(-1);
  return [
    'latency_ms',
    ...(most === undefined ? [] : [`latency_ms${streamSuffix(most)}`]),
    ...(run.type === 'inference' || run.type === 'both' ? ['model_initialization_ms'] : []),
  ];
}

function throughputConfig({ type, concurrency }: Pick<BenchmarkRun, 'type' | 'concurrency'>): {
  concurrency?: number[];
} {
  if (type !== 'throughput' && type !== 'both') return {};
  return { concurrency: streamCounts({ concurrency: concurrency ?? DEFAULT_CONCURRENCY }) };
}

/** Unique by the place, readable by the rest; short enough for a batch size behind it. */
function idOf(place: number, model: string, hardware: string | undefined): string {
  const name = model.replaceAll(/[^A-Za-z0-9_-]+/g, '-').slice(-80);
  return [place + 1, name, hardware].filter((part) => part !== undefined && part !== '').join('-');
}
