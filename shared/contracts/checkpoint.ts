import { z } from 'zod';
import { messageVersion, runId, taskId, timestamp, token } from './ids.ts';
import { outcomeResults } from './outcome.ts';

/**
 * KV bucket: what an attempt has done so far, for the attempt that follows it and for anyone who watches. One entry per
 * task, written by the attempt that runs, taken away by the process that publishes the task's last outcome. Since 0.2.
 */
export const CHECKPOINTS_BUCKET = 'checkpoints';
/** A run that is stuck for longer starts its tasks over. */
export const CHECKPOINTS_TTL_MS = 7 * 24 * 3_600_000;
/** Of an executor's own data, before base64. */
export const MAX_CHECKPOINT_BYTES = 256 * 1024;

export function checkpointKey(task: { run_id: string; task_id: string }): string {
  return `${task.run_id}.${task.task_id}`;
}

export const checkpoint = z.object({
  v: messageVersion,
  run_id: runId,
  task_id: taskId,
  attempt: z.int().min(1),
  worker_id: token,
  saved_at: timestamp,
  /** Of the device. Work goes on from a checkpoint only within one fingerprint. */
  fingerprint: z.string(),
  /** Everything else that has to be the same for it: the executor's own words (the model's hash, the settings). */
  conditions: z.string().max(1024),
  /** What has been measured, in the outcome's own form. */
  results: outcomeResults.optional(),
  /** The executor's own data, base64. */
  data: z
    .string()
    .max(Math.ceil(MAX_CHECKPOINT_BYTES / 3) * 4)
    .optional(),
});
export type Checkpoint = z.infer<typeof checkpoint>;
