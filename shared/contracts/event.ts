import { z } from 'zod';
import { type Parsed, parseJson, parseWith } from '../runtime/issues.ts';
import { EVENT_ENTITIES, type EventEntity } from './event-entities.ts';
import { writtenGate } from './gate.ts';
import { MESSAGE_VERSION, messageVersion, runId, taskId, timestamp, token } from './ids.ts';
import { coverageData } from './model-coverage.ts';
import { request } from './request.ts';
import { serviceHealth } from './service.ts';
import { poolDemand } from './status.ts';
import { requirements } from './task.ts';
import { storedVerdict } from './verdict.ts';
import { capabilities, pauseOfWorker } from './worker.ts';

/**
 * JetStream stream EVENTS: what happened. Most of it is for people and live views, but state depends on some:
 * - the aggregator's rows of runs, tasks, requests, workers and annotations are made from events (event-rows.ts there)
 * - ingest decides by a run's last event whether it ever accepted it: a repeated request and a cancellation depend on it
 * - `run.accepted` has the request as it was written: the anomaly service makes re-runs of it, and readers of
 *   outcomes compare them with it (runtime/asked-tasks.ts)
 * - `run.finished` ends what follows a run: `watch` of the client, `bw run`
 * The scheduler and the workers write events and never read them.
 */
export const EVENTS_SUBJECTS = 'bw.event.*.*';

/** Events that belong to no run have `-` in the run's place. */
export function eventSubject(event: Pick<BenchEvent, 'entity' | 'run_id'>): string {
  return `bw.event.${event.entity}.${event.run_id ?? '-'}`;
}
export function eventsOfRun(run_id: string): string {
  return `bw.event.*.${run_id}`;
}

/**
 * What workers write events about. Their NATS users may publish no others (roles.ts), so that what gates and the audit trail rest
 * on (`series.accepted`, `run.judged`, `gate.changed`, `setting.changed`, `access.changed`) comes from the services and from people who may submit.
 */
export const WORKER_EVENT_ENTITIES = ['task', 'worker', 'service'] as const satisfies readonly EventEntity[];

/** An event as it is on the wire, whatever its kind: later versions have kinds that this one does not know. */
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

/** An event as a stream has it. One under the subject of something else is refused: who may publish it depends on the subject. */
export function readEvent(bytes: Uint8Array, subject: string): Parsed<BenchEvent> {
  const parsed = parseJson(benchEvent, bytes);
  if (!parsed.ok) return parsed;
  const right = eventSubject(parsed.value);
  if (subject === right) return parsed;
  const message = `it is about ${right}, but was published on ${subject}`;
  return { ok: false, issues: [{ path: 'entity', code: 'subject_mismatch', message }] };
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

/** With the request as it was written, without its defaults: what fitted into RUNS fits into EVENTS. */
const acceptedData = z.object({ request, task_count: z.int() });
/** A task with `placement: each` has become one task for each of these pools. */
const boundData = z.object({ task_id: z.string(), pools: z.array(z.string()) });
const finishedData = z.object({ counts: runCounts });

/** Who took a run out of the lists, or brought it back, and why. Since 0.6. */
const archivedData = z.object({ by: z.string().min(1).max(256), reason: z.string().max(2000).default('') });
/** A deletion is final: every service that keeps something of the run forgets it, and takes nothing more of it. Since 0.6. */
const deletedData = archivedData.extend({
  /** What it was, for the audit: its name. */
  name: z.string().default(''),
  /** Of the series that it had points of, the first 1,000. */
  series_ids: z.array(z.string()).max(1000).default([]),
});

/** How many tasks need the same and wait with it. */
const waitingData = z.object({
  tasks: z.int().min(1).default(1),
  /** What they need, so that somebody can start a worker that has it. Both since 0.2. */
  executor: z.string().optional(),
  requirements: requirements.optional(),
});

const deadlineData = z.object({ tasks: z.int(), deadline: timestamp, on_missed_deadline: z.string() });

/**
 * For autoscalers: published when it changes by more than a quarter, at most every 5 s
 * for a pool, and at least every 15 minutes. One with `workers: 0` says that the pool's last worker has gone. Every
 * second, and for all pools, the same is in the scheduler's status (status.ts).
 */
const demandData = poolDemand.omit({ pool: true });

/** One batch size of several is done. Since 0.2. */
const measuredData = z.object({
  batch_size: z.int().min(1),
  latency_ms: z.number(),
  throughput_items_per_second: z.number(),
  samples: z.int(),
});

/** What the worker offers, where that has changed. Workers in other languages may leave it out. */
const offerData = z.object({ capabilities: capabilities.nullish() });
const pausedData = offerData.extend({ paused: pauseOfWorker });

const leaderData = z.object({ open_runs: z.int(), epoch: z.string() });
/** A circuit breaker of the scheduler: what is held back on which hardware, until when, and the failure that led to it. */
const circuitData = z.object({
  subject: z.string(),
  hardware: z.string(),
  error_class: z.string(),
  workers: z.array(z.string()).readonly(),
  until: timestamp,
});

/** What a person noted on series, or what changed below them. Since 0.3. */
const annotationData = z.object({
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

/** The gate of a benchmark (gate.ts); null where there was none, or is none any more. Since 0.5. */
const gateData = z.object({
  benchmark: z.string(),
  before: writtenGate.nullable(),
  after: writtenGate.nullable(),
  /** Who changed it. */
  by: z.string(),
});

/** A setting of the server (server-setting.ts); null where it is left to its variables. Since 0.6. */
const settingData = z.object({
  setting: z.string(),
  revision: z.int().min(0),
  before: z.unknown(),
  after: z.unknown(),
  /** Who changed it. */
  by: z.string(),
});

/** Somebody changed something through the gateway: its audit trail. Since 0.3. */
const accessData = z.object({
  /** The key's or token's name. */
  subject: z.string(),
  role: z.string(),
  method: z.string(),
  path: z.string(),
  status: z.int(),
  request_id: z.string(),
});

const noData = z.undefined();

/**
 * Every event that this version writes, `<entity>.<kind>`, with the schema of its `data`. A new kind is a line here; the
 * switches over `eventName` do not compile until each of them has decided what to do with it.
 */
export const EVENT_DATA = {
  'run.accepted': acceptedData,
  'run.bound': boundData,
  'run.cancelling': noData,
  'run.finished': finishedData,
  /** Its verdict is another one than lists have. Since 0.5. */
  'run.judged': storedVerdict.omit({ judged_at: true }),
  /** It is left out of lists until it is restored. Since 0.6, as the two below. */
  'run.archived': archivedData,
  'run.restored': archivedData,
  /** Nothing of it counts any more, whatever is delivered again (ADR 066). */
  'run.deleted': deletedData,
  'task.running': noData,
  'task.measured': measuredData,
  'task.waiting_for_pool': waitingData,
  'task.deadline_missed': deadlineData,
  'task.cancelling': noData,
  'worker.joined': offerData.optional(),
  'worker.changed': offerData.optional(),
  'worker.draining': offerData.optional(),
  'worker.paused': pausedData,
  'worker.quarantined': offerData.optional(),
  'worker.check_failed': offerData.optional(),
  'worker.released': noData,
  'worker.left': offerData.optional(),
  'worker.lost': offerData.optional(),
  'pool.demand': demandData,
  'service.leader': leaderData,
  'service.health': serviceHealth,
  'service.stopped': serviceHealth,
  'service.circuit_opened': circuitData,
  'service.circuit_half_open': circuitData,
  'service.circuit_closed': circuitData,
  'series.note': annotationData,
  'series.environment_changed': annotationData,
  /** Somebody accepted the level that the points of that time are at: verdict.ts. Since 0.5. */
  'series.accepted': annotationData,
  'gate.changed': gateData,
  'setting.changed': settingData,
  'access.changed': accessData,
  /** How far model types came in a coverage run. Since 0.6. */
  'model.covered': coverageData,
} as const satisfies Record<`${EventEntity}.${string}`, z.ZodType>;

export type EventName = keyof typeof EVENT_DATA;
export type EventNameOf<E extends EventEntity> = Extract<EventName, `${E}.${string}`>;
/** What the publisher of an event gives: fields with defaults may be left out. */
export type EventData<N extends EventName> = z.input<(typeof EVENT_DATA)[N]>;
/** What its readers get. */
type ReadData<N extends EventName> = z.output<(typeof EVENT_DATA)[N]>;

type About = Pick<BenchEvent, 'run_id' | 'task_id' | 'attempt' | 'worker_id' | 'pool'>;

/** What an event of each entity has to name. */
interface Named extends Record<EventEntity, Partial<About>> {
  run: { run_id: string };
  task: { run_id: string; task_id: string };
  worker: { worker_id: string };
  pool: { pool: string };
}

export type EventOptions<N extends EventName> = {
  /** When it happened, milliseconds since 1970. */
  at_ms: number;
  /** Made from what happened where a replay or another service could report the same thing, else new. */
  event_id: string;
  /** Cut to what the contract takes. */
  message: string;
} & Partial<About> &
  (N extends `${infer E extends EventEntity}.${string}` ? Named[E] : never) &
  (undefined extends EventData<N> ? { data?: EventData<N> | undefined } : { data: EventData<N> });

declare const fits: unique symbol;
/** An event whose data fits its kind, because `eventOf` made it: only such are published. */
export type FittingEvent = BenchEvent & { readonly [fits]: true };

/** The only way to make an event that `publishEvent` takes: data that does not fit its kind does not compile. */
export function eventOf<N extends EventName>(name: N, options: EventOptions<N>): FittingEvent {
  const { at_ms, event_id, message, data, ...about } = options;
  const { entity, kind } = partsOf(name);
  const event: BenchEvent = {
    ...{ v: MESSAGE_VERSION, event_id, at: new Date(at_ms).toISOString(), entity, kind },
    ...{ run_id: null, task_id: null, attempt: null, worker_id: null, pool: null },
    message: message.slice(0, 4096),
    ...about,
    ...(data === undefined ? {} : { data }),
  };
  return event as FittingEvent;
}

function partsOf(name: EventName): { entity: EventEntity; kind: string } {
  const [entity, kind] = name.split('.') as [EventEntity, string];
  return { entity, kind };
}

/** Which event it is, for a `switch` that the compiler checks; undefined for a kind of another version: readers pass it over. */
export function eventName(event: Pick<BenchEvent, 'entity' | 'kind'>): EventName | undefined {
  const name = `${event.entity}.${event.kind}`;
  return Object.hasOwn(EVENT_DATA, name) ? (name as EventName) : undefined;
}

/** The `data` of an event of this name, with its defaults, or where it does not fit. */
export function eventData<N extends EventName>(name: N, event: Pick<BenchEvent, 'data'>): Parsed<ReadData<N>> {
  const schema: z.ZodType = EVENT_DATA[name];
  const parsed = parseWith(schema, event.data) as Parsed<ReadData<N>>;
  if (parsed.ok) return parsed;
  const issues = parsed.issues.map((issue) => ({
    ...issue,
    path: issue.path === '(message)' ? 'data' : `data.${issue.path}`,
  }));
  return { ok: false, issues };
}
