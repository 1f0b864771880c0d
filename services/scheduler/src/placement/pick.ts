import { compareOrder } from '../queue/order.ts';
import type { Lane, PoolState, RunQueue, Tenant } from '../state/model.ts';
import { BELONGS, LEAVE, type SchedulingView, type Strategy } from './strategy.ts';

/** Of the kinds of work that a pool could take so many are compared for each need, the foremost first. */
const LOOK_AHEAD = 32;
/** Passing over a lane whose kind of work has been looked at counts as this much of a look. */
const PASS = 1 / 16;

/** How far tenants' shares may be apart, as time of the whole fleet. */
const LEEWAY_MS = 30_000;

interface Candidate {
  queue: RunQueue;
  lane: Lane;
  /** See `Strategy.misfit`. */
  misfit: number;
}

/**
 * The lane that a pool with room should take its next task from, or undefined. The tenant that has been given least
 * comes first; within it the most urgent band that has something the pool wants; within the band the first in order that
 * belongs to the pool, else what suits it best. A tenant that has been given a little more may go before, where it has
 * something that belongs to the pool and the first one has not: shares have to be fair over time, not at each step.
 */
export function pickLane(view: SchedulingView, strategy: Strategy, pool: PoolState, now: number): Lane | undefined {
  let first: Candidate | undefined;
  let limit_ms = Number.POSITIVE_INFINITY;
  for (const tenant of view.ready.tenants) {
    if (tenant.virtual_ms > limit_ms) break;
    if (tenant.atLimit) continue;
    let best: Candidate | undefined;
    for (const group of pool.groups) {
      if (group.size === 0) continue;
      const queues = tenant.queues.get(group);
      if (queues !== undefined) best = bestOf(queues, view, strategy, pool, now, best);
    }
    if (best === undefined) continue;
    if (best.misfit <= BELONGS) return best.lane;
    if (first !== undefined) continue;
    first = best;
    limit_ms = tenant.virtual_ms + LEEWAY_MS * view.pools.slots;
  }
  return first?.lane;
}

/** Numbers the looks at one need and band, so that each kind of work is looked at once. */
let round = 0;

/** The best of `best` and the foremost lanes of a need that the pool wants. */
function bestOf(
  queues: readonly RunQueue[],
  view: SchedulingView,
  strategy: Strategy,
  pool: PoolState,
  now: number,
  before: Candidate | undefined,
): Candidate | undefined {
  let looks = LOOK_AHEAD;
  let best = before;
  let band = Number.NaN;
  for (const queue of queues) {
    const { run } = queue;
    if (run.emitted >= run.max_running) continue;
    if (best !== undefined && !mayGoBefore(queue, best)) return best;
    if (queue.band !== band) {
      band = queue.band;
      round++;
    }
    for (const lane of queue.lanes) {
      if (lane.size === 0) continue;
      const { bucket } = lane;
      if (looks <= 0 || (best !== undefined && isBehind(lane, best))) return best;
      if (bucket.looked_at === round) {
        // As urgent and as good here as the one before, and behind it.
        looks -= PASS;
        continue;
      }
      looks--;
      const limit = best === undefined || best.queue.band !== queue.band ? LEAVE : Math.max(BELONGS, best.misfit);
      const misfit = strategy.misfit(lane, pool, now, limit);
      if (misfit < LEAVE && view.obstacle(lane, pool, now) !== undefined) continue;
      bucket.looked_at = round;
      if (misfit >= limit && misfit > BELONGS) continue;
      const candidate = { queue, lane, misfit };
      if (isBetter(candidate, best)) best = candidate;
      if (misfit <= BELONGS) return best;
    }
  }
  return best;
}

/** Whether anything of a queue could go before `best`. */
function mayGoBefore(queue: RunQueue, best: Candidate): boolean {
  if (queue.band !== best.queue.band) return queue.band < best.queue.band;
  return best.misfit > BELONGS || compareOrder(queue, best.queue) <= 0;
}

/** Whether `best` belongs to the pool and is written before that lane in the same run. */
function isBehind(lane: Lane, best: Candidate): boolean {
  return best.misfit <= BELONGS && lane.run === best.lane.run && lane.index > best.lane.index;
}

function isBetter(a: Candidate, b: Candidate | undefined): boolean {
  if (b === undefined) return true;
  if (a.queue.band !== b.queue.band) return a.queue.band < b.queue.band;
  const left = Math.max(BELONGS, a.misfit);
  const right = Math.max(BELONGS, b.misfit);
  if (left !== right) return left < right;
  const order = compareOrder(a.queue, b.queue);
  return order === 0 ? a.lane.index < b.lane.index : order < 0;
}

/** Whether a tenant may have another attempt started at all. For `bw why`. */
export function whyHeld(lane: Lane): string | undefined {
  const { run, tenant } = lane;
  if (run.emitted >= run.max_running) return `its run has its limit of ${run.max_running} running tasks`;
  if (tenant.atLimit) return `${tenantName(tenant)} has its limit of ${tenant.limits.max_running} running tasks`;
  return undefined;
}

function tenantName(tenant: Tenant): string {
  return tenant.name === '' ? 'work without a tenant' : `the tenant ${tenant.name}`;
}
