import { checkpointKey } from '@benchwire/shared/contracts/checkpoint.ts';
import type { BenchEvent } from '@benchwire/shared/contracts/event.ts';
import { eventSubject } from '@benchwire/shared/contracts/event.ts';
import { RECOVERY_OF } from '@benchwire/shared/contracts/failure-classes.ts';
import { MESSAGE_VERSION, newRunId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcomeIsFinal, outcomeMessageId, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { type RunMessage, runMessageId, runSubject } from '@benchwire/shared/contracts/run.ts';
import type { PoolDemand } from '@benchwire/shared/contracts/status.ts';
import { workerCommandSubject } from '@benchwire/shared/contracts/worker.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import { isFenced } from './adapters/fence.ts';
import type { HeldLease } from './adapters/lease.ts';
import type { PoolQueues } from './adapters/pool-queues.ts';
import { missDeadlines } from './decide/deadlines.ts';
import { DemandReports } from './decide/demand-reports.ts';
import { planEmissions, viewOf } from './decide/emit.ts';
import type { Fleet, FleetChange } from './decide/fleet.ts';
import { Lessons } from './decide/lessons.ts';
import {
  acceptedEvent,
  deadlineEvent,
  demandEvent,
  eventOf,
  finishedEvent,
  jobOf,
  outcomeOf,
} from './decide/messages.ts';
import { idOf } from './decide/reconcile.ts';
import type { RunState, TaskState } from './decide/run-state.ts';
import { SchedulerState } from './decide/scheduler-state.ts';
import type { StateOptions } from './decide/state-options.ts';
import { planSteals } from './decide/steal.ts';
import type { Strategy } from './decide/strategy.ts';
import { expireUnplaceable, findUnplaceable, planBindings } from './decide/unplaceable.ts';
import { endOf } from './decide/verdicts.ts';
import { Wary } from './decide/wary.ts';
import { readHistory } from './handlers/outcome-history.ts';
import { readOutcomes } from './handlers/outcomes.ts';
import { type RunMessages, readRuns } from './handlers/runs.ts';
import { answerWhy } from './handlers/why.ts';
import type { SchedulerMetrics } from './metrics.ts';
import { Patterns } from './patterns.ts';
import { Reconciler } from './reconciler.ts';
import { type LeaderStatus, statusOf } from './status.ts';

export interface LeaderParts {
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  queues: PoolQueues;
  fleet: Fleet;
  strategy: Strategy;
  lease: HeldLease;
  log: Log;
  metrics: SchedulerMetrics;
  checkpoints: KV;
  /** Order, shares, failures: what the state is made with. */
  state_options: Partial<StateOptions>;
  /** Until a worker in quarantine is checked for the first time. */
  check_after_ms: number;
  now: () => number;
  random: () => number;
}

/** Emissions decided in one go; the rest follows right after, so that folds and timers get their turn. */
const MAX_EMISSIONS_PER_ACT = 2000;
/** Publications of the scheduler's own outcomes that may be under way at once. */
const MAX_SETTLING = 512;
const TICK_MS = 100;
/** How often jobs that stand behind others are looked at: whether an idle pool would complete them earlier. */
const MOVE_MS = 1000;
/** Past outcomes that teach a new leader run times: a third of a second beside its work, unless they carry long logs. */
const LEARN_FROM_OUTCOMES = 20_000;

/**
 * The one active scheduler. Folds RUNS and OUTCOMES into its state and does what the state asks for: emits attempts,
 * ends those that nobody else can, finishes runs. Acts only while its lease is valid; everything it does is keyed, so
 * that a successor may do it again.
 */
export class Leader {
  readonly state: SchedulerState;
  #lessons: Lessons;
  #reports: DemandReports;
  #parts: LeaderParts;
  #stopping = new AbortController();
  #running: Running[] = [];
  #inFlight = new Set<Promise<void>>();
  #messages: RunMessages | undefined;
  #scheduled = false;
  #settling = 0;
  #moved_at_ms = 0;
  #binding = new Set<TaskState>();
  #withdrawing = new Set<TaskState>();
  #finishing = new Set<RunState>();
  #ready = false;
  #reconciler: Reconciler;
  #wary: Wary;
  #patterns: Patterns;

  constructor(parts: LeaderParts) {
    this.#parts = parts;
    this.state = new SchedulerState(parts.state_options);
    this.#wary = new Wary(this.state);
    this.#patterns = new Patterns(this.state, {
      ...parts,
      publishEvent: (event) => this.#publishEvent(event),
      track: (work) => this.#track(work),
    });
    this.#reconciler = new Reconciler(this.state, parts);
    this.#lessons = new Lessons(this.state.run_times, (pool) => parts.fleet.classOf(pool));
    this.#reports = new DemandReports(parts.now());
  }

  /** Replays RUNS, then OUTCOMES, then what stands in the queues; decides nothing before that. */
  async start(): Promise<void> {
    const { now, random, log, lease } = this.#parts;
    const began = now();
    const runs = await readRuns(this.#parts, {
      apply: (message, as_written) => {
        const issues = this.state.applyRunMessage(message, now());
        if (issues.length === 0) this.#announce(message, as_written);
        this.schedule();
        return issues;
      },
      isOpen: (run_id) => this.state.runs.has(run_id),
    });
    this.#messages = runs;
    if (!(await this.#keep(runs))) return;
    await runs.caughtUp;
    if (this.#stopping.signal.aborted) return;

    let oldest = now();
    for (const run of this.state.runs.values()) oldest = Math.min(oldest, run.accepted_at_ms);
    const outcomes = await readOutcomes(this.#parts, oldest, (outcome, sequence) => {
      this.#parts.metrics.outcomes.inc({ status: outcome.status });
      this.#lessons.learn(outcome, sequence);
      const { pool, worker_id, model, status } = outcome;
      if (status === 'completed' && pool !== null && worker_id !== null && model !== null)
        this.state.pools.get(pool)?.usedModel(model, worker_id, now());
      if (!this.state.applyOutcome(outcome, now(), random)) return;
      const { run_id, task_id, attempt, error } = outcome;
      if (error !== null && this.state.find({ run_id, task_id, attempt: attempt + 1 }) !== undefined)
        this.#parts.metrics.recoveries.inc({ recovery: RECOVERY_OF[error.class] });
      this.schedule();
    });
    if (!(await this.#keep(outcomes))) return;
    const first_sequence = await outcomes.caughtUp;

    await this.#reconciler.restore();
    if (this.#stopping.signal.aborted) return;
    this.#patterns.begin();
    this.#ready = true;
    const timer = setInterval(() => this.#tick(), TICK_MS);
    this.#running.push({
      stop: async () => clearInterval(timer),
    });
    this.#running.push(answerWhy(this.#parts, this.state));
    this.#tick();
    const past = { before_sequence: first_sequence, max_outcomes: LEARN_FROM_OUTCOMES };
    this.#running.push(readHistory(this.#parts, past, (outcome, sequence) => this.#lessons.learn(outcome, sequence)));
    log.info({ open_runs: this.state.runs.size, replay_ms: Math.round(now() - began) }, 'leading');
    this.#publishEvent(
      eventOf('service', 'leader', 'a scheduler has taken the lead', now(), newRunId(), {
        data: { open_runs: this.state.runs.size, epoch: lease.epoch },
      }),
    );
  }

  async stop(): Promise<void> {
    this.#ready = false;
    this.#stopping.abort();
    await Promise.allSettled(this.#running.toReversed().map((part) => part.stop()));
    await Promise.allSettled([...this.#inFlight]);
  }

  /** What it says of itself once a second; undefined until it has replayed everything and decides. */
  status(id: string): LeaderStatus | undefined {
    return this.#mayAct() ? statusOf(id, this.state, this.#parts.fleet, this.#parts.now()) : undefined;
  }

  /** Tells what there is to do for the pools where that has changed. */
  reportDemand(pools: readonly PoolDemand[]): void {
    const now = this.#parts.now();
    for (const demand of this.#reports.due(pools, now)) this.#publishEvent(demandEvent(demand, now));
  }

  /** Registers a part to be stopped; one that comes up after `stop` is stopped at once. */
  async #keep(part: Running): Promise<boolean> {
    if (this.#stopping.signal.aborted) {
      await part.stop();
      return false;
    }
    this.#running.push(part);
    return true;
  }

  /** To be called when workers have come, gone or changed. */
  onFleetChange(change: FleetChange): void {
    const { fleet, now, log } = this.#parts;
    this.schedule();
    if (change.kind === 'joined') return;
    if (change.kind === 'lost') {
      const message = `worker ${change.worker_id} has been silent for ${(change.silent_ms / 1000).toFixed(1)} s`;
      log.warn(message);
      this.#publishEvent(eventOf('worker', 'lost', message, now(), newRunId(), { worker_id: change.worker_id }));
    }
    if (!this.#ready) return;
    if (change.kind === 'released') this.#patterns.released(change.worker_id);
    for (const pool of fleet.poolsOf(change.worker_id)) this.#track(this.#reconcile(pool));
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
    return this.#ready && !this.#stopping.signal.aborted && this.#parts.lease.valid();
  }

  #tick(): void {
    if (!this.#mayAct()) return;
    const { fleet, now } = this.#parts;
    this.state.wakeDelayed(now());
    for (const { group, sample, reason } of findUnplaceable(this.state, fleet, now())) {
      const { task_id, lane } = sample;
      const { run_id } = lane.run.submitted;
      this.#publishEvent(
        eventOf(
          'task',
          'waiting_for_pool',
          `no pool can run it now: ${reason}`,
          now(),
          `${run_id}.${task_id}.no-pool.${now()}`,
          {
            run_id,
            task_id,
            data: { tasks: group.size, executor: group.need.executor, requirements: group.need.requirements },
          },
        ),
      );
    }
    expireUnplaceable(this.state, fleet, now());
    this.#patterns.act();
    for (const missed of missDeadlines(this.state, now())) this.#publishEvent(deadlineEvent(missed, now()));
    if (now() - this.#moved_at_ms >= MOVE_MS) {
      this.#moved_at_ms = now();
      for (const state of planSteals(this.state, viewOf(this.state), now())) this.state.toWithdraw.add(state);
    }
    if (this.#reconciler.isDue(now())) {
      for (const pool of this.state.pools.all) if (pool.emitted.size > 0) this.#track(this.#reconcile(pool.name));
    }
    this.#act();
  }

  #act(): void {
    this.#wary.review(this.#parts.fleet, this.#parts.now());
    this.#emit();
    this.#settle();
    this.#bind();
    this.#withdraw();
    this.#finish();
  }

  #emit(): void {
    const { fleet, strategy, now } = this.#parts;
    const emissions = planEmissions(this.state, fleet, strategy, now(), MAX_EMISSIONS_PER_ACT);
    const byPool = Map.groupBy(emissions, (emission) => emission.pool);
    for (const [pool, list] of byPool) {
      this.#track(
        this.#send(
          pool,
          list.map((emission) => emission.state),
        ),
      );
    }
    if (emissions.length >= MAX_EMISSIONS_PER_ACT) this.schedule();
  }

  async #send(pool: string, states: TaskState[]): Promise<void> {
    const { queues, fleet, metrics, log, now } = this.#parts;
    try {
      const serving = fleet.pools().get(pool);
      const jobs = states.map((state) => jobOf(state, this.state.failures.of(state), serving));
      await queues.add(pool, jobs);
      metrics.emitted.inc(states.length);
    } catch (error) {
      log.error({ err: error, pool }, 'could not put jobs into the queue');
      // After any other failure they may be there all the same: the reconciler finds out.
      if (!isFenced(error)) return;
      for (const state of states) if (state.emission?.pool.name === pool) this.state.returnToReady(state, now());
    }
  }

  #settle(): void {
    for (const state of this.state.toSettle) {
      if (this.#settling >= MAX_SETTLING) return;
      this.state.toSettle.delete(state);
      if (state.verdict === undefined) continue;
      this.#settling++;
      const outcome = outcomeOf(state, state.verdict, this.#parts.now());
      const done = publish(this.#parts.jetstream, outcomeSubject(outcome), JSON.stringify(outcome), {
        id: outcomeMessageId(outcome),
        signal: this.#stopping.signal,
      }).finally(() => {
        this.#settling--;
        if (this.state.toSettle.size > 0) this.schedule();
      });
      this.#track(done.then(() => this.#forgetCheckpoint(outcome)));
    }
  }

  /** What earlier attempts of a task saved is of no use once it is over; whoever ends it clears up. */
  async #forgetCheckpoint(outcome: Outcome): Promise<void> {
    if (
      !outcomeIsFinal(outcome) ||
      (outcome.attempt === 1 && outcome.started_at === null && outcome.worker_id === null)
    )
      return;
    await this.#parts.checkpoints.delete(checkpointKey(outcome));
  }

  #bind(): void {
    const { fleet, now, jetstream } = this.#parts;
    if (this.state.unbound.size === 0) return;
    for (const { state, pools } of planBindings(this.state, fleet, now())) {
      if (this.#binding.has(state)) continue;
      this.#binding.add(state);
      const { run_id } = state.lane.run.submitted;
      const message: RunMessage = {
        v: MESSAGE_VERSION,
        run_id,
        at: new Date(now()).toISOString(),
        kind: 'bound',
        task_id: state.task_id,
        pools,
      };
      const stored = publish(jetstream, runSubject(run_id), JSON.stringify(message), {
        id: runMessageId(message),
        with_hash: true,
        signal: this.#stopping.signal,
      });
      this.#track(stored.then(() => undefined).finally(() => this.#binding.delete(state)));
    }
  }

  #withdraw(): void {
    for (const state of this.state.toWithdraw) {
      if (this.#withdrawing.has(state)) continue;
      this.state.toWithdraw.delete(state);
      this.#withdrawing.add(state);
      this.#track(this.#withdrawOne(state).finally(() => this.#withdrawing.delete(state)));
    }
  }

  async #withdrawOne(state: TaskState): Promise<void> {
    const { queues, fleet, nats, now } = this.#parts;
    const { attempt, emission } = state;
    const { run } = state.lane;
    if (emission === undefined) return;
    const pool = emission.pool.name;
    const id = idOf(state);
    const withdrawal = await queues.withdraw(pool, id);
    // Its outcome may have come meanwhile.
    if (state.phase !== 'emitted' || state.attempt !== attempt) return;
    const end = endOf(state);
    // One that was only to go to another pool stays, unless the job is here and nowhere else.
    if (withdrawal === 'removed' || (withdrawal === 'gone' && end !== undefined)) {
      this.state.returnToReady(state, now());
      this.schedule();
      return;
    }
    if (end === undefined) return;
    const command = JSON.stringify({
      command: 'abort',
      run_id: run.submitted.run_id,
      task_id: state.task_id,
      attempt,
      reason: end.error.message,
    });
    // Whoever does not have it ignores this; the one that has it publishes the outcome.
    for (const worker_id of fleet.pools().get(pool)?.workers ?? [])
      nats.publish(workerCommandSubject(worker_id), command);
    this.#reconciler.recheckAbort(state);
  }

  #finish(): void {
    for (const run of this.state.finished) {
      if (this.#finishing.has(run)) continue;
      this.#finishing.add(run);
      this.#track(this.#finishOne(run).finally(() => this.#finishing.delete(run)));
    }
  }

  async #finishOne(run: RunState): Promise<void> {
    const { run_id } = run.submitted;
    const event = finishedEvent(run, this.#parts.now());
    await publish(this.#parts.jetstream, eventSubject(event), JSON.stringify(event), {
      id: event.event_id,
      signal: this.#stopping.signal,
    });
    this.#messages?.ack(run_id);
    this.state.dropRun(run);
    this.#parts.metrics.finished.inc();
    this.#parts.log.info({ run_id, ...run.counts }, 'run finished');
  }

  async #reconcile(pool: string): Promise<void> {
    if (!this.#mayAct()) return;
    await this.#reconciler.reconcile(pool);
    this.schedule();
  }

  #announce(message: RunMessage, as_written: () => unknown): void {
    const run = this.state.runs.get(message.run_id);
    if (run === undefined) return;
    const { run_id } = message;
    const at = Date.parse(message.at);
    if (message.kind === 'submitted') this.#publishEvent(acceptedEvent(run, as_written()));
    else if (message.kind === 'cancelled') {
      this.#publishEvent(
        eventOf('run', 'cancelling', `cancelled: ${message.reason}`, at, `${run_id}.cancelling`, { run_id }),
      );
    } else {
      const { task_id, pools } = message;
      this.#publishEvent(
        eventOf('run', 'bound', `task ${task_id} runs on ${pools.join(', ')}`, at, runMessageId(message), {
          run_id,
          data: { task_id, pools },
        }),
      );
    }
  }

  #publishEvent(event: BenchEvent): void {
    const stored = publish(this.#parts.jetstream, eventSubject(event), JSON.stringify(event), {
      id: event.event_id,
      signal: this.#stopping.signal,
    });
    this.#track(stored.then(() => undefined));
  }

  /** Lets work run beside the fold; a failure is logged, and what the state still asks for is asked for again. */
  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted)
          this.#parts.log.error({ reason: messageOf(error) }, 'a decision could not be carried out');
      })
      .finally(() => this.#inFlight.delete(tracked));
    this.#inFlight.add(tracked);
  }
}
