import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longer than this nothing else of the process waits: a lease has to be renewed twice a second. */
const SLICE_MS = 10;

/** Cuts a long piece of work into slices, between which timers and sockets get their turn. */
export class Slice {
  #began = performance.now();

  /** To be awaited after each step. */
  async rest(): Promise<void> {
    if (performance.now() - this.#began < SLICE_MS) return;
    await nextTurn();
    this.#began = performance.now();
  }
}

/**
 * Handles what comes in slices, in order. Of more than it holds the oldest is left out, so it is for what is replaced by what comes later.
 */
export class SlicedQueue<T> {
  readonly #handle: (item: T) => void;
  readonly #max_items: number;
  #items: T[] = [];
  #running = false;

  constructor(max_items: number, handle: (item: T) => void) {
    this.#max_items = max_items;
    this.#handle = handle;
  }

  push(item: T): void {
    this.#items.push(item);
    // Half of them at once, since each removal moves all others.
    if (this.#items.length > 2 * this.#max_items) this.#items = this.#items.slice(-this.#max_items);
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    const slice = new Slice();
    while (this.#items.length > 0) {
      const items = this.#items;
      this.#items = [];
      for (const [index, item] of items.entries()) {
        this.#handle(item);
        await slice.rest();
        // What came meanwhile, too: then the oldest of all are those that wait here.
        const left = items.length - index - 1;
        if (left > 0 && left + this.#items.length > 2 * this.#max_items) {
          this.#items = [...items.slice(index + 1), ...this.#items].slice(-this.#max_items);
          break;
        }
      }
    }
    this.#running = false;
  }
}
