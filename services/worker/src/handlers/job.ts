import { isFileMissing } from '@benchwire/shared/contracts/failure-classes.ts';
import { type Job, job } from '@benchwire/shared/contracts/job.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { reject } from '@benchwire/shared/runtime/reject.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import { type Job as BullJob, DelayedError, WaitingError } from 'bullmq';
import type { AttemptRunner } from '../attempt/attempt-runner.ts';
import { outcomeOfUnreadableJob } from '../decide/unreadable-job.ts';
import type { Telemetry } from '../telemetry.ts';

export interface JobHandlerOptions {
  worker_id: string;
  client: JetStreamClient;
  runner: AttemptRunner;
  telemetry: Telemetry;
  log: Log;
  /** True once no attempt may start any more. */
  isDraining: () => boolean;
  /** Begins to use the machine for a task of this device; false where it has to wait for the machine. */
  takeMachine: (device: Device) => boolean;
  /** The task that `takeMachine` let begin has ended. */
  leaveMachine: (device: Device) => void;
}

/** How long a job that another worker should rather have is left to the others, and how often. */
const LEAVE_MS = 1000;
const MAX_LEAVES = 5;
/** How often a job is taken by all workers together before anyone runs it: in a large pool, leaving costs each of them a second. */
const MAX_TAKES = 100;
const MAX_LEFT = 10_000;
/** How long a job waits before it asks for the machine again. */
const MACHINE_WAIT_MS = 300;
/** How long a job waits each time that a worker leaves it to those that may have its file: longer and longer, so that it disturbs nobody. */
const MIN_FILE_WAIT_MS = 50;
const MAX_FILE_WAIT_MS = 2000;

/**
 * Handles the jobs of one device: the job completes once the attempt's outcome is stored, whatever the outcome is.
 * BullMQ's own failures are kept for what it must not repeat either: a job whose outcome could not be stored.
 */
export function createJobHandler(device: Device, options: JobHandlerOptions): (bullJob: BullJob) => Promise<string> {
  /** Jobs that were left to others, with how often. */
  const left = new Map<string, number>();

  return async (bullJob) => {
    const parsed = parseWith<Job>(job, bullJob.data);
    if (!parsed.ok) return await refuse(bullJob, device, parsed.issues, options);
    if (options.isDraining()) {
      // Fetched while the worker was being paused: nothing has begun, so another worker of the pool may have it.
      await bullJob.moveToWait(bullJob.token);
      throw new WaitingError();
    }
    const id = bullJob.id ?? '';
    const times = left.get(id) ?? 0;
    if (isForOthers(parsed.value, options.worker_id) && times < MAX_LEAVES && bullJob.attemptsStarted <= MAX_TAKES) {
      // The others of the pool are asked for a while; late is better than never.
      if (left.size > MAX_LEFT) left.clear();
      left.set(id, times + 1);
      await bullJob.moveToWait(bullJob.token);
      // A worker that hands a job back is the first to ask for the next one: it must not be this one again.
      await pause(LEAVE_MS);
      throw new WaitingError();
    }
    left.delete(id);
    const own = parsed.value;
    const { worker_id, runner } = options;
    if (isElsewhere(own, worker_id, runner.clock.now())) return await leaveToOthers(bullJob, own);
    if (!options.takeMachine(device)) {
      // In the queue it can be cancelled, and be had by another worker of the pool.
      await bullJob.moveToDelayed(Date.now() + MACHINE_WAIT_MS, bullJob.token);
      throw new DelayedError();
    }
    const ended = await runner
      .run(own, device, (error) => isFileMissing(error) && mayBeElsewhere(own, worker_id))
      .finally(() => options.leaveMachine(device));
    if (ended !== 'left_to_others') return ended;
    const workers_without_file = [...(own.workers_without_file ?? []), worker_id];
    return await leaveToOthers(bullJob, { ...own, workers_without_file });
  };
}

function isForOthers({ avoid_workers, prefer_workers }: Job, worker_id: string): boolean {
  return avoid_workers?.includes(worker_id) === true || prefer_workers?.includes(worker_id) === false;
}

/** Whether another worker of the pool may have a file that this one lacks. */
function mayBeElsewhere({ file_workers = [], workers_without_file = [] }: Job, worker_id: string): boolean {
  return file_workers.some((other) => other !== worker_id && !workers_without_file.includes(other));
}

/** Whether it is known that this worker lacks a file of the job and another one may have it. Not for ever: that one may be gone. */
function isElsewhere(own: Job, worker_id: string, now: number): boolean {
  if (own.workers_without_file?.includes(worker_id) !== true || !mayBeElsewhere(own, worker_id)) return false;
  return now - Date.parse(own.queued_at) < own.task.timeout_seconds * 1000;
}

async function leaveToOthers(bullJob: BullJob, { workers_without_file }: Job): Promise<never> {
  await bullJob.updateData({ ...bullJob.data, workers_without_file });
  const wait_ms = Math.min(MAX_FILE_WAIT_MS, MIN_FILE_WAIT_MS * 2 ** Math.min(bullJob.attemptsStarted, 10));
  await bullJob.moveToDelayed(Date.now() + wait_ms, bullJob.token);
  throw new DelayedError();
}

async function refuse(
  bullJob: BullJob,
  device: Device,
  issues: Parameters<typeof reject>[3],
  options: JobHandlerOptions,
): Promise<string> {
  const { client, worker_id, runner, telemetry, log } = options;
  log.warn({ job: bullJob.id, issues: issues.slice(0, 3) }, 'rejected a job');
  telemetry.rejected('job');
  const raw = JSON.stringify(bullJob.data) ?? 'null';
  const id = `job.${bullJob.queueName}.${bullJob.id}`;
  await reject(client, 'job', { subject: `${bullJob.queueName}/${bullJob.id}`, raw, id }, issues);
  const outcome = outcomeOfUnreadableJob(bullJob.data, issues, worker_id, device, new Date(runner.clock.now()));
  if (outcome === undefined) return 'rejected';
  return await runner.store(outcome, () => null);
}
