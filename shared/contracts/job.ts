import { z } from 'zod';
import { gate } from './gate.ts';
import { labels } from './hardware.ts';
import { attemptId, messageVersion, runId, timestamp, token } from './ids.ts';
import { source } from './request.ts';
import { jobTask } from './task.ts';

/** BullMQ: one queue per pool. */
export function poolQueueName(pool: string): string {
  return `bw-pool-${pool}`;
}
/** The name of every job in a pool queue. */
export const JOB_NAME = 'attempt';
export const jobId = attemptId;

/** The data of a job: everything that one attempt needs. */
export const job = z.object({
  v: messageVersion,
  run_id: runId,
  attempt: z.int().min(1),
  max_attempts: z.int().min(1),
  task: jobTask,
  request_name: z.string().nullable(),
  source: source.nullable(),
  tags: labels,
  /** For the outcome, as it is (series.ts); so that only the scheduler has to compute it. Since 0.2. */
  variant: z.string().optional(),
  /** When the task became ready to run (accepted, dependencies done, retry delay over). */
  queued_at: timestamp,
  /** Batch sizes that the scheduler has taken out of the config because they did not fit here, with why. Since 0.2. */
  dropped_batch_sizes: z.record(z.string(), z.string()).optional(),
  /** Workers of the pool that failed this task already, or that it asks to avoid: each leaves it to another one for a while. Since 0.2. */
  avoid_workers: z.array(token).optional(),
  /** Workers of the pool that the others leave it to for a while. Since 0.3. */
  prefer_workers: z.array(token).optional(),
  /**
   * Workers of the pool, where the task names a file and there are several workers: one that does not have the file leaves the job
   * to another one. Since 0.6.
   */
  file_workers: z.array(token).optional(),
  /** Those of them that do not have it: what the scheduler knows, and what they have found. Since 0.6. */
  workers_without_file: z.array(token).optional(),
  /** The scheduler's name for how much work this is. A worker that does all of it copies this to the outcome. Since 0.2. */
  workload: z.string().max(64).optional(),
  /** The pool that has its series' history, where that is another one. Since 0.5. */
  history_pool: token.optional(),
  /** Of a task with a base side, where what can't be told is to be measured again. Since 0.5. */
  gate: gate.optional(),
  /** Of the leader that emitted it (since 0.2): docs/adr/014. */
  epoch: z.string().optional(),
});
export type Job = z.infer<typeof job>;
