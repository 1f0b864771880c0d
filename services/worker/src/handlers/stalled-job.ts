import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { job } from '@benchwire/shared/contracts/job.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import type { Job as BullJob } from 'bullmq';
import { buildOutcome, emptyReport } from '../decide/build-outcome.ts';
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
  const now = options.runner.clock.timestamp();
  const outcome = buildOutcome({
    job: parsed.data,
    device,
    worker_id: options.worker_id,
    status: 'lost',
    error,
    report: emptyReport(error),
    started_at: now,
    finished_at: now,
    execution_time_seconds: 0,
    hardware_metrics: {
      cpu_utilization_percent: null,
      gpu_utilization_percent: null,
      memory_usage_mb: null,
      power_consumption_watts: null,
      temperature_celsius: null,
    },
    logs: null,
  });
  // Who ran it, and on which of the pool's devices, is not known here.
  const lost = {
    ...outcome,
    worker_id: null,
    device_id: null,
    started_at: null,
    execution_time_seconds: null,
    hardware_metrics: null,
  };
  await options.runner.store(lost, () => null);
  options.log.warn({ job: bullJob.id }, 'reported a stalled job as lost');
}
