import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import type { RunTimes } from './run-times.ts';

/** What an outcome has to say about how long its task took. */
export type RunTimeFacts = Pick<
  Outcome,
  'run_id' | 'task_id' | 'attempt' | 'status' | 'pool' | 'started_at' | 'execution_time_seconds' | 'workload'
>;

/**
 * So many attempts at least are remembered as seen, and at most twice as many. A second outcome follows the first within
 * moments: a publisher that got no answer tries again, a worker that was given up reports after all.
 */
const REMEMBERED = 20_000;

/**
 * Learns run times from OUTCOMES. The first outcome of an attempt is the one that counts, and only a completed attempt
 * teaches how long its work takes. One that failed, was cancelled or lost ended early for a reason of its own; one that
 * was timed out says at least how long it is not enough.
 */
export class RunTimeLearner {
  #run_times: RunTimes;
  #classOf: (pool: string) => HardwareClass | undefined;
  #seen = new Set<string>();
  #seen_before = new Set<string>();

  constructor(run_times: RunTimes, classOf: (pool: string) => HardwareClass | undefined) {
    this.#run_times = run_times;
    this.#classOf = classOf;
  }

  /** @param sequence - where the outcome stands in OUTCOMES */
  learn(outcome: RunTimeFacts, sequence: number): void {
    const { workload, pool, execution_time_seconds: seconds } = outcome;
    if (workload === undefined || this.#isRepeated(outcome)) return;
    // Without a start it never reached a worker.
    if (outcome.started_at === null || pool === null || seconds === null || seconds < 0) return;
    if (outcome.status === 'completed') {
      this.#run_times.observe(workload, pool, this.#classOf(pool), seconds, sequence);
    } else if (outcome.status === 'timed_out') this.#run_times.observeTimeout(workload, pool, seconds);
  }

  #isRepeated({ run_id, task_id, attempt }: RunTimeFacts): boolean {
    const id = attemptId({ run_id, task_id, attempt });
    if (this.#seen.has(id) || this.#seen_before.has(id)) return true;
    this.#seen.add(id);
    if (this.#seen.size >= REMEMBERED) {
      this.#seen_before = this.#seen;
      this.#seen = new Set();
    }
    return false;
  }
}
