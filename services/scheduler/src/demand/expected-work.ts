import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import type { Pool } from '../fleet/fleet.ts';
import type { Expectation } from '../run-times/estimate.ts';
import type { RunTimes } from '../run-times/run-times.ts';

/** How long tasks would take one after the other, without those whose run time is not known. */
export class Work {
  seconds = 0;
  unknown_tasks = 0;

  add(tasks: number, expected: Expectation | undefined): void {
    if (expected === undefined) this.unknown_tasks += tasks;
    else this.seconds += tasks * expected.seconds;
  }

  addAll(other: Work | undefined): void {
    this.seconds += other?.seconds ?? 0;
    this.unknown_tasks += other?.unknown_tasks ?? 0;
  }
}

/**
 * The work of many tasks in each of many pools. Most workloads have run in few pools, so the sum is taken once per class,
 * and each pool with run times of its own gets only what is different there: the cost does not grow with the pools.
 */
export class WorkByPool {
  #unknown = new Work();
  #by_class = new Map<HardwareClass, Work>();
  #difference = new Map<string, Work>();

  constructor(workloads: ReadonlyMap<string, number>, pools: ReadonlyMap<string, Pool>, run_times: RunTimes) {
    for (const { offer } of pools.values()) this.#by_class.set(offer.class, new Work());
    for (const [workload, tasks] of workloads) {
      if (!run_times.knows(workload)) {
        this.#unknown.add(tasks, undefined);
        continue;
      }
      for (const [klass, work] of this.#by_class) work.add(tasks, run_times.expectByClass(workload, klass));
      for (const name of run_times.poolsOf(workload)) {
        const pool = pools.get(name);
        if (pool === undefined) continue;
        const difference = this.#difference.get(name) ?? new Work();
        this.#difference.set(name, difference);
        difference.add(tasks, run_times.expect(workload, name, pool.offer.class));
        difference.add(-tasks, run_times.expectByClass(workload, pool.offer.class));
      }
    }
  }

  in({ pool, offer }: Pool): Work {
    const work = new Work();
    work.addAll(this.#unknown);
    work.addAll(this.#by_class.get(offer.class));
    work.addAll(this.#difference.get(pool));
    return work;
  }
}
