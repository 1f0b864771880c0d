import { eventOf } from '@benchwire/shared/contracts/event.ts';
import { recoveryOf } from '@benchwire/shared/contracts/failure-classes.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { claimIssues } from '@benchwire/shared/contracts/outcome-claims.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { PoolDemand } from '@benchwire/shared/contracts/status.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import type { Reader } from '@benchwire/shared/runtime/read-to-end.ts';
import { DemandReports } from '../demand/demand-reports.ts';
import { PoolExclusions } from '../failures/pool-exclusions.ts';
import type { FleetChange } from '../fleet/fleet.ts';
import { readHistory } from '../handlers/outcome-history.ts';
import { type OutcomeReading, type ReadOutcome, readOutcomes } from '../handlers/outcomes.ts';
import { type RunMessages, readRuns } from '../handlers/runs.ts';
import { answerWhy } from '../handlers/why.ts';
import { viewOf } from '../placement/emit.ts';
import { planSteals } from '../placement/steal.ts';
import { expireUnplaceable, findUnplaceable } from '../placement/unplaceable.ts';
import { missDeadlines } from '../queue/deadlines.ts';
import { RunTimeLearner } from '../run-times/run-time-learner.ts';
import { announcement, deadlineEvent, demandEvent, waitingForPoolEvent } from '../state/events.ts';
import type { TaskState } from '../state/model.ts';
import { SchedulerState } from '../state/scheduler-state.ts';
import { BackgroundWork } from './background-work.ts';
import { Bindings } from './bindings.ts';
import { Emissions } from './emissions.ts';
import { FailurePatterns } from './failure-patterns.ts';
import type { LeaderOptions } from './leader-options.ts';
import { Reconciler } from './reconciler.ts';
import { RunCompletion } from './run-completion.ts';
import { type LeaderStatus, statusOf } from './status.ts';
import type { LeaderProgress } from './watchdog.ts';
import { WorkerAbsences } from './worker-absences.ts';

const TICK_MS = 100;
/** How often jobs that stand behind others are looked at: whether an idle pool would complete them earlier. */
const MOVE_MS = 1000;
/** How often registered workers are looked at that are not heard. */
const ABSENCES_MS = 1000;
/** Past outcomes that teach a new leader run times: a third of a second beside its work, unless they carry long logs. */
const LEARN_FROM_OUTCOMES = 20_000;

/**
 * The one active scheduler. Folds RUNS and OUTCOMES into its state and does what the state asks for: emits attempts,
 * ends those that nobody else can, finishes runs. Acts only while its lease is valid; everything it does is keyed, so
 * that a successor may do it again.
 */
export class Leader {
  readonly state: SchedulerState;
  #learner: RunTimeLearner;
  #reports: DemandReports;
  #options: LeaderOptions;
  #work: BackgroundWork;
  #running: Running[] = [];
  #messages: RunMessages | undefined;
  #scheduled = false;
  #moved_at_ms = 0;
  #ready = false;
  #phase = 'shutting out earlier leaders';
  readonly #readers: Reader[] = [];
  #emissions: Emissions;
  #completion: RunCompletion;
  #bindings: Bindings;
  #reconciler: Reconciler;
  #exclusions: PoolExclusions;
  #failurePatterns: FailurePatterns;
  #absences: WorkerAbsences;
  #told_absences_at_ms = 0;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.state = new SchedulerState(options.state_options);
    const work = new BackgroundWork(options.jetstream, options.log);
    this.#work = work;
    const schedule = (): void => this.schedule();
    this.#exclusions = new PoolExclusions(this.state);
    this.#failurePatterns = new FailurePatterns(this.state, {
      ...options,
      publishEvent: (event) => work.publishEvent(event),
      track: (each) => work.track(each),
    });
    this.#reconciler = new Reconciler(this.state, options);
    const onAbort = (state: TaskState): void => this.#reconciler.recheckAbort(state);
    this.#emissions = new Emissions(this.state, { ...options, work, schedule, onAbort });
    this.#completion = new RunCompletion(this.state, {
      ...options,
      work,
      schedule,
      ack: (run_id) => this.#messages?.ack(run_id),
    });
    this.#bindings = new Bindings(this.state, { ...options, work });
    this.#learner = new RunTimeLearner(this.state.run_times, (pool) => options.fleet.classOf(pool));
    this.#absences = new WorkerAbsences({ ...options, told: options.told_absences, work });
    this.#reports = new DemandReports(options.now());
  }

  /** Replays RUNS, then OUTCOMES, then what stands in the queues; decides nothing before that. */
  async start(): Promise<void> {
    const began = this.#options.now();
    this.#phase = 'reading RUNS';
    const runs = await this.#readRuns();
    this.#readers.push(runs);
    this.#messages = runs;
    if (!(await this.#keep(runs))) return;
    await runs.caughtUp;
    if (this.#work.signal.aborted) return;

    const outcomes = this.#readOutcomes();
    if (!(await this.#keep(outcomes))) return;
    this.#readers.push(outcomes);
    this.#phase = 'reading OUTCOMES';
    const first_sequence = await outcomes.caughtUp;

    this.#phase = 'taking over the jobs in the queues';
    await this.#reconciler.restore();
    if (this.#work.signal.aborted) return;
    this.#lead(first_sequence, began);
  }

  #readRuns(): Promise<RunMessages> {
    const { now, onSpoiled } = this.#options;
    return readRuns(this.#options, {
      apply: (message, as_written) => {
        const issues = this.state.applyRunMessage(message, now());
        const run = this.state.runs.get(message.run_id);
        if (issues.length === 0 && run !== undefined) this.#work.publishEvent(announcement(message, run, as_written));
        this.schedule();
        return issues;
      },
      isOpen: (run_id) => this.state.runs.has(run_id),
      spoiled: (reason) => onSpoiled(reason),
    });
  }

  /** From the oldest open run on. */
  #readOutcomes(): OutcomeReading {
    let oldest = this.#options.now();
    for (const run of this.state.runs.values()) oldest = Math.min(oldest, run.accepted_at_ms);
    return readOutcomes(this.#options, oldest, (outcome, sequence) => this.#takeOutcome(outcome, sequence));
  }

  #takeOutcome(outcome: ReadOutcome, sequence: number): Issue[] {
    const { now, random, metrics } = this.#options;
    const { run_id, task_id, attempt, error, pool, worker_id, model, status } = outcome;
    const task = this.state.runs.get(run_id)?.tasks.get(task_id);
    const issues = task === undefined ? [] : claimIssues(task.lane.spec, outcome);
    if (issues.length > 0) return issues;
    metrics.outcomes.inc({ status });
    this.#learner.learn(outcome, sequence);
    if (status === 'completed' && pool !== null && worker_id !== null && model !== null)
      this.state.pools.get(pool)?.users.used(model, worker_id, now());
    if (!this.state.applyOutcome(outcome, now(), random)) return [];
    if (error !== null && this.state.find({ run_id, task_id, attempt: attempt + 1 }) !== undefined)
      metrics.recoveries.inc({ recovery: recoveryOf(error) });
    this.schedule();
    return [];
  }

  /** Decides from now on. */
  #lead(first_sequence: number, began: number): void {
    const { now, log, lease } = this.#options;
    this.#failurePatterns.begin();
    this.#phase = 'leading';
    this.#ready = true;
    const timer = setInterval(() => this.#tick(), TICK_MS);
    this.#running.push({
      stop: async () => clearInterval(timer),
    });
    this.#running.push(answerWhy(this.#options, this.state));
    this.#tick();
    const past = { before_sequence: first_sequence, max_outcomes: LEARN_FROM_OUTCOMES };
    this.#running.push(readHistory(this.#options, past, (outcome, sequence) => this.#learner.learn(outcome, sequence)));
    log.info({ open_runs: this.state.runs.size, replay_ms: Math.round(now() - began) }, 'leading');
    this.#work.publishEvent(
      eventOf('service.leader', {
        ...{ at_ms: now(), event_id: newRunId(), message: 'a scheduler has taken the lead' },
        data: { open_runs: this.state.runs.size, epoch: lease.epoch },
      }),
    );
  }

  async stop(): Promise<void> {
    this.#ready = false;
    this.#work.abort();
    await Promise.allSettled(this.#running.toReversed().map((part) => part.stop()));
    await this.#work.settled();
  }

  /** How far it is: what the watchdog goes by. */
  get progress(): LeaderProgress {
    return {
      is_leading: this.#ready,
      phase: this.#phase,
      readers: this.#readers,
      steps: this.#reconciler.looked_at,
      redis_answers: this.#options.queues.answers,
    };
  }

  /** What it says of itself once a second; undefined until it has replayed everything and decides. */
  status(id: string): LeaderStatus | undefined {
    return this.#mayAct() ? statusOf(id, this.state, this.#options.fleet, this.#options.now()) : undefined;
  }

  /** Tells what there is to do for the pools where that has changed. */
  reportDemand(pools: readonly PoolDemand[]): void {
    const now = this.#options.now();
    for (const demand of this.#reports.due(pools, now)) this.#work.publishEvent(demandEvent(demand, now));
  }

  /** Registers a part to be stopped; one that comes up after `stop` is stopped at once. */
  async #keep(part: Running): Promise<boolean> {
    if (this.#work.signal.aborted) {
      await part.stop();
      return false;
    }
    this.#running.push(part);
    return true;
  }

  /** To be called when workers have come, gone or changed. */
  onFleetChange(change: FleetChange): void {
    const { fleet } = this.#options;
    this.schedule();
    if (change.kind === 'joined') return;
    if (!this.#ready) return;
    if (change.kind === 'lost' && this.#mayAct()) this.#absences.act();
    if (change.kind === 'released') this.#failurePatterns.released(change.worker_id);
    for (const pool of fleet.poolsOf(change.worker_id)) this.#work.track(this.#reconcile(pool));
  }

  /** Asks for a round of decisions, soon and once, however often it is called. */
  schedule(): void {
    if (this.#scheduled || !this.#ready) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#mayAct()) this.#act();
    });
  }

  #mayAct(): boolean {
    return this.#ready && !this.#work.signal.aborted && this.#options.lease.valid();
  }

  #tick(): void {
    if (!this.#mayAct()) return;
    const { fleet, now } = this.#options;
    this.state.wakeDelayed(now());
    for (const found of findUnplaceable(this.state, fleet, now()))
      this.#work.publishEvent(waitingForPoolEvent(found, now()));
    expireUnplaceable(this.state, fleet, now());
    this.#failurePatterns.act();
    for (const missed of missDeadlines(this.state, now())) this.#work.publishEvent(deadlineEvent(missed, now()));
    if (now() - this.#told_absences_at_ms >= ABSENCES_MS) {
      this.#told_absences_at_ms = now();
      this.#absences.act();
    }
    if (now() - this.#moved_at_ms >= MOVE_MS) {
      this.#moved_at_ms = now();
      for (const state of planSteals(this.state, viewOf(this.state), now())) this.state.phases.withdraw(state);
    }
    if (this.#reconciler.isDue(now())) {
      this.#work.track(this.#reconciler.sweep());
      for (const pool of this.state.pools.all) if (pool.emitted.size > 0) this.#work.track(this.#reconcile(pool.name));
    }
    this.#act();
  }

  #act(): void {
    this.#exclusions.review(this.#options.fleet, this.#options.now());
    this.#emissions.emit();
    this.#completion.settle();
    this.#bindings.bind();
    this.#emissions.withdraw();
    this.#completion.finish();
  }

  async #reconcile(pool: string): Promise<void> {
    if (!this.#mayAct()) return;
    await this.#reconciler.reconcile(pool);
    this.schedule();
  }
}
