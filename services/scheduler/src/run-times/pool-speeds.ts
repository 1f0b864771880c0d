import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import { forgetOldest } from '@benchwire/shared/runtime/forget-oldest.ts';
import { RELATIONS } from '../fleet/hardware.ts';

/** How much work a workload is, whatever runs it. */
export interface Amount {
  /** Logarithm of the seconds that it would take a pool of speed 0. */
  readonly log_seconds: number;
  /** Pools that it was learned from. */
  readonly pools: number;
}

interface Speed {
  /** Logarithm of the seconds that a pool takes for work of amount 0. */
  log_seconds: number;
  /** Workloads that it was compared with other pools by. */
  compared: number;
}

/** What a class of hardware is taken for (`RELATIONS`) weighs as much as so many comparisons. */
const PRIOR_WEIGHT = 1;
const MAX_POOLS = 20_000;
const MIN_SECONDS = 1e-4;

/**
 * How fast pools are, so that a workload which one pool has done is expected to take another one as long as their other work says: time
 * is amount times slowness, a model of rank one over workloads and pools. Two pools of one class may differ tenfold (an H100 and a
 * T4), and their class alone says that they are alike. Each pair of workload and pool counts once, so that what is done often does not decide.
 */
export class PoolSpeeds {
  readonly #speeds = new Map<string, Speed>();

  /**
   * Takes in the first attempt of a workload that a pool has completed.
   * @param amount - what was known of the workload
   * @returns what is known of it now
   */
  learn(amount: Amount | undefined, pool: string, class_: HardwareClass, seconds: number): Amount {
    const log = Math.log(Math.max(MIN_SECONDS, seconds));
    const speed = this.#speeds.get(pool) ?? { log_seconds: priorOf(class_), compared: 0 };
    // A Map keeps the order of insertion: the pool that learned nothing for longest is the first to be forgotten.
    this.#speeds.delete(pool);
    this.#speeds.set(pool, speed);
    forgetOldest(this.#speeds, MAX_POOLS);
    if (amount === undefined) return { log_seconds: log - speed.log_seconds, pools: 1 };
    speed.compared++;
    speed.log_seconds += (log - amount.log_seconds - speed.log_seconds) / (speed.compared + PRIOR_WEIGHT);
    const pools = amount.pools + 1;
    return { log_seconds: amount.log_seconds + (log - amount.log_seconds - speed.log_seconds) / pools, pools };
  }

  /** How long so much work is expected to take a pool that has never done it, in seconds. */
  expect({ log_seconds }: Amount, pool: string, class_: HardwareClass): number {
    return Math.exp(log_seconds + (this.#speeds.get(pool)?.log_seconds ?? priorOf(class_)));
  }
}

function priorOf(class_: HardwareClass): number {
  return Math.log(RELATIONS[class_].share);
}
