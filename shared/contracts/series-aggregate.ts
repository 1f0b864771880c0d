import { z } from 'zod';
import { comparedDifference } from './comparison.ts';
import { DIRECTIONS } from './direction.ts';
import { messageVersion, runId, timestamp } from './ids.ts';
import { seriesFields } from './series-key.ts';

/**
 * Plain NATS, kept by no stream: what a series comes to after it got new points, for dashboards of others. The aggregator publishes
 * it when the points are stored, at most once a second for each series and MAX_AGGREGATES_PER_SECOND in all. Since 0.6.
 */
export const AGGREGATES_SUBJECTS = 'bw.aggregate.*';
export const seriesAggregateSubject = (series_id: string): string => `bw.aggregate.${series_id}`;

export const MAX_AGGREGATES_PER_SECOND = 500;

/** Newest runs that the median is of. */
export const AGGREGATED_POINTS = 30;

export const seriesAggregate = z.object({
  v: messageVersion,
  series_id: z.string(),
  ...seriesFields.shape,
  pool: z.string(),
  unit: z.string(),
  direction: z.enum(DIRECTIONS),
  /** All points of the series. */
  count: z.int(),
  /** Of the newest 30 runs, as the interval; null for too few. */
  median: z.number(),
  ci_low: z.number().nullable(),
  ci_high: z.number().nullable(),
  /** The newest point. */
  value: z.number(),
  measured_at: timestamp,
  run_id: runId,
  /** The newest point compared with those before, as in every comparison, for this series alone: it is not adjusted for others. */
  ...comparedDifference.omit({ adjusted_p_value: true, sentence: true }).shape,
});
export type SeriesAggregate = z.infer<typeof seriesAggregate>;
