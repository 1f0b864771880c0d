/** First in, first out. What is no longer wanted stays in it and is skipped when it comes up. */
export class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  /** The first one that is still wanted, without taking it. What stands before it is dropped. */
  peek(isWanted: (item: T) => boolean): T | undefined {
    for (;;) {
      const item = this.#items[this.#head];
      if (item === undefined) {
        this.#items = [];
        this.#head = 0;
        return undefined;
      }
      if (isWanted(item)) return item;
      this.#head++;
      // Give the memory of what was taken back now and then, at constant cost for each.
      if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
        this.#items = this.#items.slice(this.#head);
        this.#head = 0;
      }
    }
  }

  *items(isWanted: (item: T) => boolean): Generator<T> {
    for (let index = this.#head; index < this.#items.length; index++) {
      const item = this.#items[index];
      if (item !== undefined && isWanted(item)) yield item;
    }
  }
}
