import { readFileSync } from 'node:fs';
import type { Modality, ModelPriority, Stage } from './stages.ts';

/** A Hugging Face architecture, as runners/python/tools/generate_catalogue.py writes it from the installed transformers. */
export interface ModelType {
  /** Its `model_type`: what a request names. */
  type: string;
  /** The folder of transformers that it is in: `qwen2_vl` for the type `qwen2_vl_text`. */
  family: string;
  modalities: readonly Modality[];
  tasks: readonly string[];
  /** What is measured where a request names no task. */
  default_task: string | null;
  /** The class that is built; null where transformers has none for it. */
  class: string | null;
  priority: ModelPriority;
  /** The evidence that the priority counts. */
  used_by: readonly string[];
  /** Sizes of what it is fed, where a request says none; empty where they follow from another type. */
  tiny: Readonly<Record<string, number>>;
  base: Readonly<Record<string, number>>;
}

/** What the last run of `npm run bench -- models` found of a type. */
export interface ModelCoverage {
  stage: Stage;
  /** Why it came no further. */
  reason?: string;
  /** Of the size `tiny`. */
  parameters?: number;
  /** Of the process that ran it at the size `tiny`, libraries included. */
  peak_memory_mb?: number;
  /** Whether it runs with two items in a batch. */
  batch?: boolean;
  /** Whether the stages after `forward` were tried. */
  exported?: boolean;
  onnx_bytes?: number;
  difference?: number;
  /** Modalities that it declares and that no rule could feed. */
  not_fed?: readonly string[];
}

/**
 * What one forward pass with batch size 1 in fp32 asks of a device, counted without computing (runners/python, workload.py). Only
 * the reason, or the weights and the reason, where a model computes what it does next.
 */
export interface Workload {
  parameters?: number;
  /** Of parameters and buffers; what layers share counts once. */
  weight_bytes?: number;
  /** Of matrix multiplications, convolutions and attention. */
  flops?: number;
  /** Read and written by all operators, as if nothing stayed in a cache. */
  bytes_moved?: number;
  /** Largest sum of tensors that are alive at once, without weights and inputs. */
  activation_bytes?: number;
  /** That compute or copy. */
  operators?: number;
  /** The most frequent ones. */
  kinds?: Readonly<Record<string, number>>;
  reason?: string;
}
export const SIZES = ['tiny', 'base'] as const;
export type ModelSize = (typeof SIZES)[number];

interface Read {
  workloads: ReadonlyMap<string, Readonly<Partial<Record<ModelSize, Workload>>>>;
  types: ReadonlyMap<string, ModelType>;
  coverage: ReadonlyMap<string, ModelCoverage>;
  /** The release of transformers that the types are from. */
  transformers: string;
}

let read: Read | undefined;

/** Read when first asked for: `bw` starts without it. */
function data(): Read {
  read ??= (() => {
    // The files are written by the tools beside the Python runner, and model-types.test.ts checks what they hold.
    const of = JSON.parse(readFileSync(new URL('./model-types.json', import.meta.url), 'utf8'));
    const coverage = JSON.parse(readFileSync(new URL('./model-coverage.json', import.meta.url), 'utf8'));
    const workloads = JSON.parse(readFileSync(new URL('./model-workloads.json', import.meta.url), 'utf8'));
    return {
      workloads: new Map(Object.entries(workloads.types as Record<string, Partial<Record<ModelSize, Workload>>>)),
      transformers: of.transformers as string,
      types: new Map((of.types as ModelType[]).map((each) => [each.type, each])),
      coverage: new Map(Object.entries(coverage.types as Record<string, ModelCoverage>)),
    };
  })();
  return read;
}

/** Every model type, by name. */
export const modelTypes = (): ReadonlyMap<string, ModelType> => data().types;

/** What is known of how a type runs. */
export const coverageOf = (type: string): ModelCoverage => data().coverage.get(type) ?? { stage: 'untested' };

/** What a type asks of a device at a size; undefined where no run counted it. */
export const workloadOf = (type: string, size: ModelSize): Workload | undefined => data().workloads.get(type)?.[size];

/** The release of transformers that the types are from. */
export const transformersRelease = (): string => data().transformers;
