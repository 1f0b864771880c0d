/** A place in a line. */
export interface Turn {
  /** Begins the work when everybody before has begun theirs or passed; then it is the next one's turn. */
  begin<T>(work: () => Promise<T>): Promise<T>;
  /** Gives the turn up. Harmless after `begin`. */
  pass(): void;
}

/** Lets work that takes different times to prepare begin in the order in which its turns were taken. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  take(): Turn {
    const before = this.#last;
    const own = Promise.withResolvers<void>();
    this.#last = own.promise;
    return {
      begin: async (work) => {
        await before;
        const begun = work();
        own.resolve();
        return await begun;
      },
      pass: () => void before.then(own.resolve),
    };
  }
}
