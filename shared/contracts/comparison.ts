import { z } from 'zod';
import { COMPARED_BY } from './compared-by.ts';
import { DIRECTIONS } from './direction.ts';
import { runId, timestamp } from './ids.ts';
import { seriesFields } from './series-key.ts';

export const comparedBy = z.enum(COMPARED_BY);
export type ComparedBy = z.infer<typeof comparedBy>;

const direction = z.enum(DIRECTIONS);

/** What one side has in one row: one value a run, newest run last shown. */
export const comparedCell = z.object({
  /** Median of the runs' values. */
  value: z.number(),
  ci_low: z.number().nullable(),
  ci_high: z.number().nullable(),
  /** Where the interval comes from: repeated runs, or the samples within the one run; null without an interval. */
  ci_from: z.enum(['runs', 'samples']).nullable(),
  runs: z.int(),
  /** Of the newest run. */
  samples: z.int(),
  series_id: z.string(),
  run_id: runId,
  task_id: z.string(),
  measured_at: timestamp,
  fingerprint: z.string(),
  pool: z.string(),
  /** What limits the meaning of the newest value, codes and texts. Since 0.4. */
  note_codes: z.array(z.string()).default([]),
  notes: z.array(z.string()).default([]),
});
export type ComparedCell = z.infer<typeof comparedCell>;

/**
 * - `better`, `worse`: more than noise, and which way is better is known; `different` where it isn't
 * - `same`: no more than noise
 * - `unknown`: nothing says how much one run differs from the next, or a side has no value
 */
export const verdict = z.enum(['better', 'worse', 'different', 'same', 'unknown']);
export type Verdict = z.infer<typeof verdict>;

/** How a side differs from the first one. */
export const comparedDifference = z.object({
  verdict,
  /** What the noise was taken from: repeated runs of both sides, the series' own history, or the samples within one run. */
  basis: z.enum(['repeated_runs', 'history', 'samples']).nullable(),
  change_percent: z.number().nullable(),
  change_low_percent: z.number().nullable(),
  change_high_percent: z.number().nullable(),
  p_value: z.number().nullable(),
  /** `p_value` made fit for the number of rows that are looked at; below 0.05 it is more than noise. */
  adjusted_p_value: z.number().nullable(),
  /** In words, with the numbers. */
  sentence: z.string(),
});
export type ComparedDifference = z.infer<typeof comparedDifference>;

export const comparedRow = z.object({
  ...seriesFields.omit({ fingerprint: true }).shape,
  pool: z.string(),
  unit: z.string(),
  direction,
  /** One a side, in their order. */
  cells: z.array(comparedCell.nullable()),
  /** One a side; null for the first. */
  differences: z.array(comparedDifference.nullable()),
});
export type ComparedRow = z.infer<typeof comparedRow>;

export const sideSummary = z.object({
  metric: z.string(),
  rows: z.int(),
  better: z.int(),
  worse: z.int(),
  different: z.int(),
  same: z.int(),
  unknown: z.int(),
  /** Geometric mean of the ratios to the first side, as a change. */
  mean_change_percent: z.number().nullable(),
  sentence: z.string(),
});

export const comparison = z.object({
  by: comparedBy,
  sides: z.array(
    z.object({
      /** What was asked for: a run's id, a commit, … */
      value: z.string(),
      /** For people: a run's name, a series' own words. */
      label: z.string(),
      rows: z.int(),
      commits: z.array(z.string()),
      pools: z.array(z.string()),
      /** How it differs from the first side, a metric each; empty for the first. */
      summary: z.array(sideSummary),
    }),
  ),
  rows: z.array(comparedRow),
  /** What should be known before the numbers are trusted. */
  notes: z.array(z.string()),
});
export type Comparison = z.infer<typeof comparison>;
