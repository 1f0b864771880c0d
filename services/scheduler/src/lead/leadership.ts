import { SCHEDULER_STATUS_SUBJECT, schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { HeldLease, LeaseCandidate } from '@benchwire/shared/runtime/lease.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { listen } from '@benchwire/shared/runtime/listen.ts';
import type { FleetChange } from '../fleet/fleet.ts';
import type { Strategy } from '../placement/strategy.ts';
import type { LeaderOptions } from './leader-options.ts';
import { setGauges, statusText } from './status.ts';
import { Term } from './term.ts';
import { describe } from './watchdog.ts';

/** After a leader could not start, others get their turn first; doubled each time. */
const FAILED_PAUSE_MS = 500;
const MAX_FAILED_PAUSE_MS = 5000;
/** A leader that has not begun after so long is not ready. */
const START_MS = 3000;
/** Somebody else leads who has said so this long ago at most. */
const HEARD_MS = 3000;
const STATUS_INTERVAL_MS = 1000;
/** What every NATS server takes in one message. */
const MIN_PAYLOAD = 64 * 1024;

/** What every leader of this instance is made with; the rest is of one term. */
export interface LeadershipOptions extends Omit<LeaderOptions, 'strategy' | 'lease' | 'onSpoiled' | 'now' | 'random'> {
  id: string;
  candidate: LeaseCandidate;
  strategy: () => Strategy;
}

/** Waits for the lease, leads while it holds, and goes back to waiting: a lost lease costs the memory, nothing else. */
export class Leadership implements Running {
  readonly #options: LeadershipOptions;
  readonly #stopping = new AbortController();
  #term: Term | undefined;
  /** Why this instance could not lead when it last tried. */
  #failure: string | undefined;
  #failures = 0;
  /** Monotonic, like all times here. */
  #heard_another_at = Number.NEGATIVE_INFINITY;
  #taking_turns: Promise<void> = Promise.resolve();
  #stopListening = (): void => {};
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  start(): void {
    const { nats, id } = this.#options;
    this.#taking_turns = this.#takeTurns();
    this.#stopListening = listen(nats, SCHEDULER_STATUS_SUBJECT, schedulerStatus, (said) => {
      if (said.leader !== id) this.#heard_another_at = performance.now();
    });
    this.#timer = setInterval(() => this.#publishStatus(), STATUS_INTERVAL_MS);
  }

  onFleetChange(change: FleetChange): void {
    this.#term?.leader.onFleetChange(change);
  }

  /** Whether it holds the lease. */
  get leading(): boolean {
    return this.#term !== undefined;
  }

  /** Why it does not do its work: it holds the lease without leading, or could not lead and nobody else does. */
  notReady(): string | undefined {
    const now = performance.now();
    const term = this.#term;
    if (term?.leader.progress.is_leading === true) return undefined;
    if (term !== undefined && now - term.won_at >= START_MS) {
      const for_s = Math.round((now - term.won_at) / 1000);
      return `holds the lease for ${for_s} s and does not lead yet: ${describe(term.leader.progress)}`;
    }
    if (this.#failure === undefined || now - this.#heard_another_at < HEARD_MS) return undefined;
    return `could not lead: ${this.#failure}`;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopListening();
    this.#stopping.abort();
    await this.#taking_turns;
  }

  async #takeTurns(): Promise<void> {
    const { candidate, log } = this.#options;
    const { signal } = this.#stopping;
    for (;;) {
      const lease = await candidate.win(signal);
      if (lease === undefined) return;
      if (signal.aborted) {
        // Won in the very moment of the stop.
        await lease.release();
        return;
      }
      try {
        await this.#lead(lease);
      } catch (error) {
        this.#failure = messageOf(error);
        log.error({ err: error, reason: this.#failure }, 'could not lead, standing by again');
        await pause(Math.min(MAX_FAILED_PAUSE_MS, FAILED_PAUSE_MS * 2 ** this.#failures++), signal);
      }
    }
  }

  async #lead(lease: HeldLease): Promise<void> {
    this.#term = new Term({
      ...this.#options,
      ...{ lease, strategy: this.#options.strategy(), stopping: this.#stopping.signal },
      onLeading: () => {
        this.#failure = undefined;
        this.#failures = 0;
      },
    });
    try {
      await this.#term.run();
    } finally {
      this.#term = undefined;
    }
  }

  #publishStatus(): void {
    const { nats, id, metrics, fleet } = this.#options;
    const leader = this.#term?.leader;
    const status = leader?.status(id);
    setGauges(metrics, status, fleet);
    if (status === undefined || nats.isClosed()) return;
    nats.publish(SCHEDULER_STATUS_SUBJECT, statusText(status, nats.info?.max_payload ?? MIN_PAYLOAD));
    leader?.reportDemand(status.pools);
  }
}
