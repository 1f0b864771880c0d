import { HARDWARE_CLASSES, type HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
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
  if (learned.basis !== 'any_class') return { ms: Math.max(1, learned.seconds * 1000), basis: learned.basis };
  return { ms: Math.max(1, fromOtherClasses(run_times, workload, class_)), basis: 'any_class' };
}

/** What other classes took, as this one is taken to compare with them. */
function fromOtherClasses(run_times: RunTimes, workload: string, class_: HardwareClass): number {
  let sum = 0;
  let count = 0;
  for (const other of HARDWARE_CLASSES) {
    const there = run_times.expect(workload, '', other);
    if (there?.basis !== 'class') continue;
    sum += (there.seconds * 1000 * RELATIONS[class_].share) / RELATIONS[other].share;
    count++;
  }
  return count === 0 ? UNKNOWN_MS * RELATIONS[class_].share : sum / count;
}
