import { type ConsumerInfo, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream';
import { nextSequence } from './read-to-end.ts';

/** A consumer that acknowledges nothing for so long, while messages wait for it, does not do its work. */
export const STALLED_MS = 10_000;

/**
 * Tells whether a durable consumer stands still while there is work. Told by its acknowledgements and by the messages
 * themselves, no matter which of its replicas reads them; never by what the server counts as pending.
 */
export class StalledConsumer {
  readonly #manager: JetStreamManager;
  readonly #stream: string;
  readonly #durable: string;
  #floor = -1;
  #since = 0;

  constructor(manager: JetStreamManager, stream: string, durable: string) {
    this.#manager = manager;
    this.#stream = stream;
    this.#durable = durable;
  }

  /**
   * @param now - monotonic, milliseconds
   * @returns what is wrong, for a person
   */
  async look(now: number): Promise<string | undefined> {
    const info = await this.#info();
    // One that is not there yet, or was deleted, is made by the process that reads with it.
    if (info === undefined) return undefined;
    const floor = info.ack_floor.stream_seq;
    if (floor !== this.#floor) {
      this.#floor = floor;
      this.#since = now;
      return undefined;
    }
    const next = await nextSequence(this.#manager, this.#stream, floor, info.config.filter_subject);
    // A message that is delivered and not unacknowledged is one that was acknowledged before an earlier one.
    const waits = next !== undefined && (info.num_ack_pending > 0 || info.delivered.stream_seq < next.sequence);
    if (!waits) {
      this.#since = now;
      return undefined;
    }
    const still_ms = now - this.#since;
    if (still_ms < STALLED_MS) return undefined;
    const redelivered = info.num_redelivered;
    const again = redelivered === 0 ? '' : `, ${redelivered} of them given out again`;
    return `nothing acknowledged for ${Math.round(still_ms / 1000)} s though messages wait, the first is ${next.sequence}${again}`;
  }

  async #info(): Promise<ConsumerInfo | undefined> {
    try {
      return await this.#manager.consumers.info(this.#stream, this.#durable);
    } catch (error) {
      if (error instanceof JetStreamApiError && error.status === 404) return undefined;
      throw error;
    }
  }
}
