import { RELATIONS } from '../fleet/hardware.ts';
import type { Bucket, PoolState } from '../state/model.ts';
import type { Expectation } from './estimate.ts';
import type { RunTimes } from './run-times.ts';

/** What an attempt is taken for while nothing is known of its workload. */
const UNKNOWN_MS = 10_000;

export interface Duration {
  ms: number;
  /** What it rests on; `prior` when the workload has never completed anywhere. */
  basis: Expectation['basis'] | 'prior';
}

/** How long a task of that bucket is expected to run in a pool that has workers. */
export function durationOf(run_times: RunTimes, bucket: Bucket, pool: PoolState): Duration {
  const class_ = pool.offer?.class ?? 'cpu';
  const { workload } = bucket;
  const learned = run_times.expect(workload, pool.name, class_);
  if (learned === undefined) return { ms: UNKNOWN_MS * RELATIONS[class_].share, basis: 'prior' };
  const { basis } = learned;
  if (basis === 'pool' || basis === 'timeout') return { ms: Math.max(1, learned.seconds * 1000), basis };
  const seconds = run_times.expectBySpeed(workload, pool.name, class_);
  return { ms: seconds === undefined ? UNKNOWN_MS * RELATIONS[class_].share : Math.max(1, seconds * 1000), basis };
}
