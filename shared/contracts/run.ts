import { z } from 'zod';
import { messageVersion, runId, taskId, timestamp, token } from './ids.ts';
import { request } from './request.ts';

/** JetStream stream RUNS: what a run is, and what was decided about it as a whole. Kept until the run is terminal. */
export const RUNS_SUBJECTS = 'bw.run.*';
export function runSubject(run_id: string): string {
  return `bw.run.${run_id}`;
}

const common = { v: messageVersion, run_id: runId, at: timestamp };

/** Written by ingest: the run is accepted when the stream has this. */
const submitted = z.object({
  ...common,
  kind: z.literal('submitted'),
  request,
  /** Headers for distributed tracing, as they came in. */
  trace: z.record(z.string(), z.string()).optional(),
});
/** Written by the scheduler: the pools that `placement: each` tasks are bound to, by the expanded task's id. */
const bound = z.object({ ...common, kind: z.literal('bound'), task_id: z.string(), pools: z.array(token).min(1) });
/** Written by ingest: no attempt of this run may start any more. */
const cancelled = z.object({ ...common, kind: z.literal('cancelled'), reason: z.string() });
/**
 * Written by ingest: no attempt of this task may start any more. Since 0.3. A kind of its own, since a scheduler that does
 * not know it must not take it for the end of the whole run.
 */
const taskCancelled = z.object({ ...common, kind: z.literal('task_cancelled'), task_id: taskId, reason: z.string() });

export const runMessage = z.discriminatedUnion('kind', [submitted, bound, cancelled, taskCancelled]);
export type RunMessage = z.infer<typeof runMessage>;
export type RunSubmitted = z.infer<typeof submitted>;

/** `Nats-Msg-Id`: the same decision about the same run is stored once. */
export function runMessageId(message: RunMessage): string {
  const { run_id, kind } = message;
  return 'task_id' in message ? `${run_id}.${kind}.${message.task_id}` : `${run_id}.${kind}`;
}
