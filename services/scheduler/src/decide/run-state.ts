import type { RunCounts } from '@benchwire/shared/contracts/event.ts';
import type { OutcomeStatus, TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { RunSubmitted } from '@benchwire/shared/contracts/run.ts';
import { workloadKey } from '@benchwire/shared/contracts/series.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import type { Group } from './ready-queue.ts';

/**
 * `unbound` an `each` task that waits for its pools; `blocked` waits for dependencies; `delayed` for its retry;
 * `ready` for a pool; `emitted` stands in a pool's queue or runs; `settling` the scheduler itself has decided how the
 * attempt ends and is publishing that; `done` has its final outcome.
 */
type Phase = 'unbound' | 'blocked' | 'delayed' | 'ready' | 'emitted' | 'settling' | 'done';

export interface TaskState {
  readonly run: RunState;
  task: Task;
  /** Names how much work it is, for run times; one string for all repetitions of a task. */
  readonly workload: string;
  phase: Phase;
  /** The attempt that runs or comes next. */
  attempt: number;
  /** Dependencies that are not done. */
  unmet: number;
  dependents: TaskState[];
  status: OutcomeStatus | undefined;
  /** When it became ready, by the scheduler's clock. */
  ready_at_ms: number;
  /** When a delayed retry is due. */
  due_at_ms: number;
  /** Where it was emitted to, and when. */
  pool: string | undefined;
  emitted_at_ms: number;
  /** What the scheduler decided while `settling`. */
  verdict: Verdict | undefined;
  /** Bookkeeping of the ready queue. */
  order: number;
  group: Group | undefined;
}

export interface Verdict {
  status: Exclude<OutcomeStatus, 'completed'>;
  error: TaskError;
  /** Who had it, for a lost attempt. */
  worker_id?: string;
  pool?: string;
}

export interface RunState {
  readonly submitted: RunSubmitted;
  readonly accepted_at_ms: number;
  tasks: Map<string, TaskState>;
  bindings: Map<string, readonly string[]>;
  /** Why it was cancelled; undefined while it may go on. */
  cancelled: string | undefined;
  open: number;
  counts: RunCounts;
}

export function newTask(run: RunState, task: Task, workload: string): TaskState {
  return {
    run,
    task,
    workload,
    phase: task.placement === 'each' && task.pool === null ? 'unbound' : 'blocked',
    attempt: 1,
    unmet: 0,
    dependents: [],
    status: undefined,
    ready_at_ms: 0,
    due_at_ms: 0,
    pool: undefined,
    emitted_at_ms: 0,
    verdict: undefined,
    order: -1,
    group: undefined,
  };
}

/** `workloadKey` for the tasks of a request in their order: the repetitions of a task share its config, and the key. */
export function workloadKeys(): (task: Task) => string {
  let last: Task | undefined;
  let key = '';
  return (task) => {
    if (task.config !== last?.config || task.benchmark !== last.benchmark) key = workloadKey(task);
    last = task;
    return key;
  };
}

/** Fills in who waits for whom, from the tasks' `depends_on` and what is done already. */
export function linkDependencies(tasks: ReadonlyMap<string, TaskState>): void {
  for (const state of tasks.values()) {
    state.dependents = [];
    state.unmet = 0;
  }
  for (const state of tasks.values()) {
    for (const id of state.task.depends_on) {
      const dependency = tasks.get(id);
      if (dependency === undefined || dependency.phase === 'done') continue;
      dependency.dependents.push(state);
      state.unmet++;
    }
  }
}

export function noCounts(total: number): RunCounts {
  return { total, completed: 0, failed: 0, timed_out: 0, cancelled: 0, lost: 0 };
}
