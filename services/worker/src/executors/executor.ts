import type { JobTaskOf } from '@benchwire/shared/contracts/executors.ts';
import type { Environment } from '@benchwire/shared/contracts/hardware.ts';
import type { MetricColumns } from '@benchwire/shared/contracts/metrics.ts';
import type { BatchResult, OutcomeResults, TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { QueryParameters, QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { Source } from '@benchwire/shared/contracts/request.ts';
import type { OnnxConfig, WorkerExecutorName } from '@benchwire/shared/contracts/task.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';

/** Why an attempt is being stopped: the `reason` that the context's signal is aborted with. */
export type AbortReason = 'cancelled' | 'timed_out' | 'draining' | 'device_gone' | 'device_changed';

/** Everything that one attempt may use of the worker. Its task, and so the config, is of the executor's own kind. */
export interface ExecutorContext<Name extends WorkerExecutorName = WorkerExecutorName> {
  readonly run_id: string;
  /** What the request says is measured. */
  readonly source: Source | null;
  readonly task: JobTaskOf<Name>;
  readonly attempt: number;
  readonly device: Device;
  /** Aborted with an `AbortReason`. The executor must then end everything it started, and settle. */
  readonly signal: AbortSignal;
  /** Hands metric points on; resolves when there is room for more, so awaiting it is the backpressure. */
  emit(batch: MetricColumns): Promise<void>;
  /** One line of what the attempt prints; the caller keeps a bounded tail. */
  log(line: string): void;
  readonly checkpoints: Checkpoints;
  /** Points that series have already, of the same model file; rejects when nobody can tell. */
  findFresh(question: QueryParameters<'fresh'>): Promise<Array<QueryRow<'fresh'>>>;
  /** Tells those who watch that a batch size is done; nothing waits for it. */
  measured(batch_size: number, result: BatchResult): void;
}

/** What an attempt leaves for the one that follows it, should it not come to its end. */
export interface CheckpointContent {
  /** Has to be the same for another attempt to go on from here: the model's hash, the settings. */
  conditions: string;
  results?: OutcomeResults;
  /** Bounded by `MAX_CHECKPOINT_BYTES`. */
  data?: Uint8Array;
}

export interface SavedCheckpoint extends CheckpointContent {
  /** Who saved it. */
  attempt: number;
  worker_id: string;
  /** Saved on a device of the same fingerprint: only then its results belong together with this attempt's. */
  same_device: boolean;
}

export interface Checkpoints {
  /** What an earlier attempt of the task saved last, if anything. */
  load(): Promise<SavedCheckpoint | undefined>;
  /** Takes the place of what was saved before. Never throws; gives back why it was not kept, if so. */
  save(content: CheckpointContent): Promise<string | undefined>;
}

/** What the attempt found out, also when it failed: then `results` holds what had been measured by that time. */
export interface ExecutorReport {
  /** Null when the attempt completed. */
  error: TaskError | null;
  results: OutcomeResults;
  environment: Environment;
  precision: string | null;
  /** The model's one name, where the task wrote another (model-source.ts). */
  model?: string;
  scenario: string | null;
  is_simulated: boolean;
  /** Why what was measured is not about hardware; without it, the executor measured nothing real. */
  simulated_because?: string;
  /** Of the files that inputs were filled from: another content is another series. */
  inputs_sha256?: string;
  /** The task's config with its settings in one form, where only who has the model can tell that another writing says the same. */
  config_in_one_form?: OnnxConfig;
  /** An earlier attempt had done a part, or it needed no doing: how long this took says nothing about the whole. */
  did_only_a_part?: boolean;
}

/** Runs tasks of one kind. `execute` never rejects for what a task can cause: that is an `error` in its report. */
export interface Executor<Name extends WorkerExecutorName = WorkerExecutorName> {
  readonly name: Name;
  execute(context: ExecutorContext<Name>): Promise<ExecutorReport>;
  /** What an outcome would say of the files that a task measures, as they are now. Undefined where the task cannot run. */
  inspect?(config: JobTaskOf<Name>['config']): Promise<Environment | undefined>;
}

/** What a worker offers. Each executor stands under its own name, so that it gets no task but its own. */
export type Executors = { readonly [Name in WorkerExecutorName]?: Executor<Name> };

/** The executor that a task is for; undefined where the worker does not offer it. */
export function executorOf(executors: Executors, { executor }: { executor: WorkerExecutorName }): Executor | undefined {
  // Each stands under its own name, which the type of the whole says and an access by a name of the union does not.
  return executors[executor] as Executor | undefined;
}
