import type { Fleet, Pool } from './fleet.ts';
import { mismatch } from './match.ts';
import { type Group, waitingIn } from './ready-queue.ts';
import { whyNot } from './recovery.ts';
import type { TaskState } from './run-state.ts';
import { type SchedulerState, taskError } from './scheduler-state.ts';

export interface Emission {
  state: TaskState;
  pool: string;
}

/** Attempts a pool's queue may hold: what runs, and as many again so that no slot waits for the scheduler. */
export function capacityOf(pool: Pool): number {
  return pool.slots * 2;
}

/** With more than this in its queue a pool is left alone: a few large additions cost much less than many of one job. */
function refillBelow(pool: Pool): number {
  return capacityOf(pool) - Math.ceil(pool.slots / 2);
}

/**
 * Decides which waiting tasks go to which pool now. Pools are filled evenly, free slots before prefetch, so that a
 * task never queues behind a busy device while another matching one is idle.
 * @param maximum - emissions at most, so that one decision stays short
 */
export function planEmissions(state: SchedulerState, fleet: Fleet, now: number, maximum: number): Emission[] {
  const emissions: Emission[] = [];
  if (state.ready.size === 0) return emissions;
  const open = [...fleet.pools().values()]
    .filter((pool) => state.emittedIn(pool.pool) <= refillBelow(pool))
    .map((pool) => ({ pool, groups: state.ready.servedBy(pool.offer) }))
    .filter(({ groups }) => groups.length > 0);
  for (const limitOf of [(pool: Pool) => pool.slots, capacityOf]) {
    let progress = true;
    while (progress && emissions.length < maximum) {
      progress = false;
      for (const { pool, groups } of open) {
        if (emissions.length >= maximum) break;
        if (state.emittedIn(pool.pool) >= limitOf(pool)) continue;
        const task = state.ready.best(groups);
        if (task === undefined) continue;
        state.markEmitted(task, pool.pool, now);
        emissions.push({ state: task, pool: pool.pool });
        progress = true;
      }
    }
  }
  return emissions;
}

export interface Unplaceable {
  group: Group;
  /** Why no pool serves it, for a person. */
  reason: string;
}

/**
 * Notes which groups no pool serves.
 * @returns those that have become unplaceable just now
 */
export function findUnplaceable(state: SchedulerState, fleet: Fleet, now: number): Unplaceable[] {
  const found: Unplaceable[] = [];
  const pools = [...fleet.pools().values()];
  for (const group of state.ready.groups) {
    if (pools.some((pool) => whyNot(group.sample, pool.offer) === undefined)) {
      group.unplaceable_since_ms = undefined;
      continue;
    }
    if (group.unplaceable_since_ms !== undefined) continue;
    group.unplaceable_since_ms = now;
    found.push({ group, reason: whyNoPool(group, fleet) });
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
      const reason = whyNot(group.sample, offer) ?? fleet.pausedIn(pool).slice(0, 3).join(', ');
      return `${pool}: ${reason || 'fits'}`;
    })
    .join('; ');
}

/** Ends the wait of tasks that no pool has been able to serve for as long as their timeout. */
export function expireUnplaceable(state: SchedulerState, fleet: Fleet, now: number): void {
  for (const group of [...state.ready.groups]) {
    if (group.unplaceable_since_ms === undefined) continue;
    for (const task of [...waitingIn(group)]) {
      const waited_ms = now - Math.max(group.unplaceable_since_ms, task.ready_at_ms);
      if (waited_ms < task.task.timeout_seconds * 1000) continue;
      const message = `no pool could serve it for ${task.task.timeout_seconds} s (its timeout): ${whyNoPool(group, fleet)}`;
      state.settle(task, { status: 'timed_out', error: taskError('no_pool', 'NO_MATCHING_POOL', message, false) });
    }
  }
  for (const task of [...state.unbound]) {
    if (now - task.run.accepted_at_ms < task.task.timeout_seconds * 1000) continue;
    const message = `placement "each" found no matching pool for ${task.task.timeout_seconds} s (its timeout)`;
    state.settle(task, { status: 'timed_out', error: taskError('no_pool', 'NO_MATCHING_POOL', message, false) });
  }
}

/** The pools that each unbound `each` task is to be bound to; those without a matching pool go on waiting. */
export function planBindings(state: SchedulerState, fleet: Fleet): Array<{ state: TaskState; pools: string[] }> {
  const bindings: Array<{ state: TaskState; pools: string[] }> = [];
  for (const task of state.unbound) {
    const pools = [...fleet.pools().values()]
      .filter((pool) => mismatch(task.task, pool.offer) === undefined)
      .map((pool) => pool.pool)
      .sort();
    if (pools.length > 0) bindings.push({ state: task, pools });
  }
  return bindings;
}
