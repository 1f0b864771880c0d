import { mismatch, needSignature, type Offer } from './match.ts';
import type { TaskState } from './run-state.ts';
import { WaitingTally } from './waiting-tally.ts';

/** Tasks that the same pools can serve, in the order they are to start. */
export interface Group {
  signature: string;
  /** Any task of the group: they are all matched alike. */
  sample: TaskState;
  size: number;
  readonly tally: WaitingTally;
  /** Since when no pool serves it; undefined while one does. */
  unplaceable_since_ms: number | undefined;
  byPriority: Map<number, Fifo>;
}

/** First in, first out with lazy removal: a task that has left the phase `ready` is skipped when it comes up. */
class Fifo {
  #items: TaskState[] = [];
  #head = 0;

  push(task: TaskState): void {
    this.#items.push(task);
  }

  /** The first task still waiting, without taking it. */
  peek(): TaskState | undefined {
    for (;;) {
      const task = this.#items[this.#head];
      if (task === undefined) {
        this.#items = [];
        this.#head = 0;
        return undefined;
      }
      if (task.phase === 'ready') return task;
      this.#skip();
    }
  }

  shift(): TaskState | undefined {
    const task = this.peek();
    if (task !== undefined) this.#skip();
    return task;
  }

  *waiting(): Generator<TaskState> {
    for (let index = this.#head; index < this.#items.length; index++) {
      const task = this.#items[index];
      if (task?.phase === 'ready') yield task;
    }
  }

  #skip(): void {
    this.#head++;
    // Give the memory of what was taken back now and then, at constant cost per task.
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** All tasks that may start now, grouped by what they need. Higher priority first, then first come, first served. */
export class ReadyQueue {
  #groups = new Map<string, Group>();
  #order = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get groups(): IterableIterator<Group> {
    return this.#groups.values();
  }

  add(task: TaskState): void {
    const signature = needSignature(task.task);
    let group = this.#groups.get(signature);
    if (group === undefined) {
      group = {
        signature,
        sample: task,
        size: 0,
        tally: new WaitingTally(),
        unplaceable_since_ms: undefined,
        byPriority: new Map(),
      };
      this.#groups.set(signature, group);
    }
    task.order = ++this.#order;
    task.group = group;
    const fifo = group.byPriority.get(task.task.priority) ?? new Fifo();
    group.byPriority.set(task.task.priority, fifo);
    fifo.push(task);
    group.size++;
    group.tally.add(task);
    this.#size++;
  }

  /** Takes a task out, wherever it stands. The caller sets its new phase. */
  remove(task: TaskState): void {
    const { group } = task;
    if (group === undefined) return;
    task.group = undefined;
    this.#size--;
    group.tally.remove(task);
    if (--group.size === 0) this.#groups.delete(group.signature);
  }

  /** The task that a pool should start next, or undefined. Stays in the queue until `remove`. */
  best(groups: readonly Group[]): TaskState | undefined {
    let best: TaskState | undefined;
    for (const group of groups) {
      const head = headOf(group);
      if (head === undefined) continue;
      if (best === undefined || head.task.priority > best.task.priority) best = head;
      else if (head.task.priority === best.task.priority && head.order < best.order) best = head;
    }
    return best;
  }

  /** The groups that a pool can serve. */
  servedBy(offer: Offer): Group[] {
    return [...this.#groups.values()].filter((group) => mismatch(group.sample.task, offer) === undefined);
  }
}

function headOf(group: Group): TaskState | undefined {
  let best: TaskState | undefined;
  let bestPriority = Number.NEGATIVE_INFINITY;
  for (const [priority, fifo] of group.byPriority) {
    if (priority <= bestPriority) continue;
    const head = fifo.peek();
    if (head === undefined) group.byPriority.delete(priority);
    else {
      best = head;
      bestPriority = priority;
    }
  }
  return best;
}

/** Every task of a group that waits. */
export function* waitingIn(group: Group): Generator<TaskState> {
  for (const fifo of group.byPriority.values()) yield* fifo.waiting();
}
