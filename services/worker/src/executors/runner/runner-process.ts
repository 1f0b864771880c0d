import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Duplex, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { type FailureCode, taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import {
  type RunnerCommand,
  type RunnerMessage,
  type RunnerReady,
  type RunnerTask,
  runnerMessage,
} from '@benchwire/shared/contracts/runner.ts';
import { messageOf, TaskFailure } from '@benchwire/shared/model/errors.ts';
import { RunnerJob, type RunOptions } from './runner-job.ts';

/** Importing the libraries of an environment for the first time can take minutes from a slow disk. */
const START_MS = 300_000;
/** How long a runner may take to end a task's process that is to end. */
const END_MS = 5000;
const STDERR_TAIL = 4000;

export interface RunnerProcessOptions {
  python: string;
  /** The package's folder, and others that Python shall find modules in. */
  python_path: string;
  backend: string;
  env: Readonly<Record<string, string>>;
}

/**
 * A runner: a Python process that has its libraries loaded and starts a process for each task. What it and its tasks print
 * goes to the log of the task that runs. It ends when this process does, since its pipe closes.
 */
export class RunnerProcess {
  readonly #child: ChildProcess;
  readonly #pipe: Duplex;
  readonly #ready = Promise.withResolvers<RunnerReady>();
  readonly #exited: Promise<string>;
  #job: RunnerJob | undefined;
  #said = '';
  #is_first = true;
  #is_gone = false;

  private constructor(options: RunnerProcessOptions) {
    const { python, python_path, backend, env } = options;
    this.#child = spawn(python, ['-m', 'benchwire_runner', 'serve', backend], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...env, PYTHONPATH: python_path, PYTHONUNBUFFERED: '1' },
    });
    this.#pipe = this.#child.stdio[3] as Duplex;
    // A runner that has died closes its pipe: `exit` is what says so.
    this.#pipe.on('error', () => undefined);
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
      this.#child.once('error', (error) => resolve(messageOf(error)));
    });
    void this.#exited.then((how) => this.#gone(how));
    this.#readLines(this.#child.stdout);
    this.#readLines(this.#child.stderr);
    void this.#readMessages();
  }

  /** @throws TaskFailure when it does not come up */
  static async start(options: RunnerProcessOptions): Promise<RunnerProcess> {
    const runner = new RunnerProcess(options);
    const late = setTimeout(() => runner.#refuse(`it was not ready after ${START_MS / 1000} s`), START_MS);
    try {
      await runner.#ready.promise;
      return runner;
    } catch (error) {
      runner.stop();
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  get ready(): Promise<RunnerReady> {
    return this.#ready.promise;
  }

  /** Whether no task has asked yet: what starting took belongs to the first one only. */
  takeFirst(): boolean {
    const is_first = this.#is_first;
    this.#is_first = false;
    return is_first;
  }

  /** False once it has ended, or does not do what it is told. */
  get is_usable(): boolean {
    return !this.#is_gone;
  }

  /**
   * Runs one task to its end; null when it did all. When this settles, nothing of the task is left; with `is_usable` the runner can
   * take the next one.
   */
  async run(task: RunnerTask, options: RunOptions): Promise<TaskError | null> {
    const job = new RunnerJob(task, options);
    if (this.#is_gone) return lost('it had ended before the task was sent');
    this.#job = job;
    job.onEnd = () => this.#endTask(job);
    this.#hold();
    try {
      if (job.begin()) this.#send(task);
      else job.ended();
      return await job.result();
    } finally {
      // What the task printed last is in other pipes, which are read by now.
      await setImmediate();
      this.#job = undefined;
      this.#release();
    }
  }

  /** Ends the runner and whatever it runs. */
  stop(): void {
    this.#is_gone = true;
    this.#child.kill('SIGKILL');
    this.#pipe.destroy();
  }

  #endTask(job: RunnerJob): void {
    this.#send({ type: 'cancel', id: job.task.id });
    const late = setTimeout(() => {
      if (this.#job === job && !job.is_over) this.stop();
    }, END_MS);
    void job.over.then(() => clearTimeout(late));
  }

  #send(command: RunnerCommand): void {
    if (!this.#is_gone) this.#pipe.write(`${JSON.stringify(command)}\n`);
  }

  async #readMessages(): Promise<void> {
    try {
      // Reads no further while a message is handled: so a slow reader holds up the task's process, between its windows.
      for await (const line of createInterface({ input: this.#pipe, crlfDelay: 0 })) {
        const parsed = runnerMessage.safeParse(JSON.parse(line));
        if (!parsed.success) throw new Error(`no message of the protocol: ${line.slice(0, 200)}`);
        await this.#receive(parsed.data);
      }
    } catch (error) {
      if (this.#is_gone) return;
      const text = `The runner does not speak the protocol: ${messageOf(error)}.`;
      this.#job?.fail(taskError('crash', 'RUNNER_PROTOCOL', text));
      this.#refuse(text);
      this.stop();
    }
  }

  async #receive(message: RunnerMessage): Promise<void> {
    if (message.type === 'ready') {
      this.#ready.resolve(message);
      this.#release();
    } else if (message.id === this.#job?.task.id) await this.#job.receive(message);
  }

  #gone(how: string): void {
    this.#is_gone = true;
    this.#pipe.destroy();
    this.#refuse(`it ended with ${how}`);
    this.#job?.fail(lost(`it ended with ${how}`, this.#said));
    this.#job?.ended();
  }

  #refuse(reason: string): void {
    const text = `The runner did not start: ${reason}.${saidLast(this.#said)} "bw runner install" repairs an environment.`;
    this.#ready.promise.catch(() => undefined);
    this.#ready.reject(new TaskFailure(taskError('crash', 'RUNNER_NOT_STARTED', text)));
  }

  /** While nothing runs a runner does not keep this process alive. */
  #release(): void {
    this.#child.unref();
    for (const stream of [this.#pipe, this.#child.stdout, this.#child.stderr]) unrefable(stream)?.unref();
  }

  #hold(): void {
    this.#child.ref();
    for (const stream of [this.#pipe, this.#child.stdout, this.#child.stderr]) unrefable(stream)?.ref();
  }

  #readLines(stream: Readable | null): void {
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (colored) => {
      const line = stripVTControlCharacters(colored);
      if (line === '') return;
      this.#said = `${this.#said}${line}\n`.slice(-STDERR_TAIL);
      this.#job?.log(line);
    });
  }
}

function lost(how: string, said = ''): TaskError & { code: FailureCode } {
  const text = `The runner that measured the task is gone: ${how}. The next attempt gets a new one.${saidLast(said)}`;
  return taskError('crash', 'RUNNER_LOST', text);
}

function saidLast(said: string): string {
  const tail = said.trim().slice(-1500);
  return tail === '' ? '' : ` Its last words: ${tail}`;
}

/** Pipes of a child process are sockets. */
function unrefable(stream: unknown): { ref(): void; unref(): void } | undefined {
  return typeof stream === 'object' && stream !== null && 'unref' in stream && 'ref' in stream
    ? (stream as { ref(): void; unref(): void })
    : undefined;
}
