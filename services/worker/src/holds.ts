import type { PauseOfWorker } from '@benchwire/shared/contracts/worker.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { Pools } from './pools.ts';
import type { Presence } from './presence.ts';
import type { Telemetry } from './telemetry.ts';

/** Why no jobs are taken: `drain` was asked for by a person, `shutdown` is for good, the others end by themselves. What is no pause of the contract shows as draining. */
export type HoldKind = 'drain' | 'shutdown' | 'no_device' | PauseOfWorker['kind'];

interface HoldsOptions {
  pools: Pools;
  presence: Presence;
  telemetry: Telemetry;
  log: Log;
}

/** A time in which the devices did not take jobs, though they were there. */
interface Wait {
  from_ms: number;
  to_ms: number;
}

/** Waits further back than jobs usually lie in a queue. */
const MAX_WAITS = 100;

/**
 * All reasons for which this worker takes no jobs now. It takes them again when none is left, so that the end of one
 * reason does not end another.
 */
export class Holds {
  readonly #options: HoldsOptions;
  readonly #held = new Map<HoldKind, PauseOfWorker | undefined>();
  readonly #waits: Wait[] = [];
  #waiting_since_ms: number | undefined;
  /** Pausing and resuming the queues take their time, and must not overtake each other. */
  #applied: Promise<void> = Promise.resolve();

  constructor(options: HoldsOptions) {
    this.#options = options;
  }

  has(kind: HoldKind): boolean {
    return this.#held.has(kind);
  }

  /** Resolves when no job is taken any more; those in execution go on. */
  hold(kind: HoldKind, message = ''): Promise<void> {
    const known = this.#held.get(kind);
    if (this.#held.has(kind) && known?.message === message) return this.#applied;
    const pause =
      kind === 'drain' || kind === 'shutdown' || kind === 'no_device'
        ? undefined
        : { kind, message: message.slice(0, 2000), since: known?.since ?? new Date().toISOString() };
    this.#held.set(kind, pause);
    if (pause !== undefined && known === undefined) this.#options.log.warn({ kind }, `takes no jobs: ${message}`);
    return this.#apply();
  }

  /** Resolves when jobs are taken again, or will be by the end of the other reasons. */
  release(kind: HoldKind): Promise<void> {
    if (!this.#held.delete(kind)) return this.#applied;
    return this.#apply();
  }

  /** How long the devices have been kept from work for their own good since a time, in seconds. */
  waitedSince(from_ms: number): number {
    const now = Date.now();
    const waits =
      this.#waiting_since_ms === undefined
        ? this.#waits
        : [...this.#waits, { from_ms: this.#waiting_since_ms, to_ms: now }];
    return waits.reduce((sum, wait) => sum + Math.max(0, wait.to_ms - Math.max(wait.from_ms, from_ms)), 0) / 1000;
  }

  #apply(): Promise<void> {
    this.#measure();
    const work = this.#applied.then(() => this.#settle());
    this.#applied = work.catch((error: unknown) =>
      this.#options.log.error({ reason: messageOf(error) }, 'could not pause or resume the queues'),
    );
    return work;
  }

  async #settle(): Promise<void> {
    const { pools, presence } = this.#options;
    const paused = [...this.#held.values()].find((pause) => pause !== undefined);
    if (this.#held.size > 0) await Promise.all([pools.pause(), presence.setState('draining', paused)]);
    else await Promise.all([pools.resume(), presence.setState('ready')]);
  }

  #measure(): void {
    const kind = [...this.#held.keys()].find((each) => each === 'temperature' || each === 'foreign_load');
    const now = Date.now();
    if (kind !== undefined) this.#waiting_since_ms ??= now;
    else if (this.#waiting_since_ms !== undefined) {
      this.#waits.push({ from_ms: this.#waiting_since_ms, to_ms: now });
      if (this.#waits.length > MAX_WAITS) this.#waits.shift();
      this.#options.telemetry.waited((now - this.#waiting_since_ms) / 1000);
      this.#waiting_since_ms = undefined;
    }
  }
}
