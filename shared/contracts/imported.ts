import { z } from 'zod';
import { BETTER } from './direction.ts';
import { environment } from './hardware.ts';
import { timestamp } from './ids.ts';

/**
 * Executor `imported`: what another tool measured. The config holds the results themselves; the scheduler makes the outcome of
 * them, and no worker is involved. Since 0.6.
 */
export const IMPORTED = 'imported';

/** Pools of imported results begin so; those of workers begin with their hardware class. */
export const IMPORTED_POOL_PREFIX = 'imported-';

/** Values of one metric, at most; a file with more is cut by its parser, which says so. */
export const MAX_IMPORTED_VALUES = 10_000;
/** Metrics of one imported benchmark, at most. */
export const MAX_IMPORTED_METRICS = 100;

/** What a tool calls its one number, where it gives no single values. */
export const importedStatistic = z.enum(['median', 'mean', 'minimum', 'total', 'value']);
export type ImportedStatistic = z.infer<typeof importedStatistic>;

const number = z.number();

/** One metric: either the single values, or what the tool says of them, which is never taken for single values. */
export const importedMetric = z
  .strictObject({
    unit: z.string().min(1).max(32).optional(),
    better: z.enum(BETTER).optional(),
    values: z.array(number).min(1).max(MAX_IMPORTED_VALUES).optional(),
    summary: z
      .strictObject({
        statistic: importedStatistic,
        value: number,
        /** Of a 95 % confidence interval, where the tool gives one. */
        ci_low: number.optional(),
        ci_high: number.optional(),
        min: number.optional(),
        max: number.optional(),
        stddev: number.optional(),
        /** Single values that it was made of; absent where the file does not say. */
        count: z.int().min(1).optional(),
      })
      .optional(),
  })
  .refine(
    ({ values, summary }) => (values === undefined) !== (summary === undefined),
    'a metric has either values or a summary',
  );
export type ImportedMetric = z.infer<typeof importedMetric>;

export const importedConfig = z.strictObject({
  /** The format's name, such as `hyperfine`: part of the series, since another tool measures otherwise. */
  tool: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'a format of `bw import --help`'),
  model: z.string().min(1).max(2048).optional(),
  precision: z.string().min(1).max(32).optional(),
  parameters: z
    .record(z.string().min(1).max(128), z.union([z.string().max(1024), z.number(), z.boolean()]))
    .refine((named) => Object.keys(named).length <= 64, 'has more than 64 parameters')
    .optional(),
  metrics: z
    .record(z.string().min(1).max(256), importedMetric)
    .refine((named) => Object.keys(named).length > 0, 'has no metric')
    .refine(
      (named) => Object.keys(named).length <= MAX_IMPORTED_METRICS,
      `has more than ${MAX_IMPORTED_METRICS} metrics`,
    ),
  /** Where it was measured, as the file or the user says it; never the machine that imports it. */
  device: z.string().min(1).max(128).optional(),
  /** What else the file says of the machine and its software, for the outcome's environment. */
  facts: environment.refine((facts) => Object.keys(facts).length <= 100, 'has more than 100 facts').optional(),
  /** Of the facts, those that make another device: where they change another history begins. */
  identity: z.array(z.string().max(128)).max(64).optional(),
  /** When it was measured; when it was imported, where nobody says. */
  measured_at: timestamp.optional(),
  /** What was left out of the file, and what limits the meaning of its values. */
  notes: z.array(z.string().min(1).max(1000)).max(20).optional(),
});
export type ImportedConfig = z.infer<typeof importedConfig>;
