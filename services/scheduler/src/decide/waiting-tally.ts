/** What the tally needs to know of a waiting task. Neither changes while it waits. */
interface Waiting {
  workload: string;
  ready_at_ms: number;
}

/**
 * What a group of waiting tasks comes to: how many of each workload, and since when the oldest waits. Kept up to date
 * task by task, so that reading it costs as much as there are different workloads, not tasks.
 */
export class WaitingTally {
  #by_workload = new Map<string, number>();
  /** How many became ready in which second; the first key is the oldest, since time only goes on. */
  #by_second = new Map<number, number>();

  get workloads(): ReadonlyMap<string, number> {
    return this.#by_workload;
  }

  /** When the oldest became ready, to the second; undefined when none waits. */
  get oldest_ready_ms(): number | undefined {
    for (const second of this.#by_second.keys()) return second * 1000;
    return undefined;
  }

  add(task: Waiting): void {
    count(this.#by_workload, task.workload, 1);
    count(this.#by_second, Math.floor(task.ready_at_ms / 1000), 1);
  }

  remove(task: Waiting): void {
    count(this.#by_workload, task.workload, -1);
    count(this.#by_second, Math.floor(task.ready_at_ms / 1000), -1);
  }
}

function count<K>(counts: Map<K, number>, key: K, by: number): void {
  const sum = (counts.get(key) ?? 0) + by;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}
