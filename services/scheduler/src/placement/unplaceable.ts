import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { whyNot } from '../failures/recovery.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Group, TaskState } from '../state/model.ts';
import type { SchedulerState } from '../state/scheduler-state.ts';

export interface Unplaceable {
  group: Group;
  /** The task that it is told of. */
  sample: TaskState;
  /** Why no pool serves it, for a person. */
  reason: string;
}

/**
 * Notes which groups no pool serves.
 * @returns those that have become unplaceable just now
 */
export function findUnplaceable(state: SchedulerState, fleet: Fleet, now: number): Unplaceable[] {
  const found: Unplaceable[] = [];
  state.pools.sync(fleet.pools(), now);
  for (const group of state.ready.groups) {
    if (group.pools.length > 0 || group.size === 0) {
      group.unplaceable_since_ms = undefined;
      continue;
    }
    if (group.unplaceable_since_ms !== undefined) continue;
    const [sample] = waitingOf(state, group);
    if (sample === undefined) continue;
    group.unplaceable_since_ms = now;
    found.push({ group, sample, reason: whyNoPool(group, fleet) });
  }
  return found;
}

/** One line on each pool and why it does not fit, or why nobody serves it now. */
function whyNoPool(group: Group, fleet: Fleet): string {
  const offers = [...fleet.offers()];
  if (offers.length === 0) return 'no worker is connected: start one with "npm start" or on another machine';
  return offers
    .slice(0, 8)
    .map(([pool, offer]) => {
      const reason = whyNot(group, offer) ?? fleet.pausedIn(pool).slice(0, 3).join(', ');
      return `${pool}: ${reason || 'fits'}`;
    })
    .join('; ');
}

/** Ends the wait of tasks that no pool has been able to serve for as long as their timeout. */
export function expireUnplaceable(state: SchedulerState, fleet: Fleet, now: number): void {
  for (const group of state.ready.groups) {
    if (group.unplaceable_since_ms === undefined) continue;
    for (const task of [...waitingOf(state, group)]) {
      const waited_ms = now - Math.max(group.unplaceable_since_ms, task.ready_at_ms);
      const { timeout_seconds } = task.lane.spec;
      if (waited_ms < timeout_seconds * 1000) continue;
      const message = `no pool could serve it for ${timeout_seconds} s (its timeout): ${whyNoPool(group, fleet)}`;
      state.settle(task, { status: 'timed_out', error: taskError('no_pool', 'NO_MATCHING_POOL', message, false) }, now);
    }
  }
  for (const task of state.unbound) {
    const { run, spec } = task.lane;
    if (now - run.accepted_at_ms < spec.timeout_seconds * 1000) continue;
    const message = `placement "each" found no matching pool for ${spec.timeout_seconds} s (its timeout)`;
    state.settle(task, { status: 'timed_out', error: taskError('no_pool', 'NO_MATCHING_POOL', message, false) }, now);
  }
}

/** The pools that each unbound `each` task is to be bound to; those without a matching pool go on waiting. */
export function planBindings(
  state: SchedulerState,
  fleet: Fleet,
  now: number,
): Array<{ state: TaskState; pools: string[] }> {
  const bindings: Array<{ state: TaskState; pools: string[] }> = [];
  state.pools.sync(fleet.pools(), now);
  for (const task of state.unbound) {
    const pools = task.lane.bucket.group.pools.map((pool) => pool.name).sort();
    if (pools.length > 0) bindings.push({ state: task, pools });
  }
  return bindings;
}

/** Every ready task of a group. */
function* waitingOf(state: SchedulerState, group: Group): Generator<TaskState> {
  for (const tenant of state.ready.tenants) {
    for (const queue of tenant.queues.get(group) ?? []) {
      for (const lane of queue.lanes) if (lane.size > 0) yield* lane.waiting();
    }
  }
}
