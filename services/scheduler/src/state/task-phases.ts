import type { OutcomeStatus } from '@benchwire/shared/contracts/outcome.ts';
import { subjectOf } from '../failures/breakers.ts';
import type { FailureMemory } from '../failures/failure-memory.ts';
import type { Pools } from '../fleet/pools.ts';
import type { FairShare } from '../queue/fair-share.ts';
import type { ReadyQueue } from '../queue/ready-queue.ts';
import type { ImportedEnd, Verdict } from './attempt-end.ts';
import { IllegalTransitionError } from './illegal-transition.ts';
import type { PoolState, TaskState } from './model.ts';
import type { Phase } from './phases.ts';

interface TaskPhasesContext {
  ready: ReadyQueue;
  pools: Pools;
  shares: FairShare;
  failures: FailureMemory;
}

/**
 * Moves tasks from phase to phase. Each phase has a place where its tasks stand: the ready queue, a pool, a set here. A task
 * leaves the one and enters the other in one step, so that it never stands in two. Every method throws an
 * `IllegalTransitionError` for what cannot follow, and then has changed nothing.
 */
export class TaskPhases {
  readonly #context: TaskPhasesContext;
  readonly #delayed = new Set<TaskState>();
  readonly #unbound = new Set<TaskState>();
  readonly #toSettle = new Set<TaskState>();
  readonly #toWithdraw = new Set<TaskState>();
  readonly #restricted = new Set<TaskState>();
  readonly #newlyRestricted = new Set<TaskState>();

  constructor(context: TaskPhasesContext) {
    this.#context = context;
  }

  get delayed(): ReadonlySet<TaskState> {
    return this.#delayed;
  }

  get unbound(): ReadonlySet<TaskState> {
    return this.#unbound;
  }

  /** Tasks whose end the scheduler has decided; the outcome is to be published. */
  get toSettle(): ReadonlySet<TaskState> {
    return this.#toSettle;
  }

  /** Emitted tasks that are to be taken out of their queue, or aborted. */
  get toWithdraw(): ReadonlySet<TaskState> {
    return this.#toWithdraw;
  }

  /** Ready tasks for which not every matching pool may do; see pool-exclusions.ts. */
  get restricted(): ReadonlySet<TaskState> {
    return this.#restricted;
  }

  /** A task that waits for its pools has come. */
  addUnbound(task: TaskState): void {
    expectPhase(task, 'unbound');
    this.#unbound.add(task);
  }

  /** Its copies have taken the place of a task that waited for its pools. */
  replace(task: TaskState): void {
    if (task.phase !== 'unbound' && task.phase !== 'settling') expectPhase(task, 'unbound');
    this.#unbound.delete(task);
    this.#toSettle.delete(task);
  }

  makeReady(task: TaskState, now: number): void {
    this.#move(task, 'ready', now);
    task.ready_at_ms = now;
    this.#context.ready.add(task);
    const { failures } = this.#context;
    const { spec, bucket } = task.lane;
    const is_restricted = failures.has(task) || bucket.group.blocked !== undefined;
    if (is_restricted || failures.breakers.concerns(subjectOf(spec))) this.restrict(task);
  }

  delay(task: TaskState, due_at_ms: number, now: number): void {
    this.#move(task, 'delayed', now);
    task.due_at_ms = due_at_ms;
    this.#delayed.add(task);
  }

  /** @param expected_ms - how long it is expected to run there */
  emit(task: TaskState, pool: PoolState, expected_ms: number, now: number): void {
    this.#move(task, 'emitted', now);
    const { run, tenant } = task.lane;
    run.emitted++;
    tenant.emitted++;
    pool.add(task, expected_ms, now);
    this.#context.shares.charge(tenant, expected_ms);
  }

  settle(task: TaskState, verdict: Verdict | ImportedEnd, now: number): void {
    this.#move(task, 'settling', now);
    task.verdict = verdict;
    this.#toSettle.add(task);
  }

  finish(task: TaskState, status: OutcomeStatus, now: number): void {
    this.#move(task, 'done', now);
    task.status = status;
  }

  /** The outcome of a task whose end was decided is on its way. */
  startSettling(task: TaskState): void {
    expectPhase(task, 'settling');
    this.#toSettle.delete(task);
  }

  /** An emitted task is to be taken back from its pool. */
  withdraw(task: TaskState): void {
    expectPhase(task, 'emitted');
    this.#toWithdraw.add(task);
  }

  /** Somebody takes it back now. */
  startWithdrawing(task: TaskState): void {
    expectPhase(task, 'emitted');
    this.#toWithdraw.delete(task);
  }

  /** Not every pool may do for a ready task any more. */
  restrict(task: TaskState): void {
    expectPhase(task, 'ready');
    this.#restricted.add(task);
    this.#newlyRestricted.add(task);
  }

  /** Every matching pool may do for it again. */
  unrestrict(task: TaskState): void {
    this.#restricted.delete(task);
    this.#newlyRestricted.delete(task);
  }

  /** The restricted tasks that nobody has looked at since they became so. Each is given once. */
  takeNewlyRestricted(): TaskState[] {
    const taken = [...this.#newlyRestricted];
    this.#newlyRestricted.clear();
    return taken;
  }

  get hasNewlyRestricted(): boolean {
    return this.#newlyRestricted.size > 0;
  }

  #move(task: TaskState, phase: Phase, now: number): void {
    const { phase: before } = task;
    task.enter(phase);
    switch (before) {
      case 'ready':
        this.#context.ready.remove(task);
        this.unrestrict(task);
        return;
      case 'emitted':
        this.#leavePool(task, now);
        return;
      case 'delayed':
        this.#delayed.delete(task);
        return;
      case 'unbound':
        this.#unbound.delete(task);
        return;
      case 'settling':
        this.#toSettle.delete(task);
        task.verdict = undefined;
        return;
      case 'blocked':
      case 'done':
        return;
      default:
        before satisfies never;
    }
  }

  /** One attempt fewer in queues or in execution; those that stood at a limit may go on. */
  #leavePool(task: TaskState, now: number): void {
    const { ready, shares, pools } = this.#context;
    const { run, tenant } = task.lane;
    const { emission } = task;
    if (emission !== undefined) {
      const used_ms = emission.started_ms === undefined ? 0 : now - emission.started_ms;
      shares.correct(tenant, used_ms - emission.expected_ms);
      emission.pool.delete(task, now);
      pools.wake(emission.pool);
    }
    this.#toWithdraw.delete(task);
    if (tenant.atLimit) {
      for (const group of tenant.queues.keys()) ready.touched.add(group);
    } else if (run.emitted >= run.max_running) {
      for (const queue of run.queues.values()) if (queue.size > 0) ready.touched.add(queue.group);
    }
    run.emitted--;
    tenant.emitted--;
  }
}

function expectPhase(task: TaskState, phase: Phase): void {
  if (task.phase !== phase)
    throw new IllegalTransitionError(`task ${task.task_id} is ${task.phase}, and this is for tasks that are ${phase}`);
}
