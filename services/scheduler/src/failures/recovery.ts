import { recoveryOf, taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { Job } from '@benchwire/shared/contracts/job.ts';
import type { ErrorClass, Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { AUTO, AUTO_SIZES, type Task } from '@benchwire/shared/contracts/task.ts';
import type { Pool } from '../fleet/fleet.ts';
import { mismatch, type Offer } from '../placement/match.ts';
import type { Verdict } from '../state/attempt-end.ts';
import type { Group } from '../state/model.ts';
import type { Blocked } from './blocked-pools.ts';

/** What a task's next attempt should know of one that failed. */
export interface Failure {
  class: ErrorClass;
  worker_id: string | null;
  pool: string | null;
  /** At which batch size, where that is known. */
  batch_size: number | undefined;
  message: string;
}

/** More than these say nothing new. */
const MAX_KEPT = 16;
const MAX_MESSAGE = 300;

/** Adds what an outcome says; the newest stay. Attempts without an error, or that nobody ran, add nothing. */
export function withFailure(
  failures: readonly Failure[],
  outcome: Pick<Outcome, 'error' | 'worker_id' | 'pool'>,
): readonly Failure[] {
  const { error, worker_id, pool } = outcome;
  if (error === null || pool === null) return failures;
  const failure: Failure = {
    class: error.class,
    worker_id,
    pool,
    batch_size: error.batch_size,
    message: error.message.slice(0, MAX_MESSAGE),
  };
  return [...failures, failure].slice(-MAX_KEPT);
}

/** Why a pool does not take the tasks of a group, for a person; undefined when it does. */
export function whyNot(group: Pick<Group, 'need' | 'blocked'>, offer: Offer): string | undefined {
  return group.blocked?.get(offer.pool) ?? mismatch(group.need, offer);
}

/**
 * Where the next attempt is not to run: `held` are pools that must not take it, whatever that means for the task; pools
 * where it failed are left out only while another one is there.
 *
 * @param pools - all that match the task
 */
export function blockedPools(
  failures: readonly Failure[],
  pools: readonly Pool[],
  held: (pool: Pool) => string | undefined,
): Blocked | undefined {
  const blocked = new Map<string, string>();
  const open: Pool[] = [];
  for (const pool of pools) {
    const reason = held(pool);
    if (reason === undefined) open.push(pool);
    else blocked.set(pool.pool, reason);
  }
  const avoided = open.flatMap((pool) => {
    const reason = whyElsewhere(failures, pool, open);
    return reason === undefined ? [] : [[pool.pool, reason] as const];
  });
  if (avoided.length < open.length) for (const [pool, reason] of avoided) blocked.set(pool, reason);
  return blocked.size === 0 ? undefined : blocked;
}

/** Why a pool is a bad place for the next attempt, given the others that could take it. */
function whyElsewhere(failures: readonly Failure[], pool: Pool, others: readonly Pool[]): string | undefined {
  const here = failures.filter((failure) => failure.pool === pool.pool);
  for (const failure of here) {
    switch (recoveryOf(failure)) {
      case 'smaller': {
        const larger = others.some((other) => (other.offer.memory_gb ?? 0) > (pool.offer.memory_gb ?? 0));
        if (larger) return `it ran out of memory there, and another pool has more: ${failure.message}`;
        break;
      }
      case 'elsewhere': {
        // Another worker of the pool is tried first; what a pool offers is the same on all of its workers.
        const failed = new Set(here.map(({ worker_id }) => worker_id));
        const all = failure.class === 'executor_missing' || pool.workers.every((worker) => failed.has(worker));
        if (all) return `it failed there already (${failure.class}): ${failure.message}`;
        break;
      }
      default:
    }
  }
  return undefined;
}

/**
 * Which workers of a pool are to leave a task to others, and which ones others leave it to: those that failed it and what the task
 * says itself, as far as there is anybody to leave it to.
 */
export function workerWishes(
  task: Pick<Task, 'avoid_workers' | 'prefer_workers'>,
  failures: readonly Failure[],
  pool: Pool,
): Pick<Job, 'avoid_workers' | 'prefer_workers'> {
  const failed = failures
    .filter((failure) => failure.pool === pool.pool && recoveryOf(failure) === 'elsewhere')
    .map((failure) => failure.worker_id);
  const unwanted = new Set([...failed, ...(task.avoid_workers ?? [])]);
  const avoided = pool.workers.filter((worker) => unwanted.has(worker));
  const avoid_workers = avoided.length === pool.workers.length ? [] : avoided;
  const prefer_workers = (task.prefer_workers ?? []).filter(
    (worker) => pool.workers.includes(worker) && !avoid_workers.includes(worker),
  );
  return {
    ...(avoid_workers.length === 0 ? {} : { avoid_workers }),
    ...(prefer_workers.length === 0 ? {} : { prefer_workers }),
  };
}

/** Batch sizes that did not fit in a pool, and all above, with the reasons; undefined where nothing is to be left out. */
export function batchSizesToDrop(
  task: Pick<Task, 'config'>,
  failures: readonly Failure[],
  pool: string,
): Record<string, string> | undefined {
  if (!('batch_sizes' in task.config)) return undefined;
  let first: Failure | undefined;
  let limit = Number.POSITIVE_INFINITY;
  for (const failure of failures) {
    if (failure.pool !== pool || failure.class !== 'out_of_memory') continue;
    if (failure.batch_size === undefined || failure.batch_size >= limit) continue;
    first = failure;
    limit = failure.batch_size;
  }
  const asked = task.config.batch_sizes;
  const sizes = asked === AUTO ? AUTO_SIZES.filter((size) => size <= limit) : asked;
  const dropped = sizes.filter((size) => size >= limit);
  // The smallest that there is may fit when memory is free again.
  if (first === undefined || dropped.length === 0 || dropped.length === sizes.length) return undefined;
  return Object.fromEntries(
    dropped.map((size) => [
      String(size),
      size === limit ? `did not fit in memory: ${first.message}` : `larger than ${limit}, which did not fit in memory`,
    ]),
  );
}

/** The end of a task that every pool there is has turned down for want of an executor; undefined while one is left. */
export function nowhereLeft(failures: readonly Failure[], pools: readonly Pool[]): Verdict | undefined {
  const missing = failures.filter((failure) => failure.class === 'executor_missing');
  const last = missing.at(-1);
  if (last === undefined || pools.length === 0) return undefined;
  if (!pools.every((pool) => missing.some((failure) => failure.pool === pool.pool))) return undefined;
  const message = `no pool that matches can run it: ${last.message}`;
  return {
    status: 'failed',
    error: taskError('executor_missing', 'NO_EXECUTOR_LEFT', message, false),
  };
}
