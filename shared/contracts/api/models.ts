import { z } from 'zod';
import { PRIORITIES, STAGES } from '../../catalogue/stages.ts';
import { hardwareClass } from '../hardware.ts';
import { runId, timestamp } from '../ids.ts';
import { COVERED_EXECUTORS } from '../model-coverage.ts';
import { coverageRow } from '../rows.ts';
import { listAnswer, listOf } from './lists.ts';
import { signatures } from './signature.ts';

export const COMPATIBILITY_STATES = ['works', 'fails', 'untested'] as const;
export type CompatibilityState = (typeof COMPATIBILITY_STATES)[number];

/** One place of the compatibility matrix. */
export const compatibilityCell = z.object({
  model: z.string(),
  family: z.string(),
  hardware: hardwareClass,
  executor: z.string(),
  precision: z.string(),
  state: z.enum(COMPATIBILITY_STATES),
  /** Why it fails, or why there is nothing to try; null where it works. */
  reason: z.string().nullable(),
  /** Of the failure, as outcomes have it; null where it works, and where a coverage run found it. */
  error_class: z.string().nullable(),
  /** `outcomes`: of tasks. `coverage`: of the newest coverage run. `none`: nobody tried. */
  source: z.enum(['outcomes', 'coverage', 'none']),
  /** How far a coverage run came. */
  stage: z.enum(STAGES).nullable(),
  completed: z.int(),
  failed: z.int(),
  /** Kinds of devices that tried it. */
  devices: z.int(),
  /** The newest values of the smallest batch size. */
  latency_ms: z.number().nullable(),
  throughput_items_per_second: z.number().nullable(),
  memory_mb: z.number().nullable(),
  batch_size: z.int().nullable(),
  series_id: z.string().nullable(),
  /** The newest attempt. */
  run_id: runId.nullable(),
  task_id: z.string().nullable(),
  last_at: timestamp.nullable(),
});
export type CompatibilityCell = z.infer<typeof compatibilityCell>;

/** The matrix, or a part of it. */
export const compatibilityAnswer = z.object({
  items: z.array(compatibilityCell),
  /** Of everything that the filters let through, shown or not. */
  counts: z.object({ works: z.int(), fails: z.int(), untested: z.int() }),
  /** More is stored than is read. */
  truncated: z.boolean(),
});

const text = z.string().min(1).max(128);

/** Filters of the compatibility matrix; several values of one are alternatives. */
const compatibilityQuery = z.strictObject({
  /** Part of the name. */
  search: z.string().max(128).optional(),
  family: listOf(text),
  priority: listOf(z.enum(PRIORITIES)),
  hardware: listOf(hardwareClass),
  executor: listOf(text),
  precision: listOf(text),
  /** Everything but `untested` where none is named. */
  state: listOf(z.enum(COMPATIBILITY_STATES)),
});

export const modelApi = signatures({
  'GET /api/models/coverage': {
    role: 'viewer',
    summary:
      'How far each executor came with each model type in the newest coverage run, and before it with other packages',
    query: z.strictObject({
      model: z.string().max(256).optional(),
      executor: z.enum(COVERED_EXECUTORS).optional(),
      stage: z.enum(STAGES).optional(),
    }),
    answer: listAnswer(coverageRow),
  },
  'GET /api/models/compatibility': {
    role: 'viewer',
    summary:
      'Models by hardware, executor and precision: works with which numbers, or fails with which reason; `state=untested` lists what nobody tried',
    query: compatibilityQuery,
    answer: compatibilityAnswer,
  },
  'GET /api/models/compatibility/csv': {
    role: 'viewer',
    summary: 'The same as CSV',
    query: compatibilityQuery,
    answer: z.string(),
    content_type: 'text/csv; charset=utf-8',
  },
});
