import { z } from 'zod';
import { messageVersion, runId, taskId, timestamp, token } from './ids.ts';
import { source } from './request.ts';
import { seriesKey } from './series.ts';

/** JetStream stream FINDINGS: what the anomaly service says about a series. */
export const FINDINGS_SUBJECTS = 'bw.finding.*.*';
export const FINDING_KINDS = ['regression', 'improvement', 'change', 'outlier', 'drift'] as const;
/** `change`: the level moved, but the metric has no known better direction. */
export const findingKind = z.enum(FINDING_KINDS);
export type FindingKind = z.infer<typeof findingKind>;

export function findingSubject(finding: Pick<Finding, 'kind' | 'series_id'>): string {
  return `bw.finding.${finding.kind}.${finding.series_id}`;
}

/** Everything that is found about one series. */
export function findingsOfSeries(series_id: string): string {
  return `bw.finding.*.${series_id}`;
}

export const finding = z.object({
  v: messageVersion,
  /** `<series_id>.<run>.<task>.<attempt>`: judging the same point again finds the same thing. */
  finding_id: z.string(),
  kind: findingKind,
  series_id: z.string(),
  series: seriesKey,
  unit: z.string().nullable(),
  run_id: runId,
  task_id: taskId,
  attempt: z.int().min(1),
  pool: token.nullable(),
  source: source.nullable(),
  /** The source of the point before: the change lies between the two. */
  previous_source: source.nullable(),
  detected_at: timestamp,
  /** When the point was measured. */
  measured_at: timestamp,
  value: z.number(),
  /** The previous runs of the series that the value was held against. */
  baseline: z.object({
    median: z.number(),
    mad: z.number(),
    scale: z.number(),
    n: z.int(),
    values: z.array(z.number()),
  }),
  /** (value - median) / scale, signed. */
  z_score: z.number(),
  threshold: z.number(),
  /** (value - median) / median * 100, signed; null where the median is 0. */
  change_percent: z.number().nullable(),
  /** Why, in one sentence with the numbers. */
  message: z.string(),
});
export type Finding = z.infer<typeof finding>;

/**
 * Request/reply, answered by the anomaly service once it has judged everything in OUTCOMES up to a sequence:
 * so that "no regression found" means looked, not late.
 */
export const SETTLED_SUBJECT = 'bw.anomaly.settled';
export const settledRequest = z.object({ run_id: runId, stream_sequence: z.int().min(0) });
export type SettledRequest = z.infer<typeof settledRequest>;
export const settledReply = z.object({ ok: z.boolean(), message: z.string().optional(), findings: z.array(finding) });
export type SettledReply = z.infer<typeof settledReply>;
