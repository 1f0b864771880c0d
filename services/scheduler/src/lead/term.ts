import { BenchwireError, messageOf } from '@benchwire/shared/runtime/errors.ts';
import { pause, untilAborted } from '@benchwire/shared/runtime/lifecycle.ts';
import { Leader } from './leader.ts';
import type { LeaderOptions } from './leader-options.ts';
import { Watchdog } from './watchdog.ts';

/** How often a leader is looked at. */
const WATCH_MS = 1000;
/** How long what a leader has under way is waited for. */
const STOP_MS = 5000;

export interface TermOptions extends Omit<LeaderOptions, 'onSpoiled' | 'now' | 'random'> {
  /** Aborts when this instance stops. */
  stopping: AbortSignal;
  /** The leader has read everything, and decides from now on. */
  onLeading: () => void;
}

/** One term of a leader: from a lease that was won to its end, for whatever reason. */
export class Term {
  readonly leader: Leader;
  /** Monotonic, milliseconds. */
  readonly won_at = performance.now();
  readonly #options: TermOptions;
  readonly #shutOut = new AbortController();
  readonly #over: AbortSignal;
  /** Why the term ends, where it ends for a reason of its own. */
  #reason: string | undefined;

  constructor(options: TermOptions) {
    const { lease, stopping } = options;
    this.#options = options;
    this.leader = new Leader({
      ...{ ...options, now: Date.now, random: Math.random },
      onSpoiled: (why) => this.#giveUp(why),
    });
    this.#over = AbortSignal.any([lease.lost, stopping, this.#shutOut.signal]);
  }

  /**
   * Leads until the lease is lost or this instance stops. The lease is released when this settles.
   * @throws BenchwireError FENCED when a later leader has the queues already, NOT_LEADING when the leader was stuck or spoiled
   */
  async run(): Promise<void> {
    const { lease, metrics, stopping, log } = this.#options;
    const watching = this.#watch();
    try {
      const aborted = untilAborted(this.#over);
      await Promise.race([this.#start(), aborted]);
      await aborted;
      if (this.#reason !== undefined) throw new BenchwireError('NOT_LEADING', this.#reason);
      if (!stopping.aborted) log.warn('lost the lease, standing by');
    } finally {
      this.#shutOut.abort();
      metrics.leader.set(0);
      // It decides nothing any more, and what is still on its way is fenced: the next one may begin.
      const stopped = this.leader.stop();
      await lease.release();
      await watching;
      // What waits for a server that is away ends with it, and is fenced when it does.
      await Promise.race([stopped, pause(STOP_MS)]);
    }
  }

  async #start(): Promise<void> {
    const { lease, metrics, onLeading } = this.#options;
    if (!(await this.#takeOver()))
      throw new BenchwireError('FENCED', `Redis knows of a later leader than epoch ${lease.epoch}`);
    await this.leader.start();
    if (!this.leader.progress.is_leading) return;
    metrics.leader.set(1);
    onLeading();
  }

  #takeOver(): Promise<boolean> {
    const { queues, lease } = this.#options;
    return queues.takeOver(
      lease.epoch,
      () => lease.newestEpoch(),
      () => void this.#onFenced(),
    );
  }

  /** Redis says that somebody else leads. It may only have forgotten who leads. */
  async #onFenced(): Promise<void> {
    try {
      if ((await this.#options.lease.confirm()) && (await this.#takeOver())) return;
      this.#shutOut.abort();
    } catch (error) {
      this.#giveUp(`could not take the queues back: ${messageOf(error)}`);
    }
  }

  #giveUp(why: string): void {
    this.#reason ??= why;
    this.#shutOut.abort();
  }

  async #watch(): Promise<void> {
    const { manager, log } = this.#options;
    const watchdog = new Watchdog(manager);
    while (!this.#over.aborted) {
      await pause(WATCH_MS, this.#over);
      try {
        const stuck = this.#over.aborted ? undefined : await watchdog.look(this.leader.progress, performance.now());
        if (stuck !== undefined) this.#giveUp(stuck);
      } catch (error) {
        // NATS does not answer; the lease tells for how long it may.
        log.debug({ err: error }, 'could not look whether the leader gets on');
      }
    }
  }
}
