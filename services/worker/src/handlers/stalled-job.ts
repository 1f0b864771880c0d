import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { job } from '@benchwire/shared/contracts/job.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import type { Job as BullJob } from 'bullmq';
import { lostOutcome } from '../decide/build-outcome.ts';
import type { JobHandlerOptions } from './job.ts';

/**
 * A job that nobody holds the lock of any more: its worker has died or was cut off. BullMQ has failed it instead of
 * running it again; here its attempt is reported lost, so that the scheduler starts another. An outcome that had been
 * stored before stays the one that counts.
 */
export async function reportStalledJob(bullJob: BullJob, device: Device, options: JobHandlerOptions): Promise<void> {
  const parsed = job.safeParse(bullJob.data);
  if (!parsed.success) return;
  const silent = 'the worker that ran the attempt has gone silent: its lock on the job ran out';
  const error = taskError('lost_worker', 'JOB_STALLED', silent, true);
  await options.runner.store(lostOutcome(parsed.data, device, error, options.runner.clock.timestamp()), () => null);
  options.log.warn({ job: bullJob.id }, 'reported a stalled job as lost');
}
