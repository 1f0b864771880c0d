import type { RunCounts } from '@benchwire/shared/contracts/event.ts';
import type { Outcome, OutcomeStatus, TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { RunSubmitted } from '@benchwire/shared/contracts/run.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import type { PoolState } from '../fleet/pool-state.ts';
import type { Lane, RunQueue } from '../queue/lane.ts';

/**
 * `unbound` an `each` task that waits for its pools; `blocked` waits for dependencies; `delayed` for its retry;
 * `ready` for a pool; `emitted` stands in a pool's queue or runs; `settling` the scheduler itself has decided how the
 * attempt ends and is publishing that; `done` has its final outcome.
 */
type Phase = 'unbound' | 'blocked' | 'delayed' | 'ready' | 'emitted' | 'settling' | 'done';

/** A task while its run is open. There may be a million: what its repetitions share stands in the lane. */
export interface TaskState {
  readonly task_id: string;
  lane: Lane;
  phase: Phase;
  /** The attempt that runs or comes next. */
  attempt: number;
  /** Dependencies that are not done. */
  unmet: number;
  dependents: TaskState[] | undefined;
  status: OutcomeStatus | undefined;
  /** When it became ready, by the scheduler's clock. */
  ready_at_ms: number;
  /** When a delayed retry is due. */
  due_at_ms: number;
  emission: Emission | undefined;
  /** What the scheduler decided while `settling`. */
  verdict: Verdict | undefined;
}

/** Where an attempt was emitted to. */
export interface Emission {
  readonly pool: PoolState;
  readonly at_ms: number;
  /** How long it was expected to run there. */
  readonly expected_ms: number;
  /** When a slot became free for it, as far as the scheduler can tell; undefined while it stands behind others. */
  started_ms: number | undefined;
}

/** What the repetitions of a task have in common: everything but the id and whom it waits for. */
export type Spec = Omit<Task, 'task_id' | 'depends_on'>;

export interface Verdict {
  status: Exclude<OutcomeStatus, 'completed'>;
  error: TaskError;
  /** Who had it, for a lost attempt. */
  worker_id?: string;
  pool?: string;
}

/** What the scheduler reads of an outcome. */
export type OutcomeFacts = Pick<
  Outcome,
  'run_id' | 'task_id' | 'attempt' | 'max_attempts' | 'status' | 'error' | 'worker_id' | 'pool' | 'finished_at'
>;

export interface RunState {
  readonly submitted: RunSubmitted;
  readonly accepted_at_ms: number;
  tasks: Map<string, TaskState>;
  bindings: Map<string, readonly string[]>;
  /** Where its ready tasks stand, by group, priority and deadline. */
  queues: Map<string, RunQueue>;
  /** Its lanes, by the config that their tasks share. */
  lanes: Map<Spec['config'], Lane[]>;
  /** Attempts in pools' queues or in execution, and how many there may be. */
  emitted: number;
  readonly max_running: number;
  /** Whether the deadlines of its tasks have been noted as missed, by their time. */
  deadlines: Map<number, boolean>;
  /** Why it was cancelled; undefined while it may go on. */
  cancelled: string | undefined;
  /** Why single tasks were cancelled, by their ids. */
  cancelled_tasks: Map<string, string>;
  open: number;
  counts: RunCounts;
}

export function newTask(lane: Lane, task: Task): TaskState {
  return {
    task_id: task.task_id,
    lane,
    phase: task.placement === 'each' && task.pool === null ? 'unbound' : 'blocked',
    attempt: 1,
    unmet: 0,
    dependents: undefined,
    status: undefined,
    ready_at_ms: 0,
    due_at_ms: 0,
    emission: undefined,
    verdict: undefined,
  };
}

/** Fills in who waits for whom, from the tasks' `depends_on` and what is done already. */
export function linkDependencies(tasks: readonly Task[], states: ReadonlyMap<string, TaskState>): void {
  for (const state of states.values()) {
    state.dependents = undefined;
    state.unmet = 0;
  }
  for (const { task_id, depends_on } of tasks) {
    const state = states.get(task_id);
    if (state === undefined) continue;
    for (const id of depends_on) {
      const dependency = states.get(id);
      if (dependency === undefined || dependency.phase === 'done') continue;
      if (dependency.dependents === undefined) dependency.dependents = [state];
      else dependency.dependents.push(state);
      state.unmet++;
    }
  }
}

export function noCounts(total: number): RunCounts {
  return { total, completed: 0, failed: 0, timed_out: 0, cancelled: 0, lost: 0 };
}
