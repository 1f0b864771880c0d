/** Up to which sequence of OUTCOMES everything is judged and its findings are stored. */
export class Progress {
  #sequence = -1;
  #waiting = new Set<{ sequence: number; resolve: (reached: boolean) => void }>();

  get sequence(): number {
    return this.#sequence;
  }

  /** Never goes back. */
  advance(sequence: number): void {
    if (sequence <= this.#sequence) return;
    this.#sequence = sequence;
    for (const waiter of this.#waiting) if (waiter.sequence <= sequence) waiter.resolve(true);
  }

  /** Whether the sequence is reached within the time. */
  async reached(sequence: number, within_ms: number): Promise<boolean> {
    if (sequence <= this.#sequence) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter = { sequence, resolve };
    const timer = setTimeout(() => resolve(false), within_ms);
    this.#waiting.add(waiter);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(waiter);
    }
  }

  /** Answers everybody who waits: not any more. */
  giveUp(): void {
    for (const waiter of this.#waiting) waiter.resolve(false);
  }
}
