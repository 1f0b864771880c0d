import type { RunCounts } from '@benchwire/shared/contracts/event.ts';
import { expand, poolTaskId } from '@benchwire/shared/contracts/expand.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { RunMessage } from '@benchwire/shared/contracts/run.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import type { ReadyQueue } from '../queue/ready-queue.ts';
import type { Verdict } from './attempt-end.ts';
import { linkDependencies } from './link-dependencies.ts';
import { type RunState, TaskState, type Tenant } from './model.ts';
import type { TaskPhases } from './task-phases.ts';
import { cancelledVerdict, endAtOnce } from './verdicts.ts';

interface RunMessagesContext {
  runs: Map<string, RunState>;
  ready: ReadyQueue;
  phases: TaskPhases;
  tenantOf(run: RunState): Tenant;
  end(task: TaskState, verdict: Verdict, now: number): void;
}

/** Folds what RUNS holds: runs, which pools their `each` tasks run on, and cancellations. */
export class RunMessages {
  readonly #context: RunMessagesContext;

  constructor(context: RunMessagesContext) {
    this.#context = context;
  }

  /** @returns issues when the message cannot stand for a run; it belongs into REJECTED then */
  apply(message: RunMessage, now: number): Issue[] {
    switch (message.kind) {
      case 'submitted':
        return this.#submit(message, now);
      case 'bound':
        this.#bind(message.run_id, message.task_id, message.pools, now);
        return [];
      case 'cancelled':
        this.#cancel(message.run_id, message.reason, now);
        return [];
      case 'task_cancelled':
        return this.#cancelTask(message.run_id, message.task_id, message.reason, now);
      default:
        message satisfies never;
        return [];
    }
  }

  #submit(message: Extract<RunMessage, { kind: 'submitted' }>, now: number): Issue[] {
    const { runs, tenantOf } = this.#context;
    if (runs.has(message.run_id)) return [];
    const expansion = expand(message.request);
    if (!expansion.ok) return expansion.issues;
    const run: RunState = {
      submitted: message,
      accepted_at_ms: Date.parse(message.at),
      tasks: new Map(),
      bindings: new Map(),
      queues: new Map(),
      lanes: new Map(),
      emitted: 0,
      max_running: message.request.max_running ?? Number.POSITIVE_INFINITY,
      deadlines: new Map(),
      cancelled: undefined,
      cancelled_tasks: new Map(),
      artifacts: new Map(),
      open: expansion.tasks.length,
      counts: noCounts(expansion.tasks.length),
    };
    tenantOf(run).open_runs++;
    for (const [index, task] of expansion.tasks.entries()) run.tasks.set(task.task_id, this.#newTask(run, task, index));
    linkDependencies(expansion.tasks, run.tasks);
    runs.set(message.run_id, run);
    for (const state of run.tasks.values()) this.#admit(state, now);
    return [];
  }

  /** Replaces an `each` task by its copies, and makes what waits for it wait for all of them. */
  #bind(run_id: string, task_id: string, pools: readonly string[], now: number): void {
    const run = this.#context.runs.get(run_id);
    if (run === undefined || run.bindings.has(task_id)) return;
    // It ends as the one task that it is; RUNS has one order, so every leader sees it so.
    if (run.cancelled !== undefined || run.cancelled_tasks.has(task_id)) return;
    // It has ended for want of a pool.
    if (run.tasks.get(task_id)?.phase === 'done') return;
    run.bindings.set(task_id, pools);
    const expansion = expand(run.submitted.request, run.bindings);
    if (!expansion.ok) return;
    const before = run.tasks;
    run.tasks = new Map();
    const added: TaskState[] = [];
    for (const [index, task] of expansion.tasks.entries()) {
      const known = before.get(task.task_id);
      if (known === undefined) {
        const state = this.#newTask(run, task, index);
        run.tasks.set(task.task_id, state);
        added.push(state);
      } else {
        run.tasks.set(task.task_id, known);
        before.delete(task.task_id);
      }
    }
    // What is left of the old map are the placeholders.
    for (const placeholder of before.values()) this.#context.phases.replace(placeholder);
    run.counts.total += added.length - before.size;
    run.open += added.length - before.size;
    linkDependencies(expansion.tasks, run.tasks);
    for (const state of added) this.#admit(state, now);
  }

  #cancel(run_id: string, reason: string, now: number): void {
    const run = this.#context.runs.get(run_id);
    if (run === undefined || run.cancelled !== undefined) return;
    run.cancelled = reason;
    for (const state of run.tasks.values()) this.#context.end(state, cancelledVerdict(reason), now);
  }

  /** An `each` task stands for its copies, where they are known. */
  #cancelTask(run_id: string, task_id: string, reason: string, now: number): Issue[] {
    const run = this.#context.runs.get(run_id);
    if (run === undefined) return [];
    const copies = run.bindings.get(task_id)?.map((pool) => poolTaskId(task_id, pool));
    for (const id of copies ?? [task_id]) {
      const state = run.tasks.get(id);
      if (state === undefined)
        return [{ path: 'task_id', code: 'unknown_task', message: `run ${run_id} has no task "${id}"` }];
      if (run.cancelled_tasks.has(id)) continue;
      run.cancelled_tasks.set(id, reason);
      this.#context.end(state, cancelledVerdict(reason), now);
    }
    return [];
  }

  #newTask(run: RunState, task: Task, index: number): TaskState {
    const { ready, tenantOf } = this.#context;
    return new TaskState(ready.laneFor(run, task, index, tenantOf(run)), task);
  }

  #admit(state: TaskState, now: number): void {
    const { phases } = this.#context;
    const { run, spec, queue } = state.lane;
    const end = endAtOnce(state);
    if (spec.deadline !== undefined && !run.deadlines.has(queue.due_ms)) run.deadlines.set(queue.due_ms, false);
    if (end !== undefined) phases.settle(state, end, now);
    else if (state.phase === 'unbound') phases.addUnbound(state);
    else if (state.unmet === 0) phases.makeReady(state, now);
  }
}

function noCounts(total: number): RunCounts {
  return { total, completed: 0, failed: 0, timed_out: 0, cancelled: 0, lost: 0 };
}
