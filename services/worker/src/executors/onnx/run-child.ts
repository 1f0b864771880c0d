import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import { messageOf } from '@benchwire/shared/model/errors.ts';
import { untilAborted } from '@benchwire/shared/runtime/lifecycle.ts';
import { classifyExit, kernelOomKills } from './child-exit.ts';
import type { AnyStart, FromChild } from './messages.ts';
import { residentMemoryMb } from './resident-memory.ts';

export interface RunChildOptions {
  /** The file to run; another than child.ts in tests only. */
  script: string;
  env: Record<string, string>;
  start: AnyStart;
  signal: AbortSignal;
  /** Without a message for this long the child hangs. */
  hang_seconds: number;
  max_memory_mb: number | null;
  log: (line: string) => void;
  /** Called for one message after the other, in order; the child goes on after a batch when this has resolved. */
  onMessage: (message: FromChild) => Promise<void>;
}

const TERM_TO_KILL_MS = 2000;
const EXIT_MS = 2000;
const MEMORY_CHECK_MS = 100;
const STDERR_TAIL = 16_384;

/**
 * Runs one measuring process from start to end. Null when it did all it was asked for, otherwise what went wrong:
 * its own report, a crash, exhausted memory, a hang, or the abort of `signal`. When this settles, no process is left.
 */
export async function runChild(options: RunChildOptions): Promise<TaskError | null> {
  const { signal, start } = options;
  if (signal.aborted) return abortError(signal);
  const oomKillsBefore = await kernelOomKills();
  const child = fork(options.script, [], {
    execArgv: [],
    env: options.env,
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const running = new RunningChild(child, options);
  const closed = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, bySignal) => resolve({ code, signal: bySignal }));
    // Only a process that could not even start never closes.
    child.on('error', (error) => {
      if (child.pid !== undefined) return;
      running.verdict ??= taskError('crash', 'NOT_STARTED', `The measuring process did not start: ${messageOf(error)}`);
      resolve({ code: null, signal: null });
    });
  });
  const onAbort = (): void => running.end(abortError(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  running.watch();
  // A child that is gone already shows as closed; there is nothing to add to that.
  child.send(start, () => undefined);
  const exit = await closed;
  signal.removeEventListener('abort', onAbort);
  running.stopWatching();
  // An abort does not wait for a reader who takes no more.
  await Promise.race([running.messagesHandled(), untilAborted(signal)]);
  if (running.verdict) return atBatchSize(running.verdict, running.batch_size);
  if (running.done) return null;
  const oomKills = await kernelOomKills();
  const error = classifyExit({
    ...exit,
    stderr_tail: running.stderr_tail,
    kernel_oom_kills: oomKills === null || oomKillsBefore === null ? null : oomKills - oomKillsBefore,
  });
  return atBatchSize(error, running.batch_size);
}

/** Says of a failure that the batch size may have to do with, at which one it happened. */
export function atBatchSize(error: TaskError, batch_size: number | undefined): TaskError {
  const { class: kind } = error;
  const related = kind === 'out_of_memory' || kind === 'device_error' || kind === 'crash' || kind === 'timeout';
  return batch_size === undefined || !related ? error : { ...error, batch_size };
}

/** The error that goes with why `signal` was aborted (executor.ts, `AbortReason`). */
export function abortError(signal: AbortSignal): TaskError {
  switch (signal.reason) {
    case 'timed_out':
      return taskError('timeout', 'TIMED_OUT', 'The task did not end within its timeout_seconds.');
    case 'draining':
      return taskError('cancelled', 'DRAINING', 'The worker is shutting down before the task could end.', true);
    default:
      return taskError('cancelled', 'CANCELLED', 'The task was cancelled.');
  }
}

/** The state of one child: what it said, what it is judged to have died of, and its watchdogs. */
class RunningChild {
  /** Why it was ended, or what it reported; the first word counts. */
  verdict: TaskError | null = null;
  done = false;
  stderr_tail = '';
  /** The one that the child is with. */
  batch_size: number | undefined;
  readonly #child: ChildProcess;
  readonly #options: RunChildOptions;
  #handled: Promise<void> = Promise.resolve();
  #handling = 0;
  #phase = 'starting';
  #hang: NodeJS.Timeout | undefined;
  #memory: NodeJS.Timeout | undefined;
  #kill: NodeJS.Timeout | undefined;
  #stopped = false;
  #failure: { error: unknown } | null = null;

  constructor(child: ChildProcess, options: RunChildOptions) {
    this.#child = child;
    this.#options = options;
    child.on('message', (message) => this.#receive(message as FromChild));
    this.#readLines(child.stdout);
    this.#readLines(child.stderr, (line) => {
      this.stderr_tail = `${this.stderr_tail}${line}\n`.slice(-STDERR_TAIL);
    });
  }

  /** Ends the child: asks first, and kills what does not listen. */
  end(verdict: TaskError): void {
    // What is done stays done: an abort that comes during the goodbye changes nothing.
    if (!this.done) this.verdict ??= verdict;
    if (this.#kill !== undefined) return;
    this.#child.kill('SIGTERM');
    this.#kill = setTimeout(() => this.#child.kill('SIGKILL'), TERM_TO_KILL_MS);
  }

  watch(): void {
    this.alive();
    const limit = this.#options.max_memory_mb;
    if (limit !== null) this.#memory = setTimeout(() => void this.#checkMemory(limit), MEMORY_CHECK_MS);
  }

  /** Starts the watchdog's time anew; while a message is being handled it is not the child that is slow. */
  alive(): void {
    clearTimeout(this.#hang);
    if (this.#stopped || this.#handling > 0 || this.#kill !== undefined) return;
    const { hang_seconds } = this.#options;
    this.#hang = setTimeout(() => {
      const message = `No sign of life for ${hang_seconds} s from the measuring process (${this.#phase}): it hangs.`;
      this.end(taskError('timeout', 'HANG', message));
    }, hang_seconds * 1000);
  }

  stopWatching(): void {
    this.#stopped = true;
    for (const timer of [this.#hang, this.#memory, this.#kill]) clearTimeout(timer);
  }

  /** Rejects with what `onMessage` rejected with. */
  async messagesHandled(): Promise<void> {
    await this.#handled;
    if (this.#failure) throw this.#failure.error;
  }

  #receive(message: FromChild): void {
    // It has said all, and has only to leave; some device libraries hang at exit.
    if (message.type === 'done') {
      this.done = true;
      this.#kill ??= setTimeout(() => this.#child.kill('SIGKILL'), EXIT_MS);
    }
    if (message.type === 'progress' && message.batch_size !== undefined) this.batch_size = message.batch_size;
    if (message.type === 'batch') this.batch_size = undefined;
    this.#handling++;
    this.#handled = this.#handled.then(() => this.#handle(message));
  }

  async #handle(message: FromChild): Promise<void> {
    try {
      if (message.type === 'progress') this.#enter(message.phase);
      if (message.type === 'failed') this.verdict ??= message.error;
      if (this.#failure === null) await this.#options.onMessage(message);
      if (message.type === 'batch' && this.#child.connected) this.#child.send({ type: 'continue' }, () => undefined);
    } catch (error) {
      this.#failure = { error };
      this.end(taskError('unknown', 'UNEXPECTED', messageOf(error)));
    } finally {
      this.#handling--;
      this.alive();
    }
  }

  #enter(phase: string): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#options.log(`[benchwire] ${phase}`);
  }

  async #checkMemory(limit_mb: number): Promise<void> {
    const used_mb = this.#child.pid === undefined ? null : await residentMemoryMb(this.#child.pid);
    if (used_mb !== null && used_mb > limit_mb) {
      const message = `The measuring process used ${Math.round(used_mb)} MB (${this.#phase}), more than the limit of ${limit_mb} MB.`;
      // The limit stays; only a smaller batch size can stay below it.
      const smallest = Math.min(...this.#options.start.wishes.batch_sizes);
      const may_fit = this.batch_size !== undefined && this.batch_size > smallest;
      this.end(taskError('out_of_memory', 'MEMORY_LIMIT', message, may_fit));
    } else if (!this.#stopped) {
      this.#memory = setTimeout(() => void this.#checkMemory(limit_mb), MEMORY_CHECK_MS);
    }
  }

  #readLines(stream: Readable | null, also: (line: string) => void = () => undefined): void {
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (colored) => {
      const line = stripVTControlCharacters(colored);
      if (line === '') return;
      also(line);
      this.#options.log(line);
    });
  }
}
