export interface QueueLimits {
  /** Statements that run at a time. */
  running: number;
  /** Of these, of one caller. */
  running_per_caller: number;
  /** Statements that wait, beside. */
  waiting: number;
  waiting_per_caller: number;
}

interface Entry {
  caller: string;
  start: () => void;
}

export type Full = { full: 'caller' | 'queue' };

/**
 * Who may run a statement now. Callers take turns: a place that becomes free goes to the one who has waited longest of
 * those who run fewer than they may.
 */
export class StatementQueue {
  readonly #limits: QueueLimits;
  readonly #running = new Map<string, number>();
  readonly #waiting: Entry[] = [];
  #busy = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#busy;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * A place, when it is this caller's turn; undefined where `signal` ends first, or why there is none.
   * @returns what frees the place; call it once
   */
  async enter(caller: string, signal: AbortSignal): Promise<(() => void) | Full | undefined> {
    if (signal.aborted) return undefined;
    if (this.#mayRun(caller)) return this.#take(caller);
    const own = this.#waiting.filter((entry) => entry.caller === caller).length;
    if (own >= this.#limits.waiting_per_caller) return { full: 'caller' };
    if (this.#waiting.length >= this.#limits.waiting) return { full: 'queue' };
    return await new Promise((resolve) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        resolve(undefined);
      };
      const entry: Entry = {
        caller,
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve(this.#take(caller));
        },
      };
      this.#waiting.push(entry);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #mayRun(caller: string): boolean {
    const { running, running_per_caller } = this.#limits;
    return this.#busy < running && (this.#running.get(caller) ?? 0) < running_per_caller;
  }

  #take(caller: string): () => void {
    this.#busy++;
    this.#running.set(caller, (this.#running.get(caller) ?? 0) + 1);
    return () => {
      this.#busy--;
      const left = (this.#running.get(caller) ?? 1) - 1;
      if (left > 0) this.#running.set(caller, left);
      else this.#running.delete(caller);
      this.#startNext();
    };
  }

  #startNext(): void {
    const at = this.#waiting.findIndex(({ caller }) => this.#mayRun(caller));
    if (at !== -1) this.#waiting.splice(at, 1)[0]?.start();
  }
}
