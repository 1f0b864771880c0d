import { type FailureCode, taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import {
  type RunnerCommand,
  type RunnerReady,
  type RunnerTask,
  runnerMessage,
} from '@benchwire/shared/contracts/runner.ts';
import { messageOf, TaskFailure } from '@benchwire/shared/model/errors.ts';
import type { WebSocket } from 'ws';
import { RunnerJob, type RunOptions } from '../executors/runner/runner-job.ts';

/** How long a page may take to end the thread of a task; one that takes longer hangs itself. */
const END_MS = 5000;

/** A connection ends before it is known whether the page or the browser has; who launched it says so within this time. */
const SETTLE_MS = 2000;

/** A page that is connected: the runner protocol over its WebSocket. Runs one task at a time. */
export class PageConnection {
  readonly ready: Promise<RunnerReady>;
  readonly #socket: WebSocket;
  readonly #ready = Promise.withResolvers<RunnerReady>();
  readonly #onLost: () => void;
  #job: RunnerJob | undefined;
  #lost: TaskError | undefined;
  #is_closed = false;
  /** Messages are handled one after the other. */
  #handled: Promise<void> = Promise.resolve();

  /** @param onLost - called once, when the page can no longer be used */
  constructor(socket: WebSocket, onLost: () => void) {
    this.#socket = socket;
    this.#onLost = onLost;
    this.ready = this.#ready.promise;
    this.ready.catch(() => undefined);
    socket.on('message', (data) => {
      // What is not handled yet stays with the page, which waits with its next window.
      socket.pause();
      this.#handled = this.#handled.then(() => this.#receive(String(data))).finally(() => socket.resume());
    });
    socket.on('close', () => {
      this.#is_closed = true;
      const late = (): void => this.lose(lostError('RUNNER_LOST', 'the page has closed its connection'));
      setTimeout(late, SETTLE_MS).unref();
    });
    socket.on('error', () => undefined);
  }

  get is_usable(): boolean {
    return this.#lost === undefined && !this.#is_closed;
  }

  /** Runs one task to its end; null when it did all. */
  async run(task: RunnerTask, options: RunOptions): Promise<TaskError | null> {
    if (this.#lost !== undefined) return this.#lost;
    const job = new RunnerJob(task, options);
    this.#job = job;
    job.onEnd = () => this.#endTask(job);
    try {
      if (job.begin()) this.#send(task);
      else job.ended();
      return await job.result();
    } finally {
      this.#job = undefined;
    }
  }

  /** The page cannot be used any more, for this reason; the first one counts. */
  lose(error: TaskError): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    this.#ready.reject(new TaskFailure(error));
    this.#job?.fail(error);
    this.#job?.ended();
    this.#socket.terminate();
    this.#onLost();
  }

  #endTask(job: RunnerJob): void {
    this.#send({ type: 'cancel', id: job.task.id });
    const late = setTimeout(() => {
      if (this.#job === job && !job.is_over)
        this.lose(
          taskError('timeout', 'HANG', `The page did not answer for ${END_MS / 1000} s: it hangs, and is closed.`),
        );
    }, END_MS);
    void job.over.then(() => clearTimeout(late));
  }

  #send(command: RunnerCommand): void {
    this.#socket.send(JSON.stringify(command));
  }

  async #receive(text: string): Promise<void> {
    try {
      const message = runnerMessage.parse(JSON.parse(text));
      if (message.type === 'ready') this.#ready.resolve(message);
      else if (message.id === this.#job?.task.id) await this.#job.receive(message);
    } catch (error) {
      this.lose(lostError('RUNNER_PROTOCOL', `it does not speak the protocol: ${messageOf(error).slice(0, 500)}`));
    }
  }
}

/** The end of a page in words: what ends with it is the attempt, and the next one gets a new page. */
function lostError(code: FailureCode & ('RUNNER_LOST' | 'RUNNER_PROTOCOL'), how: string): TaskError {
  return taskError('crash', code, `The page that measured the task is gone: ${how}. The next attempt gets a new one.`);
}
