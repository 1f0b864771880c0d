import type { Log } from './log.ts';

/**
 * What was started, to be stopped in reverse order. The code that starts something adds its stop at once, so that a failure
 * half-way through rolls back exactly what runs.
 */
export class Scope {
  #log: Log;
  #steps: Array<{ name: string; stop: () => Promise<void> | void }> = [];
  #stopped: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Registers how to stop something that runs now. What comes up while everything is stopped is stopped at once. */
  add(name: string, stop: () => Promise<void> | void): void {
    this.#steps.push({ name, stop });
    if (this.#stopped !== undefined) void this.#stopLate(name, stop);
  }

  async #stopLate(name: string, stop: () => Promise<void> | void): Promise<void> {
    try {
      await stop();
    } catch (error) {
      this.#log.error({ err: error, step: name }, 'could not stop cleanly');
    }
  }

  /**
   * Stops everything, last started first. Idempotent. One step's failure does not keep the others from stopping.
   * @throws AggregateError with every failure once all steps have been tried.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const step of this.#steps.toReversed()) {
      try {
        await step.stop();
        this.#log.debug({ step: step.name }, 'stopped');
      } catch (error) {
        this.#log.error({ err: error, step: step.name }, 'could not stop cleanly');
        errors.push(error);
      }
    }
    if (errors.length > 0)
      throw new AggregateError(errors, `${errors.length} of ${this.#steps.length} parts did not stop cleanly`);
  }
}

/** Resolves when the signal aborts, at once where it has. Never rejects. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A timer that can be cut short: resolves after `ms`, or at once when the signal aborts. Never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Full jitter (AWS architecture blog, "Exponential Backoff And Jitter"): uniform in [0, min(cap, base * 2^n)]. */
export function backoffMs(attempt: number, base_ms: number, cap_ms: number, random: () => number): number {
  return random() * Math.min(cap_ms, base_ms * 2 ** Math.min(attempt, 30));
}
