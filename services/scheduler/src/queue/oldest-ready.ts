/**
 * Since when the oldest of many waiting tasks waits. Kept up to date task by task, so that reading it costs nothing however
 * many there are.
 */
export class OldestReady {
  /** How many became ready in which second; the first key is the oldest, since time only goes on. */
  #by_second = new Map<number, number>();

  /** When the oldest became ready, to the second; undefined when none waits. */
  get ready_at_ms(): number | undefined {
    for (const second of this.#by_second.keys()) return second * 1000;
    return undefined;
  }

  add(ready_at_ms: number): void {
    this.#count(ready_at_ms, 1);
  }

  /** @param ready_at_ms - as it was added */
  remove(ready_at_ms: number): void {
    this.#count(ready_at_ms, -1);
  }

  #count(ready_at_ms: number, by: number): void {
    const second = Math.floor(ready_at_ms / 1000);
    const sum = (this.#by_second.get(second) ?? 0) + by;
    if (sum === 0) this.#by_second.delete(second);
    else this.#by_second.set(second, sum);
  }
}
