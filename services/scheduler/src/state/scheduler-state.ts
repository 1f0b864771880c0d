import { expand, poolTaskId } from '@benchwire/shared/contracts/expand.ts';
import { recoveryOf } from '@benchwire/shared/contracts/failure-classes.ts';
import type { AttemptKey } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcomeIsFinal } from '@benchwire/shared/contracts/outcome.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { RunMessage } from '@benchwire/shared/contracts/run.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { backoffMs } from '@benchwire/shared/runtime/lifecycle.ts';
import { subjectOf } from '../failures/breakers.ts';
import { FailureMemory } from '../failures/failure-memory.ts';
import { type Blocked, blockedKey } from '../failures/recovery.ts';
import { Pools } from '../fleet/pools.ts';
import { Reservations } from '../placement/reservations.ts';
import { ReadyQueue } from '../queue/ready-queue.ts';
import { FairShare, type Tenant } from '../queue/tenant.ts';
import { durationOf } from '../run-times/durations.ts';
import { RunTimes } from '../run-times/run-times.ts';
import {
  linkDependencies,
  newTask,
  noCounts,
  type OutcomeFacts,
  type RunState,
  type TaskState,
  type Verdict,
} from './run-state.ts';
import { DEFAULT_OPTIONS, type StateOptions } from './state-options.ts';
import { cancelledVerdict, dependencyVerdict, endOf } from './verdicts.ts';

const MAX_RETRY_DELAY_MS = 3_600_000;

/**
 * Everything the scheduler knows of open runs: a fold over RUNS and OUTCOMES, in memory and nowhere else. Applying a
 * message twice changes nothing. What has to be done about the state stands in the sets below; whoever does it takes
 * the entry out, and a replay on a new leader fills them again.
 */
export class SchedulerState {
  readonly runs = new Map<string, RunState>();
  readonly run_times = new RunTimes();
  readonly shares: FairShare;
  readonly ready: ReadyQueue;
  readonly pools: Pools;
  readonly reservations: Reservations;
  readonly delayed = new Set<TaskState>();
  readonly unbound = new Set<TaskState>();
  /** Tasks whose end the scheduler has decided; the outcome is to be published. */
  readonly toSettle = new Set<TaskState>();
  /** Emitted tasks that were cancelled: to be taken out of their queue, or aborted. */
  readonly toWithdraw = new Set<TaskState>();
  /** Runs whose tasks are all done. */
  readonly finished = new Set<RunState>();
  readonly failures: FailureMemory;
  /** Ready tasks for which not every matching pool may do; see pool-exclusions.ts. */
  readonly restricted = new Set<TaskState>();
  /** Those of them that were not looked at yet. */
  readonly newlyRestricted = new Set<TaskState>();

  #options: StateOptions;

  constructor(options: Partial<StateOptions> = {}) {
    this.#options = { ...DEFAULT_OPTIONS, ...options };
    this.failures = new FailureMemory(options.failures);
    this.reservations = options.reservations ?? new Reservations();
    const { tenants, aging_ms } = this.#options;
    this.shares = new FairShare((name) => ({
      weight: 1,
      max_running: Number.POSITIVE_INFINITY,
      ...tenants.get(name),
    }));
    this.pools = new Pools(() => this.ready.groups);
    this.ready = new ReadyQueue({
      aging_ms,
      shares: this.shares,
      listener: {
        added: (group) => this.pools.addGroup(group),
        removed: (group) => this.pools.removeGroup(group),
      },
    });
  }

  /** @returns issues when the message cannot stand for a run; it belongs into REJECTED then */
  applyRunMessage(message: RunMessage, now: number): Issue[] {
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
    if (this.runs.has(message.run_id)) return [];
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
      open: expansion.tasks.length,
      counts: noCounts(expansion.tasks.length),
    };
    this.#tenantOf(run).open_runs++;
    for (const [index, task] of expansion.tasks.entries()) run.tasks.set(task.task_id, this.#newTask(run, task, index));
    linkDependencies(expansion.tasks, run.tasks);
    this.runs.set(message.run_id, run);
    for (const state of run.tasks.values()) this.#admit(state, now);
    return [];
  }

  /** Replaces an `each` task by its copies, and makes whoever waits for it wait for all of them. */
  #bind(run_id: string, task_id: string, pools: readonly string[], now: number): void {
    const run = this.runs.get(run_id);
    if (run === undefined || run.bindings.has(task_id)) return;
    // It ends as the one task that it is; RUNS has one order, so every leader sees it so.
    if (run.cancelled !== undefined || run.cancelled_tasks.has(task_id)) return;
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
    for (const placeholder of before.values()) {
      this.unbound.delete(placeholder);
      this.toSettle.delete(placeholder);
    }
    run.counts.total += added.length - before.size;
    run.open += added.length - before.size;
    linkDependencies(expansion.tasks, run.tasks);
    for (const state of added) this.#admit(state, now);
  }

  #cancel(run_id: string, reason: string, now: number): void {
    const run = this.runs.get(run_id);
    if (run === undefined || run.cancelled !== undefined) return;
    run.cancelled = reason;
    for (const state of run.tasks.values()) this.end(state, cancelledVerdict(reason), now);
  }

  /** An `each` task stands for its copies, where they are known. */
  #cancelTask(run_id: string, task_id: string, reason: string, now: number): Issue[] {
    const run = this.runs.get(run_id);
    if (run === undefined) return [];
    const copies = run.bindings.get(task_id)?.map((pool) => poolTaskId(task_id, pool));
    for (const id of copies ?? [task_id]) {
      const state = run.tasks.get(id);
      if (state === undefined)
        return [{ path: 'task_id', code: 'unknown_task', message: `run ${run_id} has no task "${id}"` }];
      if (run.cancelled_tasks.has(id)) continue;
      run.cancelled_tasks.set(id, reason);
      this.end(state, cancelledVerdict(reason), now);
    }
    return [];
  }

  /** Ends a task that has not ended: at once, or as soon as whoever has it has let go of it. */
  end(state: TaskState, verdict: Verdict, now: number): void {
    if (state.phase === 'emitted') this.toWithdraw.add(state);
    else if (state.phase !== 'done' && state.phase !== 'settling') this.settle(state, verdict, now);
  }

  /**
   * The first outcome of the current attempt counts; earlier attempts' late ones and repetitions do not.
   * @param random - in [0, 1), for the retry's jitter
   * @returns whether it changed anything
   */
  applyOutcome(outcome: OutcomeFacts, now: number, random: () => number): boolean {
    const state = this.runs.get(outcome.run_id)?.tasks.get(outcome.task_id);
    if (state === undefined || state.phase === 'done' || outcome.attempt < state.attempt) return false;
    const { spec } = state.lane;
    this.#leavePhase(state, now);
    state.attempt = outcome.attempt;
    state.verdict = undefined;
    this.failures.learn(state, outcome, now);
    if (outcomeIsFinal({ ...outcome, max_attempts: spec.retry_policy.max_retries + 1 })) {
      this.#finish(state, outcome.status, now);
      return true;
    }
    state.attempt++;
    const end = endOf(state);
    if (end !== undefined) {
      this.settle(state, end, now);
      return true;
    }
    // A lost worker is not the task's fault: no reason to wait.
    const at_once = outcome.status === 'lost' || (outcome.error !== null && recoveryOf(outcome.error) === 'at_once');
    const base_ms = at_once ? 0 : spec.retry_policy.retry_delay_seconds * 1000;
    const wait_ms = backoffMs(outcome.attempt - 1, base_ms, MAX_RETRY_DELAY_MS, random);
    if (wait_ms < 1) this.#makeReady(state, now);
    else {
      state.phase = 'delayed';
      state.due_at_ms = now + wait_ms;
      this.delayed.add(state);
    }
    return true;
  }

  /** Sets which matching pools a ready task must not go to. */
  block(state: TaskState, blocked: Blocked | undefined): void {
    const { group } = state.lane.bucket;
    if (blockedKey(group.blocked) === blockedKey(blocked)) {
      // The same pools, maybe for another reason by now.
      group.blocked = blocked;
      return;
    }
    const ready = state.phase === 'ready';
    if (ready) this.ready.remove(state);
    const { run, spec, index, tenant } = state.lane;
    state.lane = this.ready.laneFor(run, spec, index, tenant, blocked);
    if (ready) this.ready.add(state);
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
  settle(state: TaskState, verdict: Verdict, now: number): void {
    if (state.phase === 'done') return;
    this.#leavePhase(state, now);
    state.phase = 'settling';
    state.verdict = verdict;
    this.toSettle.add(state);
  }

  /** @param expected_ms - how long it is expected to run there */
  markEmitted(state: TaskState, pool: string, expected_ms: number, now: number): void {
    this.#leavePhase(state, now);
    const { run, tenant } = state.lane;
    state.phase = 'emitted';
    run.emitted++;
    tenant.emitted++;
    this.pools.known(pool).add(state, expected_ms, now);
    this.shares.charge(tenant, expected_ms);
    if (endOf(state) !== undefined) this.toWithdraw.add(state);
  }

  /** Takes over an attempt that was found in a pool's queue. */
  adopt(state: TaskState, pool: string, now: number): void {
    const { bucket } = state.lane;
    this.markEmitted(state, pool, durationOf(this.run_times, bucket, this.pools.known(pool)).ms, now);
  }

  /** An emitted attempt that never started goes back to where it waits for a pool. */
  returnToReady(state: TaskState, now: number): void {
    if (state.phase !== 'emitted') return;
    this.#leavePhase(state, now);
    const end = endOf(state);
    if (end !== undefined) this.settle(state, end, now);
    else this.#makeReady(state, now);
  }

  /** The open attempt of that key, whatever its phase. */
  find(key: AttemptKey): TaskState | undefined {
    const state = this.runs.get(key.run_id)?.tasks.get(key.task_id);
    return state !== undefined && state.phase !== 'done' && state.attempt === key.attempt ? state : undefined;
  }

  emittedIn(pool: string): number {
    return this.pools.get(pool)?.emitted.size ?? 0;
  }

  dropRun(run: RunState): void {
    this.finished.delete(run);
    if (!this.runs.delete(run.submitted.run_id)) return;
    this.ready.dropRun(run);
    this.shares.closeRun(this.#tenantOf(run));
  }

  #tenantOf(run: RunState): Tenant {
    return this.shares.tenant(run.submitted.request.tags[this.#options.tenant_tag] ?? '');
  }

  #newTask(run: RunState, task: Task, index: number): TaskState {
    return newTask(this.ready.laneFor(run, task, index, this.#tenantOf(run)), task);
  }

  #admit(state: TaskState, now: number): void {
    const { run, spec } = state.lane;
    const end = endOf(state);
    const { due_ms } = state.lane.queue;
    if (spec.deadline !== undefined && !run.deadlines.has(due_ms)) run.deadlines.set(due_ms, false);
    if (end !== undefined) this.settle(state, end, now);
    else if (state.phase === 'unbound') this.unbound.add(state);
    else if (state.unmet === 0) this.#makeReady(state, now);
  }

  #makeReady(state: TaskState, now: number): void {
    state.phase = 'ready';
    state.ready_at_ms = now;
    this.ready.add(state);
    const { spec, bucket } = state.lane;
    const restricted = this.failures.has(state) || bucket.group.blocked !== undefined;
    if (!restricted && !this.failures.breakers.concerns(subjectOf(spec))) return;
    this.restricted.add(state);
    this.newlyRestricted.add(state);
  }

  #leavePhase(state: TaskState, now: number): void {
    switch (state.phase) {
      case 'ready':
        this.ready.remove(state);
        this.restricted.delete(state);
        this.newlyRestricted.delete(state);
        return;
      case 'emitted': {
        this.#leavePool(state, now);
        return;
      }
      case 'delayed':
        this.delayed.delete(state);
        return;
      case 'unbound':
        this.unbound.delete(state);
        return;
      case 'settling':
        this.toSettle.delete(state);
        return;
      default:
        return;
    }
  }

  /** One attempt fewer in queues or in execution; whoever stood at a limit may go on. */
  #leavePool(state: TaskState, now: number): void {
    const { run, tenant } = state.lane;
    const { emission } = state;
    if (emission !== undefined) {
      const used_ms = emission.started_ms === undefined ? 0 : now - emission.started_ms;
      this.shares.correct(tenant, used_ms - emission.expected_ms);
      emission.pool.delete(state, now);
      this.pools.wake(emission.pool);
    }
    this.toWithdraw.delete(state);
    if (tenant.atLimit) {
      for (const group of tenant.queues.keys()) this.ready.touched.add(group);
    } else if (run.emitted >= run.max_running) {
      for (const queue of run.queues.values()) if (queue.size > 0) this.ready.touched.add(queue.group);
    }
    run.emitted--;
    tenant.emitted--;
  }

  #finish(state: TaskState, status: Outcome['status'], now: number): void {
    state.phase = 'done';
    state.status = status;
    this.failures.forget(state);
    const { run } = state.lane;
    run.counts[status]++;
    run.open--;
    if (run.open === 0) this.finished.add(run);
    for (const dependent of state.dependents ?? []) {
      dependent.unmet--;
      if (dependent.phase !== 'blocked') continue;
      if (status !== 'completed' && dependent.lane.spec.run_when === 'success')
        this.settle(dependent, dependencyVerdict(state), now);
      else if (dependent.unmet === 0) this.#makeReady(dependent, now);
    }
    state.dependents = undefined;
  }
}
