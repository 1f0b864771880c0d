import { z } from 'zod';
import { comparedDifference } from './comparison.ts';
import { timestamp } from './ids.ts';
import { changeRow } from './rows.ts';

/** A regression or improvement, with its change as a comparison of the runs since it with those before. */
export const digestEntry = changeRow
  .omit({ baseline_values: true, values_since: true, z_score: true, message: true })
  .extend({
    ...comparedDifference.pick({ basis: true, change_low_percent: true, change_high_percent: true }).shape,
    runs_before: z.int(),
    runs_since: z.int(),
    /** When it was dismissed or did not show again; null while it is open. */
    closed_at: timestamp.nullable(),
  });
export type DigestEntry = z.infer<typeof digestEntry>;

const digestGroup = z.object({
  name: z.string(),
  opened: z.int(),
  closed: z.int(),
  still_open: z.int(),
  /** The greatest change of those opened, with its sign; null where none is in percent. */
  worst_percent: z.number().nullable(),
});
export type DigestGroup = z.infer<typeof digestGroup>;

/** What got slower since a time, the greatest change first, and what of that is settled. Since 0.6. */
export const digest = z.object({
  since: timestamp,
  until: timestamp,
  /** Regressions found in this time, whatever became of them. */
  opened: z.array(digestEntry),
  /** Regressions dismissed, or not reproduced, in this time, whenever they were found. */
  closed: z.array(digestEntry),
  improvements: z.array(digestEntry),
  by_model: z.array(digestGroup),
  /** By pool. */
  by_hardware: z.array(digestGroup),
  /** In all, whenever they were found. */
  open_regressions: z.int(),
  finished_runs: z.int(),
  failed_runs: z.int(),
  /** Whether a limit cut the lists: then the greatest changes are in them. */
  truncated: z.boolean(),
});
export type Digest = z.infer<typeof digest>;
