import { expand } from '@benchwire/shared/contracts/expand.ts';
import type { AttemptKey } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcomeIsFinal, type TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { RunMessage } from '@benchwire/shared/contracts/run.ts';
import { backoffMs } from '@benchwire/shared/runtime/lifecycle.ts';
import { ReadyQueue } from './ready-queue.ts';
import {
  linkDependencies,
  newTask,
  noCounts,
  type RunState,
  type TaskState,
  type Verdict,
  workloadKeys,
} from './run-state.ts';

const MAX_RETRY_DELAY_MS = 3_600_000;

/** What the scheduler reads of an outcome. */
export type OutcomeFacts = Pick<Outcome, 'run_id' | 'task_id' | 'attempt' | 'max_attempts' | 'status' | 'error'>;

/**
 * Everything the scheduler knows of open runs: a fold over RUNS and OUTCOMES, in memory and nowhere else. Applying a
 * message twice changes nothing. What has to be done about the state stands in the sets below; whoever does it takes
 * the entry out, and a replay on a new leader fills them again.
 */
export class SchedulerState {
  readonly runs = new Map<string, RunState>();
  readonly ready = new ReadyQueue();
  /** Emitted attempts by pool. */
  readonly emitted = new Map<string, Set<TaskState>>();
  readonly delayed = new Set<TaskState>();
  readonly unbound = new Set<TaskState>();
  /** Tasks whose end the scheduler has decided; the outcome is to be published. */
  readonly toSettle = new Set<TaskState>();
  /** Emitted tasks of cancelled runs: to be taken out of their queue, or aborted. */
  readonly toWithdraw = new Set<TaskState>();
  /** Runs whose tasks are all done. */
  readonly finished = new Set<RunState>();

  /** @returns issues when the message cannot stand for a run; it belongs into REJECTED then */
  applyRunMessage(message: RunMessage, now: number): Issue[] {
    switch (message.kind) {
      case 'submitted':
        return this.#submit(message, now);
      case 'bound':
        this.#bind(message.run_id, message.task_id, message.pools, now);
        return [];
      case 'cancelled':
        this.#cancel(message.run_id, message.reason);
        return [];
      default:
        message satisfies never;
        return [];
    }
  }

  #submit(message: Extract<RunMessage, { kind: 'submitted' }>, now: number): Issue[] {
    if (this.runs.has(message.run_id)) return [];
    const expansion = expand(message.request);
    if (!expansion.ok) return expansion.issues;
    const run: RunState = {
      submitted: message,
      accepted_at_ms: Date.parse(message.at),
      tasks: new Map(),
      bindings: new Map(),
      cancelled: undefined,
      open: expansion.tasks.length,
      counts: noCounts(expansion.tasks.length),
    };
    const keyOf = workloadKeys();
    for (const task of expansion.tasks) run.tasks.set(task.task_id, newTask(run, task, keyOf(task)));
    linkDependencies(run.tasks);
    this.runs.set(message.run_id, run);
    for (const state of run.tasks.values()) this.#admit(state, now);
    return [];
  }

  /** Replaces an `each` task by its copies, and makes whoever waits for it wait for all of them. */
  #bind(run_id: string, task_id: string, pools: readonly string[], now: number): void {
    const run = this.runs.get(run_id);
    if (run === undefined || run.bindings.has(task_id)) return;
    run.bindings.set(task_id, pools);
    const expansion = expand(run.submitted.request, run.bindings);
    if (!expansion.ok) return;
    const before = run.tasks;
    run.tasks = new Map();
    const added: TaskState[] = [];
    const keyOf = workloadKeys();
    for (const task of expansion.tasks) {
      const known = before.get(task.task_id);
      if (known === undefined) {
        const state = newTask(run, task, keyOf(task));
        run.tasks.set(task.task_id, state);
        added.push(state);
      } else {
        known.task = task;
        run.tasks.set(task.task_id, known);
        before.delete(task.task_id);
      }
    }
    // What is left of the old map are the placeholders.
    for (const placeholder of before.values()) {
      this.unbound.delete(placeholder);
      this.toSettle.delete(placeholder);
    }
    run.counts.total += added.length - before.size;
    run.open += added.length - before.size;
    linkDependencies(run.tasks);
    for (const state of added) this.#admit(state, now);
  }

  #cancel(run_id: string, reason: string): void {
    const run = this.runs.get(run_id);
    if (run === undefined || run.cancelled !== undefined) return;
    run.cancelled = reason;
    for (const state of run.tasks.values()) {
      if (state.phase === 'emitted') this.toWithdraw.add(state);
      else if (state.phase !== 'done' && state.phase !== 'settling') this.settle(state, cancelledVerdict(reason));
    }
  }

  /**
   * The first outcome of the current attempt counts; earlier attempts' late ones and repetitions do not.
   * @param random - in [0, 1), for the retry's jitter
   * @returns whether it changed anything
   */
  applyOutcome(outcome: OutcomeFacts, now: number, random: () => number): boolean {
    const state = this.runs.get(outcome.run_id)?.tasks.get(outcome.task_id);
    if (state === undefined || state.phase === 'done' || outcome.attempt < state.attempt) return false;
    this.#leavePhase(state);
    state.attempt = outcome.attempt;
    state.verdict = undefined;
    if (outcomeIsFinal({ ...outcome, max_attempts: state.task.retry_policy.max_retries + 1 })) {
      this.#finish(state, outcome.status, now);
      return true;
    }
    state.attempt++;
    if (state.run.cancelled !== undefined) {
      this.settle(state, cancelledVerdict(state.run.cancelled));
      return true;
    }
    // A lost worker is not the task's fault: no reason to wait.
    const base_ms = outcome.status === 'lost' ? 0 : state.task.retry_policy.retry_delay_seconds * 1000;
    const wait_ms = backoffMs(outcome.attempt - 1, base_ms, MAX_RETRY_DELAY_MS, random);
    if (wait_ms < 1) this.#makeReady(state, now);
    else {
      state.phase = 'delayed';
      state.due_at_ms = now + wait_ms;
      this.delayed.add(state);
    }
    return true;
  }

  /** Makes retries ready whose wait is over. */
  wakeDelayed(now: number): void {
    for (const state of this.delayed) {
      if (state.due_at_ms > now) continue;
      this.delayed.delete(state);
      this.#makeReady(state, now);
    }
  }

  /** Decides how the current attempt ends without a worker. */
  settle(state: TaskState, verdict: Verdict): void {
    if (state.phase === 'done') return;
    this.#leavePhase(state);
    state.phase = 'settling';
    state.verdict = verdict;
    this.toSettle.add(state);
  }

  markEmitted(state: TaskState, pool: string, now: number): void {
    this.#leavePhase(state);
    state.phase = 'emitted';
    state.pool = pool;
    state.emitted_at_ms = now;
    const set = this.emitted.get(pool) ?? new Set();
    this.emitted.set(pool, set);
    set.add(state);
    if (state.run.cancelled !== undefined) this.toWithdraw.add(state);
  }

  /** An emitted attempt that never started goes back to where it waits for a pool. */
  returnToReady(state: TaskState, now: number): void {
    if (state.phase !== 'emitted') return;
    this.#leavePhase(state);
    if (state.run.cancelled !== undefined) this.settle(state, cancelledVerdict(state.run.cancelled));
    else this.#makeReady(state, now);
  }

  /** The open attempt of that key, whatever its phase. */
  find(key: AttemptKey): TaskState | undefined {
    const state = this.runs.get(key.run_id)?.tasks.get(key.task_id);
    return state !== undefined && state.phase !== 'done' && state.attempt === key.attempt ? state : undefined;
  }

  emittedIn(pool: string): number {
    return this.emitted.get(pool)?.size ?? 0;
  }

  dropRun(run: RunState): void {
    this.finished.delete(run);
    this.runs.delete(run.submitted.run_id);
  }

  #admit(state: TaskState, now: number): void {
    if (state.run.cancelled !== undefined) this.settle(state, cancelledVerdict(state.run.cancelled));
    else if (state.phase === 'unbound') this.unbound.add(state);
    else if (state.unmet === 0) this.#makeReady(state, now);
  }

  #makeReady(state: TaskState, now: number): void {
    state.phase = 'ready';
    state.ready_at_ms = now;
    this.ready.add(state);
  }

  #leavePhase(state: TaskState): void {
    if (state.phase === 'ready') this.ready.remove(state);
    if (state.pool !== undefined) {
      const set = this.emitted.get(state.pool);
      set?.delete(state);
      if (set?.size === 0) this.emitted.delete(state.pool);
      state.pool = undefined;
    }
    this.delayed.delete(state);
    this.unbound.delete(state);
    this.toSettle.delete(state);
    this.toWithdraw.delete(state);
  }

  #finish(state: TaskState, status: Outcome['status'], now: number): void {
    state.phase = 'done';
    state.status = status;
    const { run } = state;
    run.counts[status]++;
    run.open--;
    if (run.open === 0) this.finished.add(run);
    for (const dependent of state.dependents) {
      dependent.unmet--;
      if (dependent.phase !== 'blocked') continue;
      if (status !== 'completed') this.settle(dependent, dependencyVerdict(state));
      else if (dependent.unmet === 0) this.#makeReady(dependent, now);
    }
    state.dependents = [];
  }
}

function cancelledVerdict(reason: string): Verdict {
  return { status: 'cancelled', error: taskError('cancelled', 'CANCELLED', reason, false) };
}

function dependencyVerdict(dependency: TaskState): Verdict {
  const message = `not run, because ${dependency.task.task_id}, which it depends on, ended as ${dependency.status ?? 'failed'}`;
  return { status: 'cancelled', error: taskError('dependency_failed', 'DEPENDENCY_FAILED', message, false) };
}

export function taskError(klass: TaskError['class'], code: string, message: string, retriable: boolean): TaskError {
  return { class: klass, code, message, retriable };
}
