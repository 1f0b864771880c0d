import { z } from 'zod';

/** What of a run's verdict (verdict.ts) makes it fail. Since 0.5. */
export const gate = z.strictObject({
  /** Metrics that count, by name, with `*` for any part. Without: median latency or throughput, and others whose direction is known. */
  metrics: z.array(z.string().min(1).max(256)).min(1).max(100).optional(),
  /** Smaller changes don't matter; without: any that is clear does, and 5 % is what has to be excluded for `no_change`. */
  min_change_percent: z.number().positive().max(1000).optional(),
  /** What is worse, for metrics of which nobody knows it: a higher value, a lower one, or either. Without, they are reported only. */
  unknown_direction: z.enum(['higher_is_worse', 'lower_is_worse', 'either_is_worse']).optional(),
  on_slower: z.enum(['fail', 'warn']).default('fail'),
  on_cannot_tell: z.enum(['pass', 'warn', 'fail']).default('pass'),
  /** On a main line whose level has been worse since an earlier commit. */
  on_known_regression: z.enum(['fail', 'warn', 'pass']).default('fail'),
});
export type Gate = z.infer<typeof gate>;
