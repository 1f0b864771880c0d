import { mismatch } from '@benchwire/scheduler/src/placement/match.ts';
import { solvePrices } from '@benchwire/scheduler/src/placement/prices.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import type { Scenario } from './scenario.ts';
import { type SimulatedWorker, type Submission, speedOf, submissionsOf, workersOf } from './world.ts';

/** Work of one kind that is submitted at or after a time, in reference milliseconds, and its speed by pool. */
interface Work {
  total_ms: number;
  longest_ms: number;
  speeds: number[];
}

const STEPS = 3000;
const CLIMBS = 4000;

/**
 * No schedule whatsoever ends before this, in milliseconds from the first submission: the real times of the tasks are
 * known, tasks may be cut into pieces, nothing fails, warms up or is lost. For each time r at which something is
 * submitted it is r plus the larger of
 * - the linear program's optimum for all that comes at r or later, bounded from below by weak duality: for any prices of the
 *   pools' time, the cheapest cost of the work divided by the price of the whole fleet;
 * - the longest of these tasks on its fastest pool.
 */
export function lowerBoundMs(scenario: Scenario): number {
  const workers = workersOf(scenario);
  const pools = [...Map.groupBy(workers, (worker) => worker.pool).values()];
  const submissions = submissionsOf(scenario);
  const times = [...new Set(submissions.map(({ at_ms }) => at_ms))];
  const chosen = times.filter((_, place) => place % Math.ceil(times.length / 20) === 0);
  let bound = 0;
  for (const release of chosen) {
    const later = submissions.filter(({ at_ms }) => at_ms >= release);
    bound = Math.max(bound, release + boundOf(workOf(later, pools), pools));
  }
  return bound;
}

function workOf(submissions: readonly Submission[], pools: readonly SimulatedWorker[][]): Work[] {
  return [...Map.groupBy(submissions, ({ work }) => work).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const [spec] = first.message.request.tasks;
    if (spec === undefined) return [];
    const times = same.flatMap(({ reference_ms }) => [...reference_ms.values()]);
    const speeds = pools.map(([worker]) => {
      const [device] = worker?.capabilities.devices ?? [];
      if (worker === undefined || device === undefined) return 0;
      return mismatch({ ...spec, pool: null }, device) === undefined ? speedOf(worker.hardware, first.work) : 0;
    });
    return [{ total_ms: times.reduce((a, b) => a + b, 0), longest_ms: Math.max(...times), speeds }];
  });
}

function boundOf(work: readonly Work[], pools: readonly SimulatedWorker[][]): number {
  const slots = pools.map((workers) => workers.reduce((sum, { hardware }) => sum + hardware.slots, 0));
  const longest = Math.max(...work.map(({ longest_ms, speeds }) => longest_ms / Math.max(...speeds)));
  const rows = work.map(({ total_ms, speeds }) => ({ tasks: total_ms, times_ms: speeds.map((speed) => 1 / speed) }));
  const loads = slots.map((count) => ({ slots: count, busy_ms: 0 }));
  const dual = (prices: ArrayLike<number>): number => {
    const fleet = slots.reduce((sum, count, p) => sum + count * (prices[p] ?? 0), 0);
    let cost = 0;
    for (const { tasks, times_ms } of rows) {
      let cheapest = Number.POSITIVE_INFINITY;
      for (const [p, ms] of times_ms.entries()) cheapest = Math.min(cheapest, ms * (prices[p] ?? 0));
      cost += tasks * cheapest;
    }
    return cost / fleet;
  };
  // Any prices give a bound; better ones a tighter one.
  let best = solvePrices(rows, loads, undefined, STEPS);
  let bound = dual(best);
  const random = createRandom(1);
  for (let climb = 0; climb < CLIMBS; climb++) {
    const width = 0.3 * 0.999 ** climb;
    const tried = best.map((price) => (random() < 0.4 ? price * Math.exp(width * (random() - 0.5)) : price));
    const value = dual(tried);
    if (value <= bound) continue;
    best = tried;
    bound = value;
  }
  return Math.max(bound, longest);
}
