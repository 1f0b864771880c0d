/**
 * Lets everybody who asks within one turn of the event loop, or while a few milliseconds are waited, go on together. What
 * they then write to a socket leaves in one system call and reaches the server and its readers as one piece: for a tiny
 * task those calls and wake-ups cost more than its outcome.
 */
export class SharedTurn {
  #next: Promise<void> | undefined;

  /** @param linger_ms - how long the first to ask waits for others; without it only until this turn is over */
  next(linger_ms: number): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      const go = (): void => {
        this.#next = undefined;
        resolve();
      };
      if (linger_ms >= 1) setTimeout(go, linger_ms);
      else setImmediate(go);
    });
    return this.#next;
  }
}
