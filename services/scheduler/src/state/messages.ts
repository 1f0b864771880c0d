import { filesNamedBy } from '@benchwire/shared/contracts/files-named-by.ts';
import { gate } from '@benchwire/shared/contracts/gate.ts';
import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import type { Job } from '@benchwire/shared/contracts/job.ts';
import { artifactOf, modelNameOf } from '@benchwire/shared/contracts/model-artifact.ts';
import { type Outcome, outcomeWith } from '@benchwire/shared/contracts/outcome.ts';
import { filesOutOfReach } from '@benchwire/shared/contracts/request-file.ts';
import { variantOf } from '@benchwire/shared/contracts/series.ts';
import {
  AUTO,
  AUTO_SIZES,
  executorNameOf,
  type JobTask,
  pluginOf,
  type Task,
} from '@benchwire/shared/contracts/task.ts';
import { batchSizesToDrop, type Failure, workerWishes } from '../failures/recovery.ts';
import type { Pool } from '../fleet/fleet.ts';
import type { ImportedEnd, Verdict } from './attempt-end.ts';
import { importedConfigOf, importedFacts } from './imported-facts.ts';
import type { Spec, TaskState } from './model.ts';

/** A job names so many at most: they are tried one after the other. */
const MAX_FILE_WORKERS = 64;

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
  const kind = executor === 'command' || executor === 'plugin' ? { type, ...pluginOf(spec) } : {};
  const metrics = 'metrics' in spec ? { metrics: spec.metrics } : {};
  const retry = spec.type === 'test' ? { retry_policy: spec.retry_policy } : {};
  const left_out = spec.not_in_series === undefined ? {} : { not_in_series: spec.not_in_series };
  const dropped = pool === undefined ? undefined : batchSizesToDrop(spec, failures, pool.pool);
  const config = dropped === undefined ? written : withoutBatchSizes(written, dropped);
  const base = spec.base_side;
  const base_side =
    base === undefined || dropped === undefined ? base : { ...base, config: withoutBatchSizes(base.config, dropped) };
  const wishes = pool === undefined ? {} : workerWishes(spec, failures, pool);
  return {
    v: MESSAGE_VERSION,
    run_id,
    attempt: state.attempt,
    max_attempts: retry_policy.max_retries + 1,
    // The compiler does not see that executor and config still belong together.
    task: {
      task_id: state.task_id,
      executor,
      config,
      benchmark,
      timeout_seconds,
      ...fresh,
      ...kind,
      ...metrics,
      ...retry,
      ...left_out,
      ...madeFor(state),
      ...(base_side === undefined ? {} : { base_side }),
    } as JobTask,
    request_name: request.name ?? null,
    source: request.source ?? null,
    tags: request.tags,
    variant: variantOf(state.lane.spec),
    queued_at: iso(state.ready_at_ms),
    ...(dropped === undefined ? {} : { dropped_batch_sizes: dropped }),
    ...wishes,
    ...(pool === undefined ? {} : fileWorkers(spec, pool)),
    workload: bucket.workload,
    ...(base_side !== undefined && request.gate?.on_cannot_tell === 'repeat' ? { gate: gate.parse(request.gate) } : {}),
  };
}

/** The request's files that the task names, and the model that another task has made for it. */
function madeFor({ lane: { spec, run } }: TaskState): Pick<Task, 'files' | 'made_of'> {
  const { files, made_of } = spec;
  if (made_of === undefined) return files === undefined ? {} : { files };
  const made = run.artifacts.get(made_of.task_id);
  if (made === undefined) return { made_of, ...(files === undefined ? {} : { files }) };
  const { model, ...part } = made;
  return {
    made_of: { ...made_of, model },
    files: [...(files ?? []), { path: artifactOf(made_of.task_id), parts: [part] }],
  };
}

/** For a task that names files: which workers of the pool may have them. Nothing where there is only one. */
function fileWorkers(spec: Spec, { workers, reach = [] }: Pool): Pick<Job, 'file_workers' | 'workers_without_file'> {
  if (workers.length < 2 || filesNamedBy(spec).length === 0) return {};
  const without = workers.filter((_, index) => {
    const worker = reach[index];
    return worker !== undefined && filesOutOfReach(spec.files, worker) !== null;
  });
  const able = workers.filter((worker_id) => !without.includes(worker_id));
  return {
    file_workers: able.slice(0, MAX_FILE_WORKERS),
    ...(without.length === 0 ? {} : { workers_without_file: without }),
  };
}

function withoutBatchSizes(config: Task['config'], dropped: Readonly<Record<string, string>>): Task['config'] {
  if (!('batch_sizes' in config)) return config;
  const smallest = Math.min(...Object.keys(dropped).map(Number));
  // The search for sizes would come to the same one again.
  const sizes = config.batch_sizes === AUTO ? AUTO_SIZES.filter((size) => size < smallest) : config.batch_sizes;
  return { ...config, batch_sizes: sizes.filter((size) => dropped[String(size)] === undefined) };
}

/** The outcome of an attempt that the scheduler ends itself: cancelled, lost, without a pool, or imported. */
export function outcomeOf(state: TaskState, verdict: Verdict | ImportedEnd, now: number): Outcome {
  const { spec: task, run } = state.lane;
  const { request, run_id } = run.submitted;
  return outcomeWith({
    run_id,
    task_id: state.task_id,
    attempt: state.attempt,
    max_attempts: task.retry_policy.max_retries + 1,
    status: verdict.status,
    error: verdict.error,
    worker_id: verdict.worker_id ?? null,
    pool: verdict.pool ?? null,
    benchmark: task.benchmark,
    executor: executorNameOf(task),
    model: modelNameOf(task),
    precision: 'precision' in task.config ? (task.config.precision ?? null) : null,
    scenario: 'scenario' in task.config ? task.config.scenario : null,
    variant: variantOf(task),
    request_name: request.name ?? null,
    source: request.source ?? null,
    tags: request.tags,
    queued_at: iso(state.ready_at_ms || run.accepted_at_ms),
    finished_at: iso(now),
    ...(verdict.status === 'completed' ? importedFacts(importedConfigOf(task), run.accepted_at_ms) : {}),
  });
}
