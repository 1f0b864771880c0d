import { z } from 'zod';
import { DIRECTIONS } from './direction.ts';
import { FINDING_KINDS, FINDING_STATES } from './finding-kinds.ts';
import { messageVersion, runId, taskId, timestamp, token } from './ids.ts';
import { source } from './request.ts';
import { seriesKey } from './series-key.ts';

/** JetStream stream FINDINGS: what the anomaly service says about a series. */
export const FINDINGS_SUBJECTS = 'bw.finding.*.*';
/**
 * `change`: the level moved, but the metric has no known better direction. `drift`: it moves slowly and goes on moving.
 * `outlier`: one value, or samples inside one run, far off, the level stayed. Since 0.3 `failures`: a benchmark fails more
 * than it did, or more on this pool than on others; its series has the metric `failed_share`. `unusual`: the metrics of
 * one outcome together are as they never were, whatever each of them is alone.
 */
export const findingKind = z.enum(FINDING_KINDS);
export type FindingKind = z.infer<typeof findingKind>;

export function findingSubject(finding: Pick<Finding, 'kind' | 'series_id'>): string {
  return `bw.finding.${finding.kind}.${finding.series_id}`;
}

/** Everything that is found about one series. */
export function findingsOfSeries(series_id: string): string {
  return `bw.finding.*.${series_id}`;
}

export const findingState = z.enum(FINDING_STATES);
export type FindingState = z.infer<typeof findingState>;

/** One end of the range that the change lies in. */
const culpritEnd = z.object({
  run_id: runId,
  measured_at: timestamp,
  source: source.nullable(),
  value: z.number(),
});

/** A stretch of the series with one level; positions count the points that were looked at, oldest first. */
const segment = z.object({
  from: z.int(),
  /** Exclusive. */
  to: z.int(),
  from_run_id: runId.nullable(),
  n: z.int(),
  median: z.number(),
  /** Robust standard deviation within the stretch. */
  scale: z.number(),
});

/** One thing that was held against a limit. */
const test = z.object({
  /** `rank`, `effect_size`, `penalty`, `sequential`, `modes`, `learned`, `environment`, `direction`, … */
  name: z.string(),
  value: z.number(),
  limit: z.number().nullable(),
  passed: z.boolean(),
  /** What it asks and what came out, in a sentence. */
  meaning: z.string(),
});

/** The numbers that a finding rests on. */
const evidence = z.object({
  points: z.int(),
  segments: z.array(segment),
  tests: z.array(test),
  /** Levels that the series has visited, where it jumps between several. */
  modes: z.array(z.number()).default([]),
  /** Step over the noise within the segments. */
  effect_size: z.number().nullable(),
  /** Set where the environment changed at the same place: what, from and to. */
  environment: z.array(z.object({ what: z.string(), from: z.string(), to: z.string() })).default([]),
  /** `unusual` and `outlier`: how far each metric or sample is off, in units of its own noise. */
  contributions: z.array(z.object({ name: z.string(), value: z.number(), z_score: z.number() })).default([]),
});
export type FindingEvidence = z.infer<typeof evidence>;

/** A re-run that the service asked for to settle a suspicion. */
const confirmation = z.object({
  request_id: z.string(),
  /** `same_device` is asked for first, then a `sibling` of the pool; once it ran, where it did. */
  on: z.enum(['same_device', 'sibling']),
  /** Measured what is suspected; null where that is not known. Since 0.3. */
  suspected_worker_id: token.nullable().default(null),
  asked_at: timestamp,
  run_id: runId.nullable(),
  worker_id: token.nullable(),
  /** Null while it runs, or where it brought no value. */
  value: z.number().nullable(),
  /** Whether the value belongs to the new level; null while unknown. */
  agrees: z.boolean().nullable(),
  note: z.string(),
  /** It measured other files than the run that is suspected, and so decides nothing. Since 0.5. */
  measured_other_files: z.literal(true).optional(),
});
export type FindingConfirmation = z.infer<typeof confirmation>;

/** One change of state. */
const stateChange = z.object({
  revision: z.int().min(0),
  state: findingState,
  at: timestamp,
  /** Who: `anomaly`, or the person or key. */
  by: z.string(),
  reason: z.string(),
});

export const finding = z.object({
  v: messageVersion,
  /**
   * `<series_id>.<run>.<task>.<attempt>` of the first point that is off: judging the same series again finds the same
   * thing. Each change of a finding is a message with the same id and the next `revision`; the highest counts.
   */
  finding_id: z.string(),
  kind: findingKind,
  series_id: z.string(),
  series: seriesKey,
  unit: z.string().nullable(),
  /** Which way is better, as far as anybody knows. Since 0.4. */
  direction: z.enum(DIRECTIONS).optional(),
  run_id: runId,
  task_id: taskId,
  attempt: z.int().min(1),
  pool: token.nullable(),
  source: source.nullable(),
  /** Hash of what was measured (provenance.ts), where it is known: a re-run of anything else decides nothing. Since 0.5. */
  measured_files: z.string().optional(),
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
  /** All of these since 0.3. */
  revision: z.int().min(0).default(0),
  state: findingState.default('confirmed'),
  /** The states so far, oldest first; the last one is `state`. */
  history: z.array(stateChange).default([]),
  /** Findings of one commit or one environment change belong together. */
  incident_id: z.string().nullable().default(null),
  /** The versions that the change lies between: the last good point, the first bad one, and how many points lie between. */
  culprit: z.object({ last_good: culpritEnd, first_bad: culpritEnd }).nullable().default(null),
  evidence: evidence.nullable().default(null),
  confirmations: z.array(confirmation).default([]),
  /** Where people follow it up, such as an issue's address. */
  links: z.array(z.string().max(2048)).default([]),
});
export type Finding = z.infer<typeof finding>;

/** `Nats-Msg-Id`, and the id in Kafka: each change of a finding is a message of its own. */
export function findingMessageId({ finding_id, revision }: Pick<Finding, 'finding_id' | 'revision'>): string {
  return `${finding_id}.${revision}`;
}

/**
 * Request/reply, answered by the anomaly service once it has judged everything in OUTCOMES up to a sequence:
 * so that "no regression found" means looked, not late.
 */
export const SETTLED_SUBJECT = 'bw.anomaly.settled';
export const settledRequest = z.object({ run_id: runId, stream_sequence: z.int().min(0) });
export type SettledRequest = z.infer<typeof settledRequest>;
export const settledReply = z.object({ ok: z.boolean(), message: z.string().optional(), findings: z.array(finding) });
export type SettledReply = z.infer<typeof settledReply>;
