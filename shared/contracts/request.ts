import { z } from 'zod';
import { requestBase } from './base.ts';
import { writtenGate } from './gate.ts';
import { labels } from './hardware.ts';
import { runId, taskId } from './ids.ts';
import { requestFiles } from './request-file.ts';
import { deadline, taskSpec } from './task.ts';

/** Request/reply: a request as JSON in, a `SubmitReply` as JSON out. Answered by ingest. */
export const SUBMIT_SUBJECT = 'bw.request.submit';
/**
 * JetStream stream REQUESTS: the same request, published and not asked. It is kept until ingest has read it, so nothing is lost while
 * no ingest is up; what is wrong with it stands in REJECTED. Since 0.5.
 */
export const STORED_SUBMIT_SUBJECT = 'bw.submit';
/** Ingest's consumer of it. */
export const STORED_REQUESTS_DURABLE = 'ingest';
/**
 * NATS header of a submit: whose `request_id` it is, as the gateway knows it (`key:<id>`, `token:<subject>`). Without it a
 * request_id is one for all who submit over NATS. Since 0.4.
 */
export const CALLER_HEADER = 'Bw-Caller';
/** Request/reply: a `CancelRequest` in, a `CancelReply` out. Not under `bw.run.`, which the RUNS stream stores. */
export const CANCEL_SUBJECT = 'bw.request.cancel';

/** A run has at most this many tasks after expansion. */
export const MAX_TASKS_PER_RUN = 100_000;

export const source = z.strictObject({
  repo: z.string().min(1).max(512).optional(),
  commit: z.string().min(1).max(128).optional(),
  branch: z.string().min(1).max(256).optional(),
  pull_request: z.union([z.int().min(1), z.string().min(1).max(64)]).optional(),
  version: z.string().min(1).max(128).optional(),
  /** What a change is compared with: the branch that it is to be merged into, or the commit that it began at. Since 0.5, as those below. */
  base: z.string().min(1).max(256).optional(),
  /** The number of the base commit on its branch, for a base that was not measured itself. */
  base_position: z.int().min(0).optional(),
  /** The commit's parents: a late result of one of them is put before it. */
  parents: z.array(z.string().min(1).max(128)).max(16).optional(),
  /** The commit's number on its branch, as `git rev-list --count --first-parent` counts. */
  position: z.int().min(0).optional(),
  /** Who wrote the commit, by name. Since 0.5. */
  author: z.string().min(1).max(256).optional(),
});
export type Source = z.infer<typeof source>;

const axisValue = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.union([z.string(), z.number()])),
  z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
]);
export type AxisValue = z.infer<typeof axisValue>;

/** What a user publishes. */
export const request = z.strictObject({
  /** Idempotency key: submitting it again within 24 h answers with the same run. */
  request_id: z.string().min(1).max(256).optional(),
  name: z.string().min(1).max(256).optional(),
  source: source.optional(),
  /** What of the run's verdict makes it fail. Since 0.5. */
  gate: writtenGate.optional(),
  /** Measured beside the head in this run, and what it is compared with. Since 0.5. */
  base: requestBase.optional(),
  tags: labels.default({}),
  priority: z.int().min(0).max(100).default(0),
  /** At most so many of the run's tasks at once, waiting in a pool's queue or in execution. Since 0.2. */
  max_running: z.int().min(1).optional(),
  /** When the tasks should be done; those that name none of their own have this one. Since 0.2. */
  deadline: deadline.optional(),
  /**
   * Axes whose product copies the whole list of tasks. An axis is named by the place it sets: `config.model`,
   * `requirements.hardware`, `timeout_seconds`; a name without a dot that is no task field means `config.<name>`.
   */
  matrix: z.record(z.string().min(1), z.array(axisValue).min(1)).optional(),
  /** Cells of the product to leave out: every axis that an entry names has to be equal. */
  matrix_exclude: z.array(z.record(z.string(), axisValue)).optional(),
  /** Files that its tasks name, by hash: a worker that does not have one fetches it (docs/requests-reference.md). Since 0.5. */
  files: requestFiles.optional(),
  tasks: z.array(taskSpec).min(1).max(MAX_TASKS_PER_RUN),
});
export type Request = z.infer<typeof request>;

/** One thing that is wrong with a message: where, what, and what to do about it. */
export const issue = z.object({ path: z.string(), code: z.string(), message: z.string() });
export type Issue = z.infer<typeof issue>;

export const submitReply = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    run_id: runId,
    task_count: z.int(),
    /** True when this request_id had been accepted before: nothing new was started. */
    duplicate: z.boolean(),
  }),
  z.object({ ok: z.literal(false), issues: z.array(issue).min(1) }),
]);
export type SubmitReply = z.infer<typeof submitReply>;

export const cancelRequest = z.strictObject({
  run_id: runId,
  /** Only this task of the run, by its id after expansion; the others go on. Since 0.3. */
  task_id: taskId.optional(),
  reason: z.string().max(1024).default('cancelled by a user'),
});
export type CancelRequest = z.infer<typeof cancelRequest>;

export const cancelReply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), run_id: runId }),
  z.object({ ok: z.literal(false), issues: z.array(issue).min(1) }),
]);
export type CancelReply = z.infer<typeof cancelReply>;
