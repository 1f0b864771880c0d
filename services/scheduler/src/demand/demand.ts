import type { PoolDemand, UnservedNeed } from '@benchwire/shared/contracts/status.ts';
import { executorNameOf } from '@benchwire/shared/contracts/task.ts';
import { whyNot } from '../failures/recovery.ts';
import type { Fleet, Pool } from '../fleet/fleet.ts';
import { programOf } from '../placement/match.ts';
import type { RunTimes } from '../run-times/run-times.ts';
import type { Group, Spec, TaskState } from '../state/model.ts';
import type { SchedulerState } from '../state/scheduler-state.ts';
import { Work, WorkByPool } from './expected-work.ts';

/** What there is to do for each pool, and what there is no pool for. */
export interface Demand {
  pools: PoolDemand[];
  /** Ready tasks that no pool can serve. */
  unplaceable: number;
  /** What they need, and what `each` tasks need that no pool has matched yet; most tasks first. */
  unserved: UnservedNeed[];
}

const MAX_NEEDS = 100;

/** A group of ready tasks, as it counts in every pool that could take it. */
interface Share {
  group: Group;
  work: WorkByPool;
  oldest_ready_ms: number;
  served: boolean;
}

/**
 * Adds up what waits for and runs in each pool. A waiting task counts in every pool that could take it. Costs as much as
 * there are different workloads waiting, and groups times pools; not tasks.
 */
export function demandOf(state: SchedulerState, fleet: Fleet, now: number): Demand {
  const { run_times } = state;
  const pools = fleet.pools();
  const shares = [...workloadsByGroup(state)].map(([group, workloads]): Share => {
    const work = new WorkByPool(workloads, pools, run_times);
    return { group, work, oldest_ready_ms: group.oldest.ready_at_ms ?? now, served: false };
  });
  const running = fleet.runningAttempts();
  const demands = [...pools.values()].map((pool): PoolDemand => {
    const emitted = emittedWork(state, pool, run_times);
    return {
      pool: pool.pool,
      class: pool.offer.class,
      workers: pool.workers.length,
      slots: pool.slots,
      emitted: state.emittedIn(pool.pool),
      running: running.get(pool.pool) ?? 0,
      ...waitingFor(pool, shares, emitted, now),
    };
  });
  const unserved = shares.filter(({ served }) => !served);
  return {
    pools: demands,
    unplaceable: unserved.reduce((sum, { group }) => sum + group.size, 0),
    unserved: needsOf(unserved, state.unbound, now),
  };
}

/** How many tasks of which workload wait in each group that has any. */
function workloadsByGroup({ ready }: SchedulerState): Map<Group, Map<string, number>> {
  const found = new Map<Group, Map<string, number>>();
  for (const { group, workload, size } of ready.buckets) {
    if (size === 0) continue;
    const workloads = found.get(group) ?? new Map<string, number>();
    found.set(group, workloads.set(workload, size));
  }
  return found;
}

function emittedWork(state: SchedulerState, { pool, offer }: Pool, run_times: RunTimes): Work {
  const work = new Work();
  for (const { lane } of state.pools.get(pool)?.emitted ?? []) {
    work.add(1, run_times.expect(lane.bucket.workload, pool, offer.class));
  }
  return work;
}

/** @param work - what is emitted to it already; what waits is added */
function waitingFor(
  pool: Pool,
  shares: readonly Share[],
  work: Work,
  now: number,
): Pick<PoolDemand, 'waiting' | 'oldest_wait_seconds' | 'expected_work_seconds' | 'unknown_work_tasks'> {
  let waiting = 0;
  let oldest_ready_ms = now;
  for (const share of shares) {
    if (whyNot(share.group, pool.offer) !== undefined) continue;
    share.served = true;
    waiting += share.group.size;
    oldest_ready_ms = Math.min(oldest_ready_ms, share.oldest_ready_ms);
    work.addAll(share.work.in(pool));
  }
  return {
    waiting,
    oldest_wait_seconds: toMilliseconds((now - oldest_ready_ms) / 1000),
    // What rounding leaves of a difference may lie below nothing.
    expected_work_seconds: Math.max(0, toMilliseconds(work.seconds)),
    unknown_work_tasks: work.unknown_tasks,
  };
}

function toMilliseconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

function needsOf(unserved: readonly Share[], unbound: Iterable<TaskState>, now: number): UnservedNeed[] {
  const needs = new Map<string, UnservedNeed>();
  const add = ({ signature, need: spec }: Group, tasks: number, since_ms: number): void => {
    const oldest_wait_seconds = toMilliseconds(Math.max(0, now - since_ms) / 1000);
    const need = needs.get(signature);
    if (need === undefined) needs.set(signature, { ...needOf(spec), tasks, oldest_wait_seconds });
    else {
      need.tasks += tasks;
      need.oldest_wait_seconds = Math.max(need.oldest_wait_seconds, oldest_wait_seconds);
    }
  };
  for (const { group, oldest_ready_ms } of unserved) {
    add(group, group.size, oldest_ready_ms);
  }
  for (const { lane } of unbound) add(lane.bucket.group, 1, lane.run.accepted_at_ms);
  return [...needs.values()].sort((a, b) => b.tasks - a.tasks).slice(0, MAX_NEEDS);
}

function needOf(task: Spec): Omit<UnservedNeed, 'tasks' | 'oldest_wait_seconds'> {
  return {
    executor: executorNameOf(task),
    program: task.executor === 'command' ? programOf(task) : null,
    requirements: task.requirements,
    pool: task.pool,
  };
}
