import { executorNameOf } from '@benchwire/shared/contracts/task.ts';
import type { OutcomeFacts } from '../state/attempt-end.ts';
import type { TaskState } from '../state/model.ts';
import type { FailureSettings } from '../state/state-options.ts';
import { type BreakerChange, Breakers, type FailureFacts, subjectOf } from './breakers.ts';
import { batchSizesToDrop, type Failure, withFailure } from './recovery.ts';
import { Suspects } from './suspects.ts';

const NO_FAILURES: readonly Failure[] = [];

/** What failures have taught: of single tasks, of what is run again and again, and of workers. */
export class FailureMemory {
  readonly breakers: Breakers;
  readonly suspects: Suspects;
  /** What breakers did, to be told. */
  readonly breakerChanges: BreakerChange[] = [];
  /** Workers to be put in quarantine, with the reason. */
  readonly toQuarantine = new Map<string, string>();
  /** Of tasks that failed before; there are few. */
  readonly #failures = new Map<TaskState, readonly Failure[]>();

  constructor(settings: FailureSettings | undefined) {
    this.breakers = new Breakers(settings?.breakers);
    this.suspects = new Suspects(settings?.suspects);
  }

  /** How earlier attempts of a task failed. */
  of(state: TaskState): readonly Failure[] {
    return this.#failures.get(state) ?? NO_FAILURES;
  }

  has(state: TaskState): boolean {
    return this.#failures.has(state);
  }

  /** The task is over. */
  forget(state: TaskState): void {
    this.#failures.delete(state);
  }

  /** Takes from an outcome what it says about the task, what was run, and the worker. */
  learn(state: TaskState, outcome: OutcomeFacts, now: number): void {
    if (outcome.status !== 'completed') {
      const failures = withFailure(this.of(state), outcome);
      if (failures.length > 0) this.#failures.set(state, failures);
    }
    const { pool } = outcome;
    const retried_smaller =
      outcome.error?.class === 'out_of_memory' &&
      pool !== null &&
      batchSizesToDrop(state.lane.spec, this.of(state), pool) !== undefined;
    const { run_id, task_id, status, error, worker_id } = outcome;
    const facts: FailureFacts = {
      status,
      error,
      worker_id,
      pool,
      subject: subjectOf(state.lane.spec),
      executor: executorNameOf(state.lane.spec),
      is_test: state.lane.spec.type === 'test',
      task: `${run_id}.${task_id}`,
      retried_smaller,
    };
    // A worker's clock may be ahead, and a replay comes later than what it replays.
    const at_ms = Math.min(now, Date.parse(outcome.finished_at));
    this.breakerChanges.push(...this.breakers.apply(facts, at_ms));
    const reason = this.suspects.apply(facts, at_ms);
    if (reason !== undefined && worker_id !== null) this.toQuarantine.set(worker_id, reason);
  }
}
