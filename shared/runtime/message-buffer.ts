import type { JsMsg } from '@nats-io/jetstream';

/** A pause this long in the stream ends a batch. */
const QUIET_MS = 20;

/** A bounded hand-over from the subscription to the handler: `put` waits while it is full. */
export class MessageBuffer {
  #items: JsMsg[] = [];
  #capacity: number;
  #ended = false;
  #wakeTaker: (() => void) | undefined;
  #wakePutter: (() => void) | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  async put(message: JsMsg): Promise<void> {
    while (this.#items.length >= this.#capacity && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wakePutter = resolve;
      });
    }
    this.#items.push(message);
    if (this.#items.length === 1 || this.#items.length >= this.#capacity) this.#wakeTaker?.();
  }

  end(): void {
    this.#ended = true;
    this.#wakeTaker?.();
    this.#wakePutter?.();
  }

  /**
   * Waits for a first message, then while more keep coming, at most `max_wait_ms`: a burst makes large batches, a
   * single message is not kept waiting. Empty once ended and emptied.
   */
  async take(max_wait_ms: number): Promise<JsMsg[]> {
    while (this.#items.length === 0 && !this.#ended) await this.#signalled();
    const deadline_ms = performance.now() + max_wait_ms;
    let seen = 0;
    while (this.#items.length > seen && this.#items.length < this.#capacity && !this.#ended) {
      const wait_ms = Math.min(QUIET_MS, deadline_ms - performance.now());
      if (wait_ms <= 0) break;
      seen = this.#items.length;
      const timer = setTimeout(() => this.#wakeTaker?.(), wait_ms);
      await this.#signalled();
      clearTimeout(timer);
    }
    const batch = this.#items;
    this.#items = [];
    this.#wakePutter?.();
    return batch;
  }

  #signalled(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeTaker = () => {
        this.#wakeTaker = undefined;
        resolve();
      };
    });
  }
}
