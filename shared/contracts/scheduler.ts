import { z } from 'zod';
import { hardwareClass } from './hardware.ts';
import { messageVersion, runId, taskId, timestamp, token } from './ids.ts';
import { issue } from './request.ts';

/** Placement strategies of the scheduler's own, by what `SCHEDULER_STRATEGY` calls them. */
export const STRATEGIES = ['fastest_completion', 'least_loaded', 'round_robin', 'fifo'] as const;
export type StrategyName = (typeof STRATEGIES)[number];

/** Request/reply, answered by the scheduler that leads. All of them since 0.2. */
export const WHY_SUBJECT = 'bw.scheduler.why';
export const RESERVE_SUBJECT = 'bw.scheduler.reserve';
export const RELEASE_SUBJECT = 'bw.scheduler.release';
export const RESERVATIONS_SUBJECT = 'bw.scheduler.reservations';

/** KV bucket: pools that are kept for somebody, by the id of the reservation. */
export const RESERVATIONS_BUCKET = 'reservations';

/** A pool is kept for one tenant or one run for a while: nobody else's tasks start there, or run into it. */
export const reservation = z.object({
  v: messageVersion,
  id: token,
  pool: token,
  tenant: z.string().max(256).nullable(),
  run_id: runId.nullable(),
  from: timestamp,
  until: timestamp,
  made_at: timestamp,
});
export type Reservation = z.infer<typeof reservation>;

const refusal = z.object({ ok: z.literal(false), issues: z.array(issue).min(1) });

const time = z.iso.datetime({ offset: true, error: 'a time with its zone, such as 2026-11-22T06:00:00Z' });

export const reserveRequest = z
  .strictObject({
    pool: token,
    tenant: z.string().min(1).max(256).optional(),
    run_id: runId.optional(),
    /** Now when absent. */
    from: time.optional(),
    until: time,
  })
  .refine(
    (request) => (request.tenant === undefined) !== (request.run_id === undefined),
    'say for whom: either a tenant or a run_id',
  );
export type ReserveRequest = z.infer<typeof reserveRequest>;
export const reserveReply = z.discriminatedUnion('ok', [z.object({ ok: z.literal(true), reservation }), refusal]);
export type ReserveReply = z.infer<typeof reserveReply>;

export const releaseRequest = z.strictObject({ id: token });
export const releaseReply = z.discriminatedUnion('ok', [z.object({ ok: z.literal(true), id: token }), refusal]);
export type ReleaseReply = z.infer<typeof releaseReply>;

export const reservationsRequest = z.strictObject({});
export const reservationsReply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), reservations: z.array(reservation) }),
  refusal,
]);
export type ReservationsReply = z.infer<typeof reservationsReply>;

export const whyRequest = z.strictObject({
  run_id: runId,
  /** A task, or the id that was written, which then stands for its first copy that is not over. */
  task_id: taskId,
});
export type WhyRequest = z.infer<typeof whyRequest>;

/** What an expected time rests on; `unknown` where too little is known to tell one. */
const basis = z.enum(['pool', 'class', 'any_class', 'timeout', 'prior', 'unknown']);

export const whyPool = z.object({
  pool: token,
  class: hardwareClass.nullable(),
  /** Why it is not to run the task, now or at all; null where it may. */
  reason: z.string().nullable(),
  slots: z.int(),
  emitted: z.int(),
  /** Until a slot is free, and then for the task, in seconds; null where it can't run there. */
  wait_seconds: z.number().nullable(),
  run_seconds: z.number().nullable(),
  basis,
});
export type WhyPool = z.infer<typeof whyPool>;

/** Why a task is where it is. */
export const taskExplanation = z.object({
  run_id: runId,
  task_id: taskId,
  attempt: z.int(),
  phase: z.enum(['unbound', 'blocked', 'delayed', 'ready', 'emitted', 'settling']),
  /** In a sentence or two. */
  explanation: z.string(),
  priority: z.int(),
  tenant: z.string(),
  deadline: timestamp.nullable(),
  /** Ready tasks of its tenant that go before it where it can run; null when it is not ready. */
  ahead: z.int().nullable(),
  expected_start: timestamp.nullable(),
  expected_start_basis: basis,
  /** Tasks that it waits for, at most 20 of them, and how many there are. */
  waits_for: z.array(taskId),
  waits_for_count: z.int(),
  pools: z.array(whyPool),
});
export type TaskExplanation = z.infer<typeof taskExplanation>;

export const whyReply = z.discriminatedUnion('ok', [z.object({ ok: z.literal(true), task: taskExplanation }), refusal]);
export type WhyReply = z.infer<typeof whyReply>;
