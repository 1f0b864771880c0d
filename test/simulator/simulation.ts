import { lostVerdict } from '@benchwire/scheduler/src/failures/reconcile.ts';
import { Fleet } from '@benchwire/scheduler/src/fleet/fleet.ts';
import { planEmissions, viewOf } from '@benchwire/scheduler/src/placement/emit.ts';
import { RankHeap } from '@benchwire/scheduler/src/placement/rank-heap.ts';
import { planSteals } from '@benchwire/scheduler/src/placement/steal.ts';
import type { Strategy } from '@benchwire/scheduler/src/placement/strategy.ts';
import { RunTimeLearner } from '@benchwire/scheduler/src/run-times/run-time-learner.ts';
import type { TaskState } from '@benchwire/scheduler/src/state/model.ts';
import { SchedulerState } from '@benchwire/scheduler/src/state/scheduler-state.ts';
import { aHeartbeat } from '@benchwire/scheduler/src/testing.ts';
import type { OutcomeStatus } from '@benchwire/shared/contracts/outcome.ts';
import { workloadKey } from '@benchwire/shared/contracts/series.ts';
import { exponential } from '@benchwire/shared/stats/exponential.ts';
import { createRandom, type Random } from '@benchwire/shared/stats/random.ts';
import type { Scenario } from './scenario.ts';
import { type Running, SimulatedPools } from './simulated-pools.ts';
import { EPOCH_MS, type SimulatedWorker, type Submission, speedOf, submissionsOf, workersOf } from './world.ts';

/** Between a decision and the job at the worker, and between the end of an attempt and the fold of its outcome. */
const WAY_MS = 3;
/** The leader's timer; in simulated time there is no need for it to be as short as the real one. */
const TICK_MS = 1000;
/** After so much silence a worker is lost. */
const SILENCE_MS = 5000;
const MAX_EMISSIONS = 2000;
/** A simulation that has not ended by then never will. */
const GIVE_UP_MS = 30 * 86_400_000;

/** One attempt that had a slot. */
export interface Attempt {
  submission: Submission;
  task_id: string;
  worker: SimulatedWorker;
  ready_ms: number;
  started_ms: number;
  ended_ms: number;
  status: OutcomeStatus;
}

export interface SimulationResult {
  strategy: string;
  warm: boolean;
  attempts: Attempt[];
  /** Tasks by how they ended. */
  ended: Partial<Record<OutcomeStatus, number>>;
  emitted: number;
  stolen: number;
  /** From the first submission to the end of the last task. */
  makespan_ms: number;
}

export interface SimulationOptions {
  strategy: Strategy;
  /** Whether the scheduler has seen every kind of work on every pool before. */
  warm: boolean;
}

/** Runs a scenario through the real decision core on a virtual clock. Deterministic for a seed. */
export function simulate(scenario: Scenario, options: SimulationOptions): SimulationResult {
  return new Simulation(scenario, options).run();
}

class Simulation {
  #scenario: Scenario;
  #strategy: Strategy;
  #random: Random;
  #now = EPOCH_MS;
  #events = new RankHeap<() => void>();
  #state: SchedulerState;
  #fleet = new Fleet(EPOCH_MS);
  #learner: RunTimeLearner;
  #pools = new SimulatedPools();
  #submissions = new Map<string, Submission>();
  #open = 0;
  #sequence = 0;
  #acting = false;
  #result: SimulationResult;

  constructor(scenario: Scenario, { strategy, warm }: SimulationOptions) {
    this.#scenario = scenario;
    this.#strategy = strategy;
    this.#random = createRandom(scenario.seed + 7919);
    // Like a noop task, what is simulated has no history that another pool would cut off.
    this.#state = new SchedulerState({ tenants: new Map(Object.entries(scenario.tenants)), history_patience_ms: 0 });
    this.#learner = new RunTimeLearner(this.#state.run_times, (pool) => this.#fleet.classOf(pool));
    this.#result = {
      strategy: strategy.name,
      warm,
      attempts: [],
      ended: {},
      emitted: 0,
      stolen: 0,
      makespan_ms: 0,
    };
    const workers = workersOf(scenario);
    for (const worker of workers) this.#join(worker);
    for (const submission of submissionsOf(scenario)) {
      this.#submissions.set(submission.message.run_id, submission);
      this.#open++;
      this.#at(EPOCH_MS + submission.at_ms, () => this.#submit(submission));
      if (warm) this.#teach(submission, workers);
    }
    this.#planChurn(workers);
    this.#planLoss(workers);
  }

  run(): SimulationResult {
    this.#at(this.#now + TICK_MS, () => this.#tick());
    for (;;) {
      const event = this.#events.pop();
      if (event === undefined || this.#open === 0) return this.#result;
      event();
      if (this.#now - EPOCH_MS > GIVE_UP_MS) throw new Error('the simulation does not come to an end');
    }
  }

  #at(ms: number, act: () => void): void {
    this.#events.push(() => {
      this.#now = ms;
      act();
    }, ms);
  }

  #submit(submission: Submission): void {
    const issues = this.#state.applyRunMessage(submission.message, this.#now);
    if (issues.length > 0) throw new Error(JSON.stringify(issues));
    this.#schedule();
  }

  #tick(): void {
    this.#state.wakeDelayed(this.#now);
    this.#steal();
    this.#act();
    this.#at(this.#now + TICK_MS, () => this.#tick());
  }

  #schedule(): void {
    if (this.#acting) return;
    this.#acting = true;
    this.#at(this.#now, () => {
      this.#acting = false;
      this.#act();
    });
  }

  #act(): void {
    for (;;) {
      const emissions = planEmissions(this.#state, this.#fleet, this.#strategy, this.#now, MAX_EMISSIONS);
      for (const { state, pool } of emissions) {
        this.#result.emitted++;
        const { attempt } = state;
        this.#at(this.#now + WAY_MS, () => this.#arrive(state, attempt, pool));
      }
      if (emissions.length < MAX_EMISSIONS) break;
    }
    for (const state of this.#state.toSettle) {
      this.#state.phases.startSettling(state);
      const status = state.verdict?.status ?? 'lost';
      this.#at(this.#now + WAY_MS, () => this.#fold(state, state.attempt, status));
    }
    for (const run of this.#state.finished) {
      this.#state.dropRun(run);
      this.#open--;
      this.#result.makespan_ms = this.#now - EPOCH_MS;
    }
  }

  /** Jobs that nobody has started come back, as from BullMQ. */
  #steal(): void {
    for (const state of planSteals(this.#state, viewOf(this.#state), this.#now)) {
      const pool = state.emission?.pool.name;
      if (pool === undefined || !this.#pools.withdraw(pool, state)) continue;
      this.#state.returnToReady(state, this.#now);
      this.#result.stolen++;
    }
  }

  #arrive(state: TaskState, attempt: number, pool: string): void {
    if (state.phase !== 'emitted' || state.attempt !== attempt || state.emission?.pool.name !== pool) return;
    this.#pools.push(pool, state);
    this.#startNext(pool);
  }

  #startNext(pool: string): void {
    for (;;) {
      const next = this.#pools.next(pool, this.#now);
      if (next === undefined) return;
      const submission = this.#submissionOf(next.state);
      const { worker } = next;
      const { hardware } = worker.worker;
      const reference_ms = submission.reference_ms.get(next.state.task_id) ?? 0;
      const hot = hardware.thermal !== undefined && worker.heat.at(this.#now) > hardware.thermal.limit;
      const slowdown = hot ? (hardware.thermal?.slowdown ?? 1) : 1;
      const run_ms = (reference_ms / speedOf(hardware, submission.work)) * slowdown;
      const fails = this.#random() < hardware.failures;
      const takes_ms = fails ? run_ms * this.#random() : run_ms;
      const { attempt } = next.state;
      worker.heat.busy(this.#now);
      this.#at(this.#now + takes_ms, () => this.#end(next, attempt, fails ? 'failed' : 'completed'));
    }
  }

  #end(running: Running, attempt: number, status: 'completed' | 'failed'): void {
    if (!this.#pools.release(running, this.#now)) return;
    const { state, worker } = running;
    this.#record(running, status);
    const submission = this.#submissionOf(state);
    const seconds = (this.#now - running.started_ms) / 1000;
    const { pool } = worker.worker;
    this.#startNext(pool);
    this.#at(this.#now + WAY_MS, () => {
      this.#learner.learn(
        {
          run_id: submission.message.run_id,
          task_id: state.task_id,
          attempt,
          status,
          pool,
          started_at: '',
          execution_time_seconds: seconds,
          workload: state.lane.bucket.workload,
        },
        ++this.#sequence,
      );
      if (status === 'completed') {
        const { worker_id } = worker.worker.capabilities;
        this.#state.pools.get(pool)?.users.used(submission.work.name, worker_id, this.#now);
      }
      this.#fold(state, attempt, status, { pool, worker_id: worker.worker.capabilities.worker_id });
    });
  }

  #record({ state, worker, started_ms }: Running, status: OutcomeStatus): void {
    this.#result.attempts.push({
      submission: this.#submissionOf(state),
      task_id: state.task_id,
      worker: worker.worker,
      ready_ms: state.ready_at_ms,
      started_ms,
      ended_ms: this.#now,
      status,
    });
  }

  #fold(
    state: TaskState,
    attempt: number,
    status: OutcomeStatus,
    where: { pool: string | null; worker_id: string | null } = { pool: null, worker_id: null },
  ): void {
    const { run_id } = this.#submissionOf(state).message;
    const error =
      status === 'completed' ? null : { class: 'unknown' as const, code: 'X', message: status, retriable: true };
    const finished_at = new Date(this.#now).toISOString();
    const facts = { run_id, task_id: state.task_id, attempt, max_attempts: 1, status, error, finished_at, ...where };
    this.#state.applyOutcome(facts, this.#now, this.#random);
    if (state.phase === 'done') this.#result.ended[status] = (this.#result.ended[status] ?? 0) + 1;
    this.#schedule();
  }

  #join(worker: SimulatedWorker): void {
    const { capabilities } = worker;
    this.#pools.join(worker, this.#now);
    this.#fleet.applyCapabilities(capabilities, this.#now);
    this.#fleet.applyHeartbeat(
      aHeartbeat(capabilities.worker_id, { boot_id: capabilities.boot_id, sent_at: capabilities.started_at }),
      this.#now,
    );
    this.#schedule();
  }

  /** A worker dies: what it ran is noticed after some silence, and what nobody has taken goes elsewhere. */
  #vanish(worker: SimulatedWorker, away_ms: number): void {
    const orphans = this.#pools.leave(worker, this.#now);
    if (orphans === undefined) return;
    for (const running of orphans) this.#record(running, 'lost');
    const { worker_id } = worker.capabilities;
    this.#at(this.#now + SILENCE_MS, () => {
      this.#fleet.forget(worker_id);
      for (const { state, attempt } of orphans) {
        if (state.phase !== 'emitted' || state.attempt !== attempt) continue;
        this.#state.settle(state, lostVerdict(worker.pool, worker_id, 'it vanished'), this.#now);
      }
      for (const state of this.#pools.takeStranded(worker.pool)) this.#state.returnToReady(state, this.#now);
      this.#schedule();
    });
    this.#at(this.#now + Math.max(away_ms, SILENCE_MS + 1), () => {
      this.#join(worker);
      this.#startNext(worker.pool);
    });
  }

  #planChurn(workers: readonly SimulatedWorker[]): void {
    const { churn } = this.#scenario;
    if (churn === undefined) return;
    const mean_ms = churn.every_seconds * 1000;
    for (let at_ms = exponential(mean_ms, this.#random); at_ms < churn.until_seconds * 1000; ) {
      const worker = workers[Math.floor(this.#random() * workers.length)];
      if (worker !== undefined) this.#at(EPOCH_MS + at_ms, () => this.#vanish(worker, churn.away_seconds * 1000));
      at_ms += exponential(mean_ms, this.#random);
    }
  }

  #planLoss(workers: readonly SimulatedWorker[]): void {
    const { loss } = this.#scenario;
    if (loss === undefined) return;
    for (const group of Map.groupBy(workers, (worker) => worker.hardware).values()) {
      for (const worker of group.slice(0, Math.ceil(group.length * loss.share))) {
        this.#at(EPOCH_MS + loss.at_seconds * 1000, () => this.#vanish(worker, loss.back_after_seconds * 1000));
      }
    }
  }

  /** What a scheduler knows that has been running here for long: the mean of each kind of work on each pool. */
  #teach({ work, message }: Submission, workers: readonly SimulatedWorker[]): void {
    const [spec] = message.request.tasks;
    if (spec === undefined) return;
    const workload = workloadKey({ ...spec, benchmark: spec.benchmark ?? message.request.name ?? spec.type });
    for (const { pool, hardware } of workers) {
      if (this.#state.run_times.expect(workload, pool, hardware.class)?.basis === 'pool') continue;
      const seconds = work.seconds / speedOf(hardware, work);
      for (let n = 0; n < 8; n++) this.#state.run_times.observe(workload, pool, hardware.class, seconds, 0);
    }
  }

  #submissionOf(state: TaskState): Submission {
    const { run_id } = state.lane.run.submitted;
    const submission = this.#submissions.get(run_id);
    if (submission === undefined) throw new Error(`run ${run_id} is not of this simulation`);
    return submission;
  }
}
