import { z } from 'zod';
import { findingState } from './finding.ts';
import { timestamp } from './ids.ts';
import { issue } from './request.ts';

/** Request/reply, answered by the anomaly service. All of them since 0.3. */
export const ACT_SUBJECT = 'bw.anomaly.act';
export const ANALYSE_SUBJECT = 'bw.anomaly.analyse';

const refusal = z.object({ ok: z.literal(false), issues: z.array(issue).min(1) });

/** What a person decides about a finding. `dismiss` needs a reason: it teaches the detector. */
export const actRequest = z
  .strictObject({
    finding_id: z.string().min(1).max(512),
    action: z.enum(['acknowledge', 'dismiss', 'reopen', 'link']),
    reason: z.string().max(2000).default(''),
    /** Who decides. */
    by: z.string().min(1).max(256),
    /** For `link`: where it is followed up. */
    link: z.url().max(2048).optional(),
  })
  .refine((act) => act.action !== 'dismiss' || act.reason.trim() !== '', {
    path: ['reason'],
    error: 'say why it is dismissed: the detector learns from it',
  })
  .refine((act) => act.action !== 'link' || act.link !== undefined, { path: ['link'], error: 'say where to link' });
export type ActRequest = z.infer<typeof actRequest>;

export const actReply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), finding_id: z.string(), revision: z.int(), state: findingState }),
  refusal,
]);
export type ActReply = z.infer<typeof actReply>;

export const analyseRequest = z.strictObject({
  series_id: z.string().min(1).max(64),
  /** Points that are looked at, the newest. */
  points: z.int().min(10).max(5000).default(1000),
});
export type AnalyseRequest = z.infer<typeof analyseRequest>;

const interval = z.object({ low: z.number(), high: z.number() });

/** What is known about one series, worked out from its points when it is asked for. */
export const seriesAnalysis = z.object({
  series_id: z.string(),
  points: z.int(),
  /** Robust, of the newest segment; null for a series too short. */
  level: z.number().nullable(),
  /** Robust standard deviation around the level. */
  scale: z.number().nullable(),
  autocorrelation: z.number().nullable(),
  /** Positions count the points looked at, oldest first; `from_at` is when the segment's first point was measured. */
  segments: z.array(
    z.object({ from: z.int(), to: z.int(), from_at: timestamp, n: z.int(), median: z.number(), scale: z.number() }),
  ),
  /** Levels that the series jumps between; empty where it has one. */
  modes: z.array(z.object({ level: z.number(), share: z.number() })),
  /** The smallest change that would be seen, in percent of the level, with so many more runs at the new level. */
  minimum_detectable_effect: z.array(z.object({ runs: z.int(), percent: z.number().nullable() })),
  /** Chance that a series without change gets a confirmed finding over 400 points. */
  false_alarm_rate: z.number(),
  /** Runs needed to see `target_percent`; null where no number of runs up to 100 is enough. */
  recommended_repetitions: z.object({ target_percent: z.number(), runs: z.int().nullable() }).nullable(),
  /** Per point, of the newest segment: Theil-Sen with a 95 % interval. */
  trend: z
    .object({
      slope_per_point: z.number(),
      slope: interval,
      percent_per_100_points: z.number().nullable(),
      is_significant: z.boolean(),
    })
    .nullable(),
  /** A period in points or hours where there is one. */
  seasonality: z.object({ period: z.number(), unit: z.enum(['points', 'hours']), strength: z.number() }).nullable(),
  /** The next points: where 95 % of them are expected. */
  forecast: z.array(z.object({ step: z.int(), expected: z.number(), low: z.number(), high: z.number() })),
  /** Measured precision of past findings of this metric on this pool; null where nobody has judged one. */
  precision: z
    .object({ acknowledged: z.int(), dismissed: z.int(), precision: z.number(), threshold_factor: z.number() })
    .nullable(),
  /** Why a value above is null, by its name. */
  reasons: z.record(z.string(), z.string()),
});
export type SeriesAnalysis = z.infer<typeof seriesAnalysis>;

export const analyseReply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), analysis: seriesAnalysis }),
  refusal,
]);
export type AnalyseReply = z.infer<typeof analyseReply>;
