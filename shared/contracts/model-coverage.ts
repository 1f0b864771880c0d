import { z } from 'zod';
import { STAGES } from '../catalogue/stages.ts';
import { hardwareClass } from './hardware.ts';
import { timestamp } from './ids.ts';

/** Executors of which a coverage run says how far they come: PyTorch itself, and ONNX Runtime with the exported file. */
export const COVERED_EXECUTORS = ['torch', 'onnx'] as const;
export type CoveredExecutor = (typeof COVERED_EXECUTORS)[number];

/** The last stage at which an executor is done with a type: PyTorch does not export. */
export const LAST_STAGE = { torch: 'forward', onnx: 'equal' } as const satisfies Record<CoveredExecutor, string>;

const megabytes = z.number().min(0);

/** How far one executor came with one model type. Since 0.6. */
export const coveredModel = z.object({
  model: z.string().min(1).max(256),
  executor: z.enum(COVERED_EXECUTORS),
  stage: z.enum(STAGES),
  /** Why it came no further; null where it passed the last stage of its executor. */
  reason: z.string().max(1000).nullable(),
  parameters: z.int().min(0).nullable().default(null),
  /** Of the process that tried it, libraries included. */
  peak_memory_mb: megabytes.nullable().default(null),
  /** Of outputs between PyTorch and ONNX Runtime, relative to the largest value. JSON has no infinity: null is also that. */
  difference: z.number().min(0).nullable().default(null),
  seconds: z.number().min(0).nullable().default(null),
});
export type CoveredModel = z.infer<typeof coveredModel>;

/** So that an event stays well below the size of a message. */
export const MAX_COVERED_MODELS = 200;

/** Part of what a coverage run found; a run of the whole catalogue is several of these. */
export const coverageData = z.object({
  checked_at: timestamp,
  hardware: hardwareClass,
  precision: z.string().max(32),
  /** Releases of the packages it ran with: torch, transformers, onnxruntime. */
  versions: z.record(z.string().max(64), z.string().max(64)),
  models: z.array(coveredModel).min(1).max(MAX_COVERED_MODELS),
});
export type CoverageData = z.infer<typeof coverageData>;
