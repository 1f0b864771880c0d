/**
 * Lets everybody who asks within one turn of the event loop go on together. What they then write to a socket leaves in
 * one system call instead of one each, and the calls are most of the cost of a tiny task.
 */
export class SharedTurn {
  #next: Promise<void> | undefined;

  next(): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#next = undefined;
        resolve();
      });
    });
    return this.#next;
  }
}
