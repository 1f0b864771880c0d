/** How long a busy worker collects what it writes. A slot waits for a multiple of this anyway when so many are in use. */
const LINGER_MS = 1;

/**
 * Lets everybody who asks within one turn of the event loop, or within a millisecond where many do, go on together. What
 * they then write to a socket leaves in one system call and reaches the server and its readers as one piece: for a tiny
 * task those calls and wake-ups cost more than its outcome.
 */
export class SharedTurn {
  #next: Promise<void> | undefined;

  /** @param is_busy - so many others are under way that a millisecond costs none of them anything */
  next(is_busy: boolean): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      const go = (): void => {
        this.#next = undefined;
        resolve();
      };
      if (is_busy) setTimeout(go, LINGER_MS);
      else setImmediate(go);
    });
    return this.#next;
  }
}
