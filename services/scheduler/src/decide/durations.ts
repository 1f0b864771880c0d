import { HARDWARE_CLASSES, type HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import type { Expectation } from './estimate.ts';
import type { Bucket } from './lane.ts';
import type { PoolState } from './pool-state.ts';
import type { RunTimes } from './run-times.ts';

/** What an attempt is taken for while nothing is known of its workload. */
const UNKNOWN_MS = 10_000;

/**
 * How much of a CPU's time a class is taken to need while nothing is known: rough, and only to have something to begin
 * with. The first completed attempts replace it.
 */
const CLASS_SHARE: Readonly<Record<HardwareClass, number>> = {
  cpu: 1,
  cuda: 0.2,
  rocm: 0.2,
  tpu: 0.2,
  mps: 0.4,
  npu: 0.5,
  qnn: 0.5,
  directml: 0.5,
  openvino: 0.7,
  webgpu: 0.7,
  webnn: 0.7,
  wasm: 2,
};

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
  if (learned === undefined) return { ms: UNKNOWN_MS * CLASS_SHARE[class_], basis: 'prior' };
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
    sum += (there.seconds * 1000 * CLASS_SHARE[class_]) / CLASS_SHARE[other];
    count++;
  }
  return count === 0 ? UNKNOWN_MS * CLASS_SHARE[class_] : sum / count;
}
