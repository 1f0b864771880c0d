import type { Fleet, Pool } from '../fleet/fleet.ts';
import { mismatch } from '../placement/match.ts';
import type { TaskState } from '../state/model.ts';
import type { SchedulerState } from '../state/scheduler-state.ts';
import type { Blocked } from './blocked-pools.ts';
import { subjectOf } from './breakers.ts';
import { blockedPools, nowhereLeft } from './recovery.ts';

/**
 * Keeps up to date where ready tasks must not go: those that failed before, and those that a breaker holds back. All
 * others cost nothing. Looks only at what is new, unless the fleet or a breaker has changed.
 */
export class PoolExclusions {
  readonly #state: SchedulerState;
  #pools: ReadonlyMap<string, Pool> | undefined;
  #breakers_version = 0;

  constructor(state: SchedulerState) {
    this.#state = state;
  }

  /** To be called before tasks are given to pools. */
  review(fleet: Fleet, now: number): void {
    const { phases, failures } = this.#state;
    const { breakers } = failures;
    const pools = fleet.pools();
    const changed = this.#pools !== pools || this.#breakers_version !== breakers.version;
    if (!changed && !phases.hasNewlyRestricted) return;
    if (this.#breakers_version !== breakers.version) this.#gather();
    this.#pools = pools;
    this.#breakers_version = breakers.version;
    const fresh = phases.takeNewlyRestricted();
    const tasks = changed ? [...phases.restricted] : fresh;
    /** Thousands of tasks may be held back for one reason; they share what says so. */
    const shared = new Map<string, Blocked>();
    const all = [...pools.values()];
    for (const task of tasks) this.#review(task, all, shared, now);
  }

  /** Every ready task that a breaker speaks of. */
  #gather(): void {
    for (const run of this.#state.runs.values()) {
      for (const task of run.tasks.values()) {
        if (task.phase === 'ready' && this.#state.failures.breakers.concerns(subjectOf(task.lane.spec)))
          this.#state.phases.restrict(task);
      }
    }
  }

  #review(task: TaskState, all: readonly Pool[], shared: Map<string, Blocked>, now: number): void {
    const state = this.#state;
    if (task.phase !== 'ready') return;
    const { spec, run } = task.lane;
    const pools = all.filter((pool) => mismatch(spec, pool.offer) === undefined);
    const failures = state.failures.of(task);
    const end = nowhereLeft(failures, pools);
    if (end !== undefined) {
      state.settle(task, end, now);
      return;
    }
    const about = subjectOf(spec);
    const name = `${run.submitted.run_id}.${task.task_id}`;
    const held = state.failures.breakers.concerns(about)
      ? (hardware: string) => state.failures.breakers.whyHeld(about, hardware, name)
      : () => undefined;
    const found = blockedPools(failures, pools, (pool) => held(pool.offer.class));
    if (found === undefined) {
      state.block(task, undefined);
      if (failures.length === 0 && !state.failures.breakers.concerns(about)) state.phases.unrestrict(task);
      return;
    }
    const key = JSON.stringify([...found]);
    const blocked = shared.get(key) ?? found;
    shared.set(key, blocked);
    state.block(task, blocked);
  }
}
