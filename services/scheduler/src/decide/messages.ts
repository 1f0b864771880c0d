import type { BenchEvent, EventEntity, RunCounts } from '@benchwire/shared/contracts/event.ts';
import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import type { Job } from '@benchwire/shared/contracts/job.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { variantOf } from '@benchwire/shared/contracts/series.ts';
import type { PoolDemand } from '@benchwire/shared/contracts/status.ts';
import type { JobTask, Task } from '@benchwire/shared/contracts/task.ts';
import type { MissedDeadline } from './deadlines.ts';
import type { Pool } from './fleet.ts';
import { batchSizesToDrop, type Failure, workersToAvoid } from './recovery.ts';
import type { RunState, TaskState, Verdict } from './run-state.ts';

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/**
 * The job that carries the current attempt of a task, made for the pool that it goes to.
 * @param failures - of the attempts before
 */
export function jobOf(state: TaskState, failures: readonly Failure[], pool: Pool | undefined): Job {
  const { run, spec, bucket } = state.lane;
  const { request, run_id } = run.submitted;
  const { executor, type, config: written, benchmark, timeout_seconds, retry_policy } = spec;
  const fresh = 'skip_if_fresh' in spec ? { skip_if_fresh: spec.skip_if_fresh } : {};
  const kind = executor === 'command' ? { type } : {};
  const dropped = pool === undefined ? undefined : batchSizesToDrop(spec, failures, pool.pool);
  const config = dropped === undefined ? written : withoutBatchSizes(written, dropped);
  const avoid_workers = pool === undefined ? [] : workersToAvoid(failures, pool);
  return {
    v: MESSAGE_VERSION,
    run_id,
    attempt: state.attempt,
    max_attempts: retry_policy.max_retries + 1,
    // The compiler does not see that executor and config still belong together.
    task: { task_id: state.task_id, executor, config, benchmark, timeout_seconds, ...fresh, ...kind } as JobTask,
    request_name: request.name ?? null,
    source: request.source ?? null,
    tags: request.tags,
    variant: variantOf(state.lane.spec),
    queued_at: iso(state.ready_at_ms),
    ...(dropped === undefined ? {} : { dropped_batch_sizes: dropped }),
    ...(avoid_workers.length === 0 ? {} : { avoid_workers }),
    workload: bucket.workload,
  };
}

function withoutBatchSizes(config: Task['config'], dropped: Readonly<Record<string, string>>): Task['config'] {
  if (!('batch_sizes' in config)) return config;
  return { ...config, batch_sizes: config.batch_sizes.filter((size) => dropped[String(size)] === undefined) };
}

/** The outcome of an attempt that the scheduler ends itself: cancelled, lost, or without a pool. */
export function outcomeOf(state: TaskState, verdict: Verdict, now: number): Outcome {
  const { spec: task, run } = state.lane;
  const { request, run_id } = run.submitted;
  return {
    v: MESSAGE_VERSION,
    run_id,
    task_id: state.task_id,
    attempt: state.attempt,
    max_attempts: task.retry_policy.max_retries + 1,
    status: verdict.status,
    error: verdict.error,
    worker_id: verdict.worker_id ?? null,
    device_id: null,
    pool: verdict.pool ?? null,
    fingerprint: null,
    benchmark: task.benchmark,
    executor: task.executor,
    model: 'model' in task.config ? (task.config.model ?? null) : null,
    precision: 'precision' in task.config ? (task.config.precision ?? null) : null,
    scenario: 'scenario' in task.config ? task.config.scenario : null,
    variant: variantOf(task),
    request_name: request.name ?? null,
    source: request.source ?? null,
    tags: request.tags,
    queued_at: iso(state.ready_at_ms || run.accepted_at_ms),
    started_at: null,
    finished_at: iso(now),
    execution_time_seconds: null,
    results: {},
    hardware_metrics: null,
    environment: {},
    simulation_status: { is_simulated: false },
    logs: null,
  };
}

/** An event; give an id where a replay or another service could report the same thing. */
export function eventOf(
  entity: EventEntity,
  kind: string,
  message: string,
  now: number,
  event_id: string,
  about: Partial<Pick<BenchEvent, 'run_id' | 'task_id' | 'attempt' | 'worker_id' | 'pool' | 'data'>> = {},
): BenchEvent {
  return {
    v: MESSAGE_VERSION,
    event_id,
    at: iso(now),
    entity,
    kind,
    run_id: null,
    task_id: null,
    attempt: null,
    worker_id: null,
    pool: null,
    message: message.slice(0, 4096),
    ...about,
  };
}

/**
 * Carries the request as it was written, not with its defaults filled in: what fitted into RUNS fits into EVENTS.
 * @param as_written - the `submitted` message as it stands in RUNS
 */
export function acceptedEvent(run: RunState, as_written: unknown): BenchEvent {
  const { run_id } = run.submitted;
  const { request } = as_written as { request: unknown };
  return eventOf(
    'run',
    'accepted',
    `accepted with ${run.counts.total} tasks`,
    run.accepted_at_ms,
    `${run_id}.accepted`,
    {
      run_id,
      data: { request, task_count: run.counts.total },
    },
  );
}

/** What there is to do for a pool, for whoever starts and stops workers. */
export function demandEvent(demand: PoolDemand, now: number): BenchEvent {
  const { pool, ...data } = demand;
  const { waiting, running, workers, expected_work_seconds: seconds, unknown_work_tasks: unknown } = demand;
  const work = `${Math.ceil(seconds)} s of work${unknown > 0 ? ` and ${unknown} of unknown length` : ''}`;
  const message = `${waiting} waiting, ${running} running, workers: ${workers}, ${work}`;
  return eventOf('pool', 'demand', message, now, `demand.${pool}.${now}`, { pool, data });
}

/** A deadline has passed, and some copies of a task as it was written are not done. */
export function deadlineEvent({ run, sample, due_ms, tasks }: MissedDeadline, now: number): BenchEvent {
  const { run_id } = run.submitted;
  const { base_task_id, on_missed_deadline } = sample.lane.spec;
  const what = tasks === 1 ? 'one task is' : `${tasks} tasks are`;
  const end = on_missed_deadline === 'end' ? '; they end now' : '';
  return eventOf(
    'task',
    'deadline_missed',
    `${what} not done by the deadline of ${base_task_id}, ${iso(due_ms)}${end}`,
    now,
    `${run_id}.${base_task_id}.deadline.${due_ms}`,
    { run_id, task_id: sample.task_id, data: { tasks, deadline: iso(due_ms), on_missed_deadline } },
  );
}

export function finishedEvent(run: RunState, now: number): BenchEvent {
  const { run_id } = run.submitted;
  return eventOf('run', 'finished', describeCounts(run.counts), now, `${run_id}.finished`, {
    run_id,
    data: { counts: run.counts },
  });
}

function describeCounts(counts: RunCounts): string {
  const parts = (['completed', 'failed', 'timed_out', 'cancelled', 'lost'] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => `${counts[status]} ${status.replace('_', ' ')}`);
  return `finished: ${parts.join(', ')} of ${counts.total} tasks`;
}
