import { z } from 'zod';
import { comparedRow, comparison, sideSummary } from './comparison.ts';
import { DIRECTIONS } from './direction.ts';

/** Values over those of one device, which are dimensionless: 2 is twice as much. */
const relative = z.object({
  /** Geometric means, null without a value. */
  baseline: z.number().nullable(),
  period: z.number().nullable(),
  /** How many values each of them is of. */
  baseline_values: z.int(),
  period_values: z.int(),
});

/** How a metric changed over all values, on one hardware, or of one model. */
const analyticsGroup = sideSummary.extend({
  of: z.enum(['everything', 'hardware', 'model']),
  /** The pool or the model; empty for everything. */
  name: z.string(),
  direction: z.enum(DIRECTIONS),
  /** Values that only one side has; they are in no count and no mean. */
  only_baseline: z.int(),
  only_period: z.int(),
  /** Null where no device was named to normalise to. */
  relative: relative.nullable(),
});
export type AnalyticsGroup = z.infer<typeof analyticsGroup>;

const analyticsRow = comparedRow.extend({
  /** Of each side, its value over that of the device there; null without a device, or where the device has no value. */
  relative: z.array(z.number().nullable()),
});
export type AnalyticsRow = z.infer<typeof analyticsRow>;

/**
 * A period compared with a baseline: the first side is the baseline, the second the period. The statistics are those of every
 * comparison. Rows are in order: the worst change first. Since 0.6.
 */
export const analytics = comparison.extend({
  rows: z.array(analyticsRow),
  groups: z.array(analyticsGroup),
  /** The pool that values are normalised to. */
  normalised_to: z.string().nullable(),
});
export type Analytics = z.infer<typeof analytics>;
