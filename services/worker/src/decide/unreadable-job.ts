import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { runId, taskId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcomeWith } from '@benchwire/shared/contracts/outcome.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { z } from 'zod';

/** As much of a job as names its attempt; everything else is made up for if it can't be read. */
const readable = z.object({
  run_id: runId,
  attempt: z.int().min(1),
  max_attempts: z.int().min(1).catch(1),
  task: z.object({
    task_id: taskId,
    benchmark: z.string().catch('unknown'),
    executor: z.string().catch('unknown'),
    /** Of the executor `plugin`: its name. */
    plugin: z.string().optional().catch(undefined),
  }),
  request_name: z.string().nullable().catch(null),
});

/**
 * The outcome of a job that does not parse, so that its task ends with an error that the user sees. Undefined when not
 * even the attempt's ids can be read. Pure.
 */
export function outcomeOfUnreadableJob(
  data: unknown,
  issues: readonly Issue[],
  worker_id: string,
  device: Device,
  now: Date,
): Outcome | undefined {
  const parsed = readable.safeParse(data);
  if (!parsed.success) return undefined;
  const { run_id, attempt, max_attempts, task, request_name } = parsed.data;
  const at = now.toISOString();
  const reasons = issues
    .slice(0, 5)
    .map((issue) => `${issue.path}: ${issue.message}`)
    .join('; ');
  return outcomeWith({
    run_id,
    task_id: task.task_id,
    attempt,
    max_attempts,
    status: 'failed',
    error: taskError(
      'bad_input',
      'JOB_UNREADABLE',
      `the worker cannot read its job (are scheduler and worker of the same version?): ${reasons}`,
      false,
    ),
    worker_id,
    device_id: device.device_id,
    pool: device.pool,
    fingerprint: device.fingerprint,
    benchmark: task.benchmark,
    executor: task.executor === 'plugin' ? (task.plugin ?? task.executor) : task.executor,
    request_name,
    queued_at: at,
    finished_at: at,
  });
}
