/** Work that runs beside something, so much of it at once and no more. */
export class Beside {
  readonly #max: number;
  readonly #active = new Set<Promise<void>>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Begins the work; resolves when there is room for more. The work must not fail. */
  async add(work: Promise<void>): Promise<void> {
    const own = work.finally(() => this.#active.delete(own));
    this.#active.add(own);
    if (this.#active.size >= this.#max) await Promise.race(this.#active);
  }

  /** Resolves when all of it has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#active);
  }
}
