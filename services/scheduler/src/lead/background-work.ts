import type { FittingEvent } from '@benchwire/shared/contracts/event.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { publishEvent } from '@benchwire/shared/runtime/publish-event.ts';
import type { JetStreamClient } from '@nats-io/jetstream';

/** What a leader has under way beside its fold: publications, questions to Redis. */
export class BackgroundWork {
  readonly #jetstream: JetStreamClient;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();

  constructor(jetstream: JetStreamClient, log: Log) {
    this.#jetstream = jetstream;
    this.#log = log;
  }

  /** Aborts when the leader stops: nothing new is begun, and nothing is waited for without end. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Lets work run beside the fold; a failure is logged, and what the state still asks for is asked for again. */
  track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        if (!this.signal.aborted) this.#log.error({ reason: messageOf(error) }, 'a decision could not be carried out');
      })
      .finally(() => this.#inFlight.delete(tracked));
    this.#inFlight.add(tracked);
  }

  publishEvent(event: FittingEvent): void {
    this.track(publishEvent(this.#jetstream, event, this.signal));
  }

  abort(): void {
    this.#stopping.abort();
  }

  /** Resolves when all of it has ended, well or not. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#inFlight]);
  }
}
