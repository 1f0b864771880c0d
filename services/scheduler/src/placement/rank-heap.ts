/** A binary heap: what has the lowest rank comes out first, of equals what went in first. */
export class RankHeap<T> {
  #items: T[] = [];
  #ranks: number[] = [];
  #turns: number[] = [];
  #turn = 0;

  push(item: T, rank: number): void {
    let place = this.#items.length;
    const turn = this.#turn++;
    this.#items.push(item);
    this.#ranks.push(rank);
    this.#turns.push(turn);
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (!this.#isBefore(place, parent)) break;
      this.#swap(place, parent);
      place = parent;
    }
  }

  pop(): T | undefined {
    const last = this.#items.length - 1;
    if (last < 0) return undefined;
    this.#swap(0, last);
    const item = this.#items.pop();
    this.#ranks.pop();
    this.#turns.pop();
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= last) return item;
      const right = left + 1;
      const child = right < last && this.#isBefore(right, left) ? right : left;
      if (!this.#isBefore(child, place)) return item;
      this.#swap(place, child);
      place = child;
    }
  }

  /** What is still in it, in no order. */
  rest(): readonly T[] {
    return this.#items;
  }

  #isBefore(a: number, b: number): boolean {
    const left = this.#ranks[a] ?? 0;
    const right = this.#ranks[b] ?? 0;
    return left === right ? (this.#turns[a] ?? 0) < (this.#turns[b] ?? 0) : left < right;
  }

  #swap(a: number, b: number): void {
    exchange(this.#items, a, b);
    exchange(this.#ranks, a, b);
    exchange(this.#turns, a, b);
  }
}

function exchange<T>(list: T[], a: number, b: number): void {
  const kept = list[a] as T;
  list[a] = list[b] as T;
  list[b] = kept;
}
