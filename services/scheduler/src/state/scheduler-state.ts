import { recoveryOf } from '@benchwire/shared/contracts/failure-classes.ts';
import type { AttemptKey } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcomeIsFinal } from '@benchwire/shared/contracts/outcome.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { RunMessage } from '@benchwire/shared/contracts/run.ts';
import { backoffMs } from '@benchwire/shared/runtime/lifecycle.ts';
import { type Blocked, blockedKey } from '../failures/blocked-pools.ts';
import { FailureMemory } from '../failures/failure-memory.ts';
import { Pools } from '../fleet/pools.ts';
import { Reservations } from '../placement/reservations.ts';
import { FairShare } from '../queue/fair-share.ts';
import { ReadyQueue } from '../queue/ready-queue.ts';
import { durationOf } from '../run-times/durations.ts';
import { RunTimes } from '../run-times/run-times.ts';
import type { OutcomeFacts, Verdict } from './attempt-end.ts';
import type { RunState, TaskState, Tenant } from './model.ts';
import { RunMessages } from './run-messages.ts';
import { DEFAULT_OPTIONS, type StateOptions } from './state-options.ts';
import { TaskPhases } from './task-phases.ts';
import { dependencyVerdict, endOf } from './verdicts.ts';

const MAX_RETRY_DELAY_MS = 3_600_000;

/**
 * Everything the scheduler knows of open runs: a fold over RUNS and OUTCOMES, in memory and nowhere else. Applying a
 * message twice changes nothing. What has to be done about the state stands in the sets of `phases` and in `finished`; a
 * replay on a new leader fills them again.
 */
export class SchedulerState {
  readonly runs = new Map<string, RunState>();
  readonly run_times = new RunTimes();
  readonly shares: FairShare;
  readonly ready: ReadyQueue;
  readonly pools: Pools;
  readonly reservations: Reservations;
  readonly failures: FailureMemory;
  /** In which phase each task is, and the tasks about which something has to be done. */
  readonly phases: TaskPhases;
  readonly history_patience_ms: number;
  readonly #options: StateOptions;
  readonly #messages: RunMessages;
  readonly #finished = new Set<RunState>();

  constructor(options: Partial<StateOptions> = {}) {
    this.#options = { ...DEFAULT_OPTIONS, ...options };
    this.history_patience_ms = this.#options.history_patience_ms;
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
    const { ready, pools, shares, failures, runs } = this;
    this.phases = new TaskPhases({ ready, pools, shares, failures });
    this.#messages = new RunMessages({
      ...{ runs, ready, phases: this.phases },
      tenantOf: (run) => this.#tenantOf(run),
      end: (task, verdict, now) => this.end(task, verdict, now),
    });
  }

  /** Tasks whose end the scheduler has decided; the outcome is to be published. */
  get toSettle(): ReadonlySet<TaskState> {
    return this.phases.toSettle;
  }

  /** Emitted tasks that are to be taken out of their queue, or aborted. */
  get toWithdraw(): ReadonlySet<TaskState> {
    return this.phases.toWithdraw;
  }

  /** `each` tasks that wait for their pools. */
  get unbound(): ReadonlySet<TaskState> {
    return this.phases.unbound;
  }

  /** Runs whose tasks are all done. */
  get finished(): ReadonlySet<RunState> {
    return this.#finished;
  }

  /** @returns issues when the message cannot stand for a run; it belongs into REJECTED then */
  applyRunMessage(message: RunMessage, now: number): Issue[] {
    return this.#messages.apply(message, now);
  }

  /** Ends a task that has not ended: at once, or as soon as the worker that has it has let go of it. */
  end(state: TaskState, verdict: Verdict, now: number): void {
    if (state.phase === 'emitted') this.phases.withdraw(state);
    else if (state.phase !== 'done' && state.phase !== 'settling') this.phases.settle(state, verdict, now);
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
    const is_final = outcomeIsFinal({ ...outcome, max_attempts: spec.retry_policy.max_retries + 1 });
    // An `each` task that waits for its pools has no attempts: only the scheduler ends it, and that for good.
    if (state.phase === 'unbound' && !is_final) return false;
    this.failures.learn(state, outcome, now);
    state.attempt = outcome.attempt;
    if (is_final) {
      const artifact = outcome.status === 'completed' ? outcome.results?.artifact : undefined;
      if (artifact !== undefined) state.lane.run.artifacts.set(outcome.task_id, artifact);
      this.#finish(state, outcome.status, now);
      return true;
    }
    state.attempt++;
    const end = endOf(state);
    if (end !== undefined) {
      this.phases.settle(state, end, now);
      return true;
    }
    // A lost worker is not the task's fault: no reason to wait.
    const at_once = outcome.status === 'lost' || (outcome.error !== null && recoveryOf(outcome.error) === 'at_once');
    const base_ms = at_once ? 0 : spec.retry_policy.retry_delay_seconds * 1000;
    const wait_ms = backoffMs(outcome.attempt - 1, base_ms, MAX_RETRY_DELAY_MS, random);
    if (wait_ms < 1) this.phases.makeReady(state, now);
    else this.phases.delay(state, now + wait_ms, now);
    return true;
  }

  /** Sets which matching pools a ready task must not go to. */
  block(state: TaskState, blocked: Blocked | undefined): void {
    const { group } = state.lane.bucket;
    if (blockedKey(group.blocked) === blockedKey(blocked)) {
      // The same pools, maybe for another reason by now.
      group.explainBlocked(blocked);
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
    for (const state of this.phases.delayed) if (state.due_at_ms <= now) this.phases.makeReady(state, now);
  }

  /** Decides how the current attempt ends without a worker. Nothing for a task that is over. */
  settle(state: TaskState, verdict: Verdict, now: number): void {
    if (state.phase !== 'done') this.phases.settle(state, verdict, now);
  }

  /** @param expected_ms - how long it is expected to run there */
  markEmitted(state: TaskState, pool: string, expected_ms: number, now: number): void {
    this.phases.emit(state, this.pools.known(pool), expected_ms, now);
    if (endOf(state) !== undefined) this.phases.withdraw(state);
  }

  /** Takes over an attempt that was found in a pool's queue. */
  adopt(state: TaskState, pool: string, now: number): void {
    const { bucket } = state.lane;
    this.markEmitted(state, pool, durationOf(this.run_times, bucket, this.pools.known(pool)).ms, now);
  }

  /** An emitted attempt that never started goes back to where it waits for a pool. */
  returnToReady(state: TaskState, now: number): void {
    if (state.phase !== 'emitted') return;
    const end = endOf(state);
    if (end !== undefined) this.phases.settle(state, end, now);
    else this.phases.makeReady(state, now);
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
    this.#finished.delete(run);
    if (!this.runs.delete(run.submitted.run_id)) return;
    this.ready.dropRun(run);
    this.shares.closeRun(this.#tenantOf(run));
  }

  #tenantOf(run: RunState): Tenant {
    return this.shares.tenant(run.submitted.request.tags[this.#options.tenant_tag] ?? '');
  }

  #finish(state: TaskState, status: Outcome['status'], now: number): void {
    this.phases.finish(state, status, now);
    this.failures.forget(state);
    const { run } = state.lane;
    run.counts[status]++;
    run.open--;
    if (run.open === 0) this.#finished.add(run);
    for (const dependent of state.dependents ?? []) {
      dependent.unmet--;
      if (dependent.phase !== 'blocked') continue;
      if (status !== 'completed' && dependent.lane.spec.run_when === 'success')
        this.phases.settle(dependent, dependencyVerdict(state), now);
      else if (dependent.unmet === 0) this.phases.makeReady(dependent, now);
    }
    state.dependents = undefined;
  }
}
