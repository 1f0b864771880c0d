import { z } from 'zod';
import { MESSAGE_VERSION, messageVersion, runId, taskId, timestamp, token } from './ids.ts';
import { poolDemand } from './status.ts';
import { requirements } from './task.ts';

/** JetStream stream EVENTS: what happened, for people and for live views. Nobody's state depends on it. */
export const EVENTS_SUBJECTS = 'bw.event.*.*';
export const EVENT_ENTITIES = ['run', 'task', 'worker', 'pool', 'service', 'series', 'access'] as const;
export type EventEntity = (typeof EVENT_ENTITIES)[number];

/** Events that belong to no run have `-` in the run's place. */
export function eventSubject(event: Pick<BenchEvent, 'entity' | 'run_id'>): string {
  return `bw.event.${event.entity}.${event.run_id ?? '-'}`;
}
export function eventsOfRun(run_id: string): string {
  return `bw.event.*.${run_id}`;
}

/**
 * Kinds in use: run `accepted | bound | cancelling | finished`; task `running | measured | waiting_for_pool | deadline_missed | cancelling`;
 * worker `joined | changed | draining | paused | quarantined | released | check_failed | left | lost`; pool `demand`;
 * service `leader | health | stopped | circuit_opened | circuit_half_open | circuit_closed`; since 0.3 series
 * `note | environment_changed`, access `changed` (somebody changed something through the gateway: its audit trail).
 */
export const benchEvent = z.object({
  v: messageVersion,
  /** UUIDv7, or a name made from what happened where two services or a replay could report the same thing. */
  event_id: z.string().min(1).max(256),
  at: timestamp,
  entity: z.enum(EVENT_ENTITIES),
  kind: z.string().min(1).max(64),
  run_id: runId.nullable(),
  task_id: taskId.nullable(),
  attempt: z.int().min(1).nullable(),
  worker_id: token.nullable(),
  pool: token.nullable(),
  /** One sentence for a person. */
  message: z.string().max(4096),
  data: z.record(z.string(), z.unknown()).optional(),
});
export type BenchEvent = z.infer<typeof benchEvent>;

/**
 * An event about nothing in particular but what `about` names; its message is cut to what the contract takes.
 * @param event_id - made from what happened where a replay or another service could report the same thing, else new
 */
export function eventOf(
  entity: EventEntity,
  kind: string,
  message: string,
  /** When it happened, milliseconds since 1970. */
  at_ms: number,
  event_id: string,
  about: Partial<Pick<BenchEvent, 'run_id' | 'task_id' | 'attempt' | 'worker_id' | 'pool' | 'data'>> = {},
): BenchEvent {
  return {
    v: MESSAGE_VERSION,
    event_id,
    at: new Date(at_ms).toISOString(),
    entity,
    kind,
    run_id: null,
    task_id: null,
    attempt: null,
    worker_id: null,
    pool: null,
    message: message.slice(0, 4096),
    ...about,
  };
}

/** How many tasks of a run ended how. */
export const runCounts = z.object({
  total: z.int(),
  completed: z.int(),
  failed: z.int(),
  timed_out: z.int(),
  cancelled: z.int(),
  lost: z.int(),
});
export type RunCounts = z.infer<typeof runCounts>;

/** `data` of the run event `finished`. */
export const finishedData = z.object({ counts: runCounts });

/** `data` of the task event `waiting_for_pool`: how many tasks need the same and wait with it. */
export const waitingData = z.object({
  tasks: z.int().min(1).default(1),
  /** What they need, so that somebody can start a worker that has it. Both since 0.2. */
  executor: z.string().optional(),
  requirements: requirements.optional(),
});

/**
 * `data` of the pool event `demand`, for autoscalers: published when it changes by more than a quarter, at most every 5 s
 * for a pool, and at least every 15 minutes. One with `workers: 0` says that the pool's last worker has gone. Every
 * second, and for all pools, the same is in the scheduler's status (status.ts).
 */
export const demandData = poolDemand.omit({ pool: true });

/** `data` of the task event `measured`: one batch size of several is done. Since 0.2. */
export const measuredData = z.object({
  batch_size: z.int().min(1),
  latency_ms: z.number(),
  throughput_items_per_second: z.number(),
  samples: z.int(),
});
export type MeasuredData = z.infer<typeof measuredData>;

/** `data` of the series events: what a person noted, or what changed below the series. Since 0.3. */
export const annotationData = z.object({
  series_ids: z.array(z.string()).min(1).max(1000),
  /** The point in time of the series that it is about. */
  about_at: timestamp,
  text: z.string().min(1).max(2000),
  /** Who noted it; `anomaly` for what was seen in the outcomes. */
  by: z.string().min(1).max(256),
  link: z.url().max(2048).nullable().default(null),
  /** Of `environment_changed`. */
  changes: z.array(z.object({ what: z.string(), from: z.string(), to: z.string() })).default([]),
});
export type AnnotationData = z.infer<typeof annotationData>;

/** `data` of the access event `changed`. Since 0.3. */
export const accessData = z.object({
  /** The key's or token's name. */
  subject: z.string(),
  role: z.string(),
  method: z.string(),
  path: z.string(),
  status: z.int(),
  request_id: z.string(),
});
