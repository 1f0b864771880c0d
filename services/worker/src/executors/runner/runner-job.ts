import { type FailureCode, taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { RunnerMessage, RunnerTask } from '@benchwire/shared/contracts/runner.ts';
import { AUTO } from '@benchwire/shared/contracts/task.ts';
import { messageOf } from '@benchwire/shared/model/errors.ts';
import { abortError, atBatchSize } from '../onnx/run-child.ts';

/** What a runner says of a task. */
export type JobMessage = Exclude<RunnerMessage, { type: 'ready' }>;

export interface RunOptions {
  signal: AbortSignal;
  /** Without a message for this long the task hangs. */
  hang_seconds: number;
  log: (line: string) => void;
  /** Called for one message after the other. */
  onMessage: (message: JobMessage) => Promise<void>;
}

/** One task in a runner: what it is judged to have ended of, and its watchdog. The first word counts. */
export class RunnerJob {
  readonly task: RunnerTask;
  /** Has the task's process ended; set by the code that can. */
  onEnd: () => void = () => undefined;
  /** Settles when nothing of the task is left. */
  readonly over: Promise<void>;
  is_over = false;
  readonly #options: RunOptions;
  readonly #over = Promise.withResolvers<void>();
  readonly #onAbort: () => void;
  #verdict: TaskError | null = null;
  #failure: { error: unknown } | undefined;
  #done = false;
  #ending = false;
  #phase = 'starting';
  #batch_size: number | undefined;
  #hang: NodeJS.Timeout | undefined;

  constructor(task: RunnerTask, options: RunOptions) {
    this.task = task;
    this.#options = options;
    this.over = this.#over.promise;
    this.#onAbort = () => this.#end(abortError(options.signal));
  }

  /** Whether the task is to be sent: not where it is cancelled already. */
  begin(): boolean {
    const { signal } = this.#options;
    if (signal.aborted) {
      this.fail(abortError(signal));
      return false;
    }
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#alive();
    return true;
  }

  log(line: string): void {
    this.#options.log(line);
  }

  async receive(message: JobMessage): Promise<void> {
    clearTimeout(this.#hang);
    try {
      if (message.type === 'progress') this.#enter(message.phase, message.batch_size);
      if (message.type === 'failed') this.fail(this.#errorOf(message));
      if (message.type === 'done') this.#done = true;
      if (this.#verdict === null) await this.#options.onMessage(message);
    } catch (error) {
      this.#failure = { error };
      this.#end(taskError('unknown', 'UNEXPECTED', messageOf(error)));
    }
    if (message.type === 'ended') this.ended();
    else this.#alive();
  }

  /** Says how the task ends, unless that has been said. */
  fail(error: TaskError): void {
    if (!this.#done) this.#verdict ??= error;
  }

  /** Nothing of the task is left. */
  ended(): void {
    clearTimeout(this.#hang);
    this.is_over = true;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#over.resolve();
  }

  /** Null when all was measured. */
  async result(): Promise<TaskError | null> {
    await this.over;
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#verdict !== null) return atBatchSize(this.#verdict, this.#batch_size);
    if (this.#done) return null;
    return taskError('crash', 'RUNNER_PROTOCOL', 'The runner ended the task without saying how.');
  }

  #end(error: TaskError): void {
    this.fail(error);
    if (this.#ending || this.is_over) return;
    this.#ending = true;
    this.onEnd();
  }

  #enter(phase: string, batch_size: number | null): void {
    if (batch_size !== null) this.#batch_size = batch_size;
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.log(`[benchwire] ${phase}`);
  }

  #errorOf({ error, batch_size }: Extract<JobMessage, { type: 'failed' }>): TaskError {
    if (batch_size !== null) this.#batch_size = batch_size;
    const { batch_sizes } = this.task;
    const smallest = batch_sizes === AUTO ? 1 : Math.min(...batch_sizes);
    // The limit stays; only a smaller batch size can stay below it.
    const may_fit = error.code !== 'MEMORY_LIMIT' || (this.#batch_size ?? 0) > smallest;
    // Codes of a runner are those of failure-classes.ts, its tests see to it; of others the class decides.
    const made = taskError(error.class, error.code as FailureCode, error.message);
    return may_fit ? made : { ...made, retriable: false };
  }

  #alive(): void {
    clearTimeout(this.#hang);
    if (this.#ending || this.is_over) return;
    const { hang_seconds } = this.#options;
    this.#hang = setTimeout(() => {
      const text = `No sign of life for ${hang_seconds} s from the measuring process (${this.#phase}): it hangs.`;
      this.#end(taskError('timeout', 'HANG', text));
    }, hang_seconds * 1000);
  }
}
