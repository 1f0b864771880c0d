/** What the list looks at in a lane. */
interface Listed {
  readonly index: number;
  /** Ready tasks in it. */
  readonly size: number;
}

/** Lanes in the order in which their tasks were written. May hold lanes that have become empty. */
export class LaneList<T extends Listed> {
  #lanes: T[] = [];
  readonly #listed = new Set<T>();
  #empty = 0;

  get all(): readonly T[] {
    return this.#lanes;
  }

  /** A lane has got its first ready task. */
  filled(lane: T): void {
    if (this.#listed.has(lane)) {
      this.#empty--;
      return;
    }
    this.#listed.add(lane);
    let low = 0;
    let high = this.#lanes.length;
    // Nearly always the last one.
    if (high > 0 && (this.#lanes[high - 1]?.index ?? 0) < lane.index) low = high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#lanes[middle]?.index ?? 0) < lane.index) low = middle + 1;
      else high = middle;
    }
    if (low === this.#lanes.length) this.#lanes.push(lane);
    else this.#lanes.splice(low, 0, lane);
  }

  /** A lane has lost its last ready task. It stays, since it may come back, until half of them are like that. */
  emptied(): void {
    this.#empty++;
    if (this.#empty < 16 || this.#empty * 2 < this.#lanes.length) return;
    const kept: T[] = [];
    for (const lane of this.#lanes) {
      if (lane.size > 0) kept.push(lane);
      else this.#listed.delete(lane);
    }
    this.#lanes = kept;
    this.#empty = 0;
  }
}
