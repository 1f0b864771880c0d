import { z } from 'zod';
import { sha256Hex } from './ids.ts';

const program = z.array(z.string().max(65_536)).min(1).max(1024);

/** Pairs of a head and a base side where the request does not say how many: see docs/verdicts.md. */
export const DEFAULT_PAIRS = 6;
export const MAX_PAIRS = 200;

/**
 * What the run is compared with, measured in the same run: each task gets a base side beside its head side, and one attempt measures both
 * by turns on one device. Since 0.5.
 */
export const requestBase = z.strictObject({
  /** Stands for `{commit}` in the base side's `prepare`, `command` and `env`. */
  commit: z.string().min(1).max(128),
  /** Stands for `{branch}` there. */
  branch: z.string().min(1).max(256).optional(),
  /** Times that each side is measured. An even number balances which side goes first. */
  pairs: z.int().min(2).max(MAX_PAIRS).default(DEFAULT_PAIRS),
  /** In the place of the `prepare` of every `command` task, on the base side. */
  prepare: program.optional(),
});
export type RequestBase = z.infer<typeof requestBase>;

/** What a task's base side has in the place of its config's; `false` for a task without a base side. */
export const taskBase = z.union([
  z.literal(false),
  z.strictObject({
    /** `onnx` and `command`. */
    model: z.string().min(1).max(2048).optional(),
    /** `onnx` */
    sha256: sha256Hex.optional(),
    /** `command`, as those below. */
    command: program.optional(),
    /** These variables; the task's others stay. */
    env: z.record(z.string(), z.string()).optional(),
    working_directory: z.string().optional(),
    prepare: program.optional(),
  }),
]);
export type TaskBase = z.infer<typeof taskBase>;

export const SIDES = ['head', 'base'] as const;
export type Side = (typeof SIDES)[number];

/** What a worker needs to measure the base side of a task, beside its config. */
export const baseSide = z.object({
  commit: z.string(),
  branch: z.string().optional(),
  pairs: z.int().min(1).max(MAX_PAIRS),
});

/** How the pairs of one attempt compare; in its outcome, and beside the points of its series. Since 0.5. */
export const pairsOfAttempt = z.object({
  base_commit: z.string(),
  /** Which side went first in each pair. */
  first: z.array(z.enum(SIDES)),
  /** Pairs that were measured on top, since the first ones could not tell. */
  repeated: z.int().min(0).default(0),
  /** The device that measured both sides. */
  device_id: z.string().default(''),
  /** Why there is nothing to compare; then the history decides. */
  unavailable: z.string().max(2000).optional(),
});
export type PairsOfAttempt = z.infer<typeof pairsOfAttempt>;

/** One series of an attempt: both sides' values by pair, in the unit of the series. */
export const pairedValues = z.object({
  metric: z.string(),
  batch_size: z.int().nullable(),
  head: z.array(z.number()),
  base: z.array(z.number()),
});
export type PairedValues = z.infer<typeof pairedValues>;

/** The pairs that one point of a series is from. */
export const pairsOfPoint = pairsOfAttempt.omit({ first: true }).extend({
  head: z.array(z.number()),
  base: z.array(z.number()),
});
export type PairsOfPoint = z.infer<typeof pairsOfPoint>;
