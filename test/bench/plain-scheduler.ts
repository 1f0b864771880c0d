import type { Fleet, Pool } from '@benchwire/scheduler/src/fleet/fleet.ts';
import { mismatch } from '@benchwire/scheduler/src/placement/match.ts';
import type { TaskState } from '@benchwire/scheduler/src/state/model.ts';
import type { SchedulerState } from '@benchwire/scheduler/src/state/scheduler-state.ts';

/** First come, first served from one list in order: a slot that is free takes the first task that fits, out of its middle. */
export class SortedList {
  #waiting: TaskState[] = [];
  #pools: Pool[];
  #running: Array<{ task: TaskState; pool: Pool }> = [];

  constructor(state: SchedulerState, fleet: Fleet) {
    for (const run of state.runs.values()) {
      for (const task of run.tasks.values()) if (task.phase === 'ready') this.#waiting.push(task);
    }
    const order = (a: TaskState, b: TaskState): number =>
      b.lane.spec.priority - a.lane.spec.priority || a.ready_at_ms - b.ready_at_ms;
    this.#waiting.sort(order);
    this.#pools = [...fleet.pools().values()];
  }

  /** Fills all slots, which is not measured, and then decides for each slot that becomes free. */
  drive(decisions: number): { decisions: number; seconds: number } {
    for (const pool of this.#pools) for (let slot = 0; slot < pool.slots && slot < 10; slot++) this.#decide(pool);
    const began = performance.now();
    for (let n = 0; n < decisions; n++) {
      const ended = this.#running[n];
      if (ended === undefined) throw new Error('nothing runs');
      this.#decide(ended.pool);
    }
    return { decisions, seconds: (performance.now() - began) / 1000 };
  }

  #decide(pool: Pool): void {
    const place = this.#waiting.findIndex((task) => mismatch(task.lane.spec, pool.offer) === undefined);
    const [task] = this.#waiting.splice(place, 1);
    if (task !== undefined) this.#running.push({ task, pool });
  }
}
