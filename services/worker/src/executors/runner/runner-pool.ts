import { RunnerProcess, type RunnerProcessOptions } from './runner-process.ts';

/** A runner that is not needed for this long gives its memory back. */
const IDLE_MS = 10 * 60_000;

interface Idle {
  runner: RunnerProcess;
  timer: NodeJS.Timeout;
}

/** Runners that have their libraries loaded, for the tasks to come. Each runs one task at a time. */
export class RunnerPool {
  readonly #idle = new Map<string, Idle[]>();
  readonly #idle_ms: number;

  constructor(idle_ms = IDLE_MS) {
    this.#idle_ms = idle_ms;
  }

  /** One that waits, else a new one. @throws TaskFailure when none comes up */
  async take(options: RunnerProcessOptions): Promise<RunnerProcess> {
    const waiting = this.#idle.get(keyOf(options)) ?? [];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      clearTimeout(next.timer);
      if (next.runner.is_usable) return next.runner;
    }
    return RunnerProcess.start(options);
  }

  /** Takes back what `take` gave. */
  giveBack(options: RunnerProcessOptions, runner: RunnerProcess): void {
    if (!runner.is_usable) return;
    const key = keyOf(options);
    const waiting = this.#idle.get(key) ?? [];
    const timer = setTimeout(() => {
      this.#idle.set(
        key,
        (this.#idle.get(key) ?? []).filter((each) => each.runner !== runner),
      );
      runner.stop();
    }, this.#idle_ms);
    timer.unref();
    this.#idle.set(key, [...waiting, { runner, timer }]);
  }

  /** Ends those that wait. */
  stop(): void {
    for (const { runner, timer } of [...this.#idle.values()].flat()) {
      clearTimeout(timer);
      runner.stop();
    }
    this.#idle.clear();
  }
}

/** An environment that was installed again has other variables. */
function keyOf({ python, python_path, backend, env }: RunnerProcessOptions): string {
  return JSON.stringify([python, python_path, backend, Object.entries(env).sort()]);
}
