/** Holes that are remembered; more at a time come from messages that were rejected, which do not come again. */
const MAX_HOLES = 100_000;

/**
 * Which messages of a stream were folded. Most come in order; those that were on their way when a connection broke come again behind newer
 * ones, and must neither be folded twice nor left out.
 */
export class Folded {
  #last: number;
  /** Sequences up to the last one that were passed over, in ascending order. */
  readonly #holes = new Set<number>();

  /** @param last - everything up to it is folded */
  constructor(last: number) {
    this.#last = last;
  }

  /** The highest one. */
  get last(): number {
    return this.#last;
  }

  has(sequence: number): boolean {
    return sequence <= this.#last && !this.#holes.has(sequence);
  }

  add(sequence: number): void {
    if (sequence <= this.#last) {
      this.#holes.delete(sequence);
      return;
    }
    // Before the first message nothing was passed over: what is older has been taken out of the stream.
    const from = this.#last < 0 ? sequence : Math.max(this.#last + 1, sequence - MAX_HOLES);
    for (let hole = from; hole < sequence; hole++) this.#holes.add(hole);
    this.#last = sequence;
    for (const oldest of this.#holes) {
      if (this.#holes.size <= MAX_HOLES) break;
      this.#holes.delete(oldest);
    }
  }
}
