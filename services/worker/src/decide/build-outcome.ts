import type { ClockOffset } from '@benchwire/shared/contracts/clock.ts';
import type { Job } from '@benchwire/shared/contracts/job.ts';
import { modelNameOf } from '@benchwire/shared/contracts/model-artifact.ts';
import {
  type HardwareMetrics,
  type Outcome,
  type OutcomeStatus,
  outcomeWith,
  type TaskError,
} from '@benchwire/shared/contracts/outcome.ts';
import { variantOf, variantWith } from '@benchwire/shared/contracts/series.ts';
import { executorNameOf } from '@benchwire/shared/contracts/task.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import type { ExecutorReport } from '../executors/executor.ts';

export interface OutcomeOptions {
  job: Job;
  device: Device;
  worker_id: string;
  status: OutcomeStatus;
  error: TaskError | null;
  report: ExecutorReport;
  started_at: string;
  finished_at: string;
  execution_time_seconds: number;
  clock?: ClockOffset | undefined;
  hardware_metrics: HardwareMetrics;
  logs: string | null;
}

/** Everything that is known of an attempt, as the contract has it. Pure. */
export function buildOutcome(options: OutcomeOptions): Outcome {
  const { job, device, report } = options;
  const { task } = job;
  return outcomeWith({
    ...ofJob(job, device, report),
    status: options.status,
    error: options.error,
    worker_id: options.worker_id,
    device_id: device.device_id,
    started_at: options.started_at,
    finished_at: options.finished_at,
    execution_time_seconds: options.execution_time_seconds,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    results: report.results,
    hardware_metrics: options.hardware_metrics,
    environment: { ...device.environment, ...report.environment },
    simulation_status: report.is_simulated
      ? {
          is_simulated: true,
          reason: report.simulated_because ?? `the ${executorNameOf(task)} executor measured nothing real`,
        }
      : { is_simulated: false },
    logs: options.logs,
  });
}

/** The outcome of an attempt of which only the job and the pool are known: who ran it, and on which device, is not. Pure. */
export function lostOutcome(job: Job, device: Device, error: TaskError, at: string): Outcome {
  const known = ofJob(job, device, emptyReport(error));
  return outcomeWith({ ...known, status: 'lost', error, finished_at: at, environment: device.environment });
}

/** What a job says, and the pool that it was for. */
function ofJob(job: Job, { pool, fingerprint }: Device, report: ExecutorReport) {
  const { task } = job;
  // From what is named a workload the scheduler learns how long all of it takes.
  const is_part = report.did_only_a_part === true || job.dropped_batch_sizes !== undefined;
  return {
    ...(job.workload === undefined || is_part ? {} : { workload: job.workload }),
    run_id: job.run_id,
    task_id: task.task_id,
    attempt: job.attempt,
    max_attempts: job.max_attempts,
    pool,
    fingerprint,
    benchmark: task.benchmark,
    executor: executorNameOf(task),
    model: report.model ?? modelNameOf(task),
    precision: report.precision,
    scenario: report.scenario,
    ...variantsOf(job, report),
    request_name: job.request_name,
    source: job.source,
    tags: job.tags,
    queued_at: job.queued_at,
  };
}

/** What the series is named by; as it was written too, where that is another name of the same. */
function variantsOf({ task, variant }: Job, report: ExecutorReport): Pick<Outcome, 'variant' | 'variant_as_written'> {
  const { inputs_sha256 = null, config_in_one_form } = report;
  const written = variantWith(variant ?? variantOf(task), inputs_sha256);
  if (config_in_one_form === undefined || task.executor !== 'onnx') return { variant: written };
  const one_form = variantWith(variantOf({ ...task, config: config_in_one_form }), inputs_sha256);
  return one_form === written ? { variant: written } : { variant: one_form, variant_as_written: written };
}

/** What is reported of an attempt whose executor found nothing out. */
export function emptyReport(error: TaskError): ExecutorReport {
  return { error, results: {}, environment: {}, precision: null, scenario: null, is_simulated: false };
}
