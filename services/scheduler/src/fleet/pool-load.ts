import { Fifo } from '../queue/fifo.ts';

/** What an attempt in a pool's queue or in execution adds to its load. */
interface Attempt {
  /** How long it was expected to run there. */
  readonly expected_ms: number;
  /** When a slot became free for it, as far as the scheduler can tell; undefined while it stands behind others. */
  started_ms: number | undefined;
}

/** The attempts that a pool has, which of them have a slot, and how much work that is. */
export class PoolLoad<T extends { readonly emission: Attempt | undefined }> {
  readonly emitted = new Set<T>();
  #slots = 0;
  /** Of those emitted, how many have a slot, and the sum of since when. */
  #started = 0;
  #started_sum_ms = 0;
  /** Expected run time of all that is emitted, and of what stands behind others. */
  #work_ms = 0;
  #queued_ms = 0;
  #queued = new Fifo<T>();

  /** Attempts that stand behind others. */
  get queued(): number {
    return this.emitted.size - this.#started;
  }

  get queuedWorkMs(): number {
    return this.#queued_ms;
  }

  setSlots(slots: number, now: number): void {
    this.#slots = slots;
    this.startNext(now);
  }

  /** @param emission - that of the item */
  add(item: T, emission: Attempt, now: number): void {
    this.emitted.add(item);
    this.#work_ms += emission.expected_ms;
    if (this.#started < this.#slots) this.#start(emission, now);
    else {
      this.#queued_ms += emission.expected_ms;
      this.#queued.push(item);
    }
  }

  /** @returns whether it was there */
  delete(item: T, emission: Attempt): boolean {
    if (!this.emitted.delete(item)) return false;
    this.#work_ms -= emission.expected_ms;
    if (emission.started_ms === undefined) this.#queued_ms -= emission.expected_ms;
    else {
      this.#started--;
      this.#started_sum_ms -= emission.started_ms;
    }
    if (this.emitted.size === 0) {
      // No rounding is carried on for ever.
      this.#work_ms = 0;
      this.#queued_ms = 0;
      this.#started_sum_ms = 0;
    }
    return true;
  }

  /**
   * How long a task that is emitted now would wait for a slot. An attempt that has run for longer than was expected of it
   * counts as needing as long again as it is late: a pool that hangs becomes less and less attractive.
   */
  waitMs(now: number): number {
    if (this.#started < this.#slots || this.#slots === 0) return 0;
    return this.remainingMs(now) / this.#slots;
  }

  /** Slot time that what is emitted will still take, in milliseconds. */
  remainingMs(now: number): number {
    return Math.abs(this.#work_ms - (this.#started * now - this.#started_sum_ms));
  }

  /** What stands behind others, first come first. */
  behind(): Generator<T> {
    return this.#queued.items((item) => this.#isQueued(item));
  }

  #isQueued(item: T): boolean {
    return this.emitted.has(item) && item.emission?.started_ms === undefined;
  }

  #start(emission: Attempt, now: number): void {
    emission.started_ms = now;
    this.#started++;
    this.#started_sum_ms += now;
  }

  /** Gives free slots to what stands behind others. */
  startNext(now: number): void {
    while (this.#started < this.#slots && this.emitted.size > this.#started) {
      const next = this.#queued.peek((item) => this.#isQueued(item));
      if (next?.emission === undefined) return;
      this.#queued_ms -= next.emission.expected_ms;
      this.#start(next.emission, now);
    }
  }
}
