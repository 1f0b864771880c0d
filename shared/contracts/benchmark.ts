import { z } from 'zod';
import { isModelFile } from '../catalogue/model-reference.ts';
import { findListed, unknownModel } from '../catalogue/models.ts';
import { hardwareClass } from './hardware.ts';
import type { Issue, request } from './request.ts';
import { batchSizes, type TorchConfig, torchConfig } from './task.ts';

/** The priorities that have a name; a request says its priority as a name or as a number from 0 to 100. Since 0.4. */
export const NAMED_PRIORITIES = { low: 0, medium: 50, high: 90 } as const;

const priority = z.union([z.int().min(0).max(100), z.enum(['low', 'medium', 'high'])]);

/** What `POST /api/benchmark/run` and `bw run --model` take: every model on every hardware. Since 0.3. */
export const benchmarkRun = z.strictObject({
  priority: priority.default(NAMED_PRIORITIES.low),
  /** A task for each of these; any one machine when left out. */
  hardware: z.array(hardwareClass).min(1).max(16).optional(),
  models: z.array(z.string().min(1).max(2048)).min(1).max(1000),
  batch_sizes: batchSizes.default([1]),
  precision: z.string().min(1).max(32).optional(),
  /** The smallest batch size of every model first; a larger one only where the smaller one was measured. */
  progressive_mode: z.boolean().default(false),
  /** Leaves out what was measured already with the same model file, settings and environment. */
  incremental: z.boolean().default(false),
});
export type BenchmarkRun = z.infer<typeof benchmarkRun>;

/** Finding near names has its cost: nobody reads more than these. */
const MAX_ISSUES = 20;

/**
 * Models that the catalogue does not have or that no executor runs, and models or hardware that are named twice: each with its
 * place and what to do.
 */
export function benchmarkIssues({ models, hardware = [], precision }: BenchmarkRun): Issue[] {
  const issues = [...namedTwice('models', models), ...namedTwice('hardware', hardware)];
  for (const [place, model] of models.entries()) {
    if (issues.length >= MAX_ISSUES) break;
    if (isModelFile(model)) continue;
    const problem = modelProblem(model);
    if (problem !== undefined) issues.push({ path: `models[${place}]`, ...problem });
  }
  const type = precision === undefined || torchPrecision(precision) ? undefined : models.find(isModelType);
  if (type !== undefined) {
    const message = `the model type "${type}" cannot be measured in "${precision}": use ${TORCH_PRECISIONS.join(', ')}`;
    issues.push({ path: 'precision', code: 'no_such_precision', message });
  }
  return issues.slice(0, MAX_ISSUES);
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
function isModelType(model: string): boolean {
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

/**
 * The request that it stands for: a task for each model on each hardware. In progressive mode a task for each batch size
 * as well: the scheduler starts the tasks of a run in the order in which they are written, so all models' smallest batch
 * sizes come first, and a larger one waits until the next smaller one has been measured.
 * @param run - without anything that `benchmarkIssues` reports
 */
export function benchmarkRequest(run: BenchmarkRun): z.input<typeof request> {
  const priority = typeof run.priority === 'number' ? run.priority : NAMED_PRIORITIES[run.priority];
  const cells = run.models.flatMap((model, place) =>
    (run.hardware ?? [undefined]).map((hardware) => ({ model, hardware, id: idOf(place, model, hardware) })),
  );
  const sizes = run.batch_sizes.toSorted((a, b) => a - b);
  const steps = run.progressive_mode ? sizes.map((size) => [size]) : [run.batch_sizes];
  return {
    name: 'benchmark',
    priority,
    tasks: steps.flatMap((batch_sizes, step) =>
      cells.map(({ model, hardware, id }) => ({
        task_id: run.progressive_mode ? `${id}-b${batch_sizes[0]}` : id,
        requirements: hardware === undefined ? {} : { hardware: [hardware] },
        ...(step === 0 ? {} : { depends_on: [`${id}-b${sizes[step - 1]}`] }),
        ...(isModelType(model) ? typeTask(model, batch_sizes, run) : fileTask(model, batch_sizes, run)),
      })),
    ),
  };
}

function fileTask(model: string, batch_sizes: number[], { precision, incremental }: BenchmarkRun) {
  return {
    executor: 'onnx' as const,
    config: { model, batch_sizes, ...(precision === undefined ? {} : { precision }) },
    ...(incremental ? { skip_if_fresh: true } : {}),
  };
}

/** Whether a type was measured already with the same packages is known to its worker only: it is measured again. */
function typeTask(model: string, batch_sizes: number[], run: BenchmarkRun) {
  const precision = torchPrecision(run.precision);
  return {
    executor: 'torch' as const,
    config: { model, batch_sizes, ...(precision === undefined ? {} : { precision }) },
  };
}

/** Unique by the place, readable by the rest; short enough for a batch size behind it. */
function idOf(place: number, model: string, hardware: string | undefined): string {
  const name = model.replaceAll(/[^A-Za-z0-9_-]+/g, '-').slice(-80);
  return [place + 1, name, hardware].filter((part) => part !== undefined && part !== '').join('-');
}
