/** What a pool hands out. */
export interface Session {
  close(): Promise<void>;
}

/**
 * At most `size` sessions, opened when first needed; later callers wait in line. A session whose use failed is
 * thrown away: the embedded engine puts the half-written answer of a failed query in front of the session's next one.
 */
export class SessionPool<S extends Session> {
  readonly #open: () => Promise<S>;
  readonly #size: number;
  readonly #idle: S[] = [];
  readonly #waiting: Array<() => void> = [];
  #busy = 0;
  #closed = false;

  constructor(options: { open: () => Promise<S>; size: number }) {
    this.#open = options.open;
    this.#size = options.size;
  }

  async use<T>(work: (session: S) => Promise<T>): Promise<T> {
    while (this.#busy >= this.#size) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy++;
    let keep: S | undefined;
    let session: S | undefined;
    try {
      if (this.#closed) throw new Error('the database is closed');
      session = this.#idle.pop() ?? (await this.#open());
      const result = await work(session);
      if (!this.#closed) keep = session;
      return result;
    } finally {
      if (keep !== undefined) this.#idle.push(keep);
      else await session?.close();
      this.#busy--;
      this.#waiting.shift()?.();
    }
  }

  /** Waits for the uses under way, then closes every session. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#busy > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    // A caller that waited behind this call finds the pool closed.
    this.#waiting.shift()?.();
    await Promise.all(this.#idle.splice(0).map((session) => session.close()));
  }
}
