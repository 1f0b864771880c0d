import { workerCommandSubject } from '@benchwire/shared/contracts/worker.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { isFenced } from '../adapters/add-jobs.ts';
import type { PoolQueues } from '../adapters/pool-queues.ts';
import { idOf } from '../failures/reconcile.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { SchedulerMetrics } from '../metrics.ts';
import { planEmissions } from '../placement/emit.ts';
import { historyElsewhere } from '../placement/history.ts';
import type { Strategy } from '../placement/strategy.ts';
import { jobOf } from '../state/messages.ts';
import type { TaskState } from '../state/model.ts';
import type { SchedulerState } from '../state/scheduler-state.ts';
import { endOf } from '../state/verdicts.ts';
import type { BackgroundWork } from './background-work.ts';

interface EmissionsContext {
  nats: NatsConnection;
  queues: PoolQueues;
  fleet: Fleet;
  strategy: Strategy;
  log: Log;
  metrics: SchedulerMetrics;
  now: () => number;
  work: BackgroundWork;
  /** Asks for another round of decisions. */
  schedule: () => void;
  /** An attempt was told to stop; whether it did is to be looked after. */
  onAbort: (state: TaskState) => void;
}

/** Emissions decided in one go; the rest follows right after, so that folds and timers get their turn. */
const MAX_EMISSIONS_PER_ACT = 2000;

/** Puts attempts into the queues of pools, and takes them out again. */
export class Emissions {
  readonly #state: SchedulerState;
  readonly #context: EmissionsContext;
  readonly #withdrawing = new Set<TaskState>();

  constructor(state: SchedulerState, context: EmissionsContext) {
    this.#state = state;
    this.#context = context;
  }

  emit(): void {
    const { fleet, strategy, now, work, schedule } = this.#context;
    const emissions = planEmissions(this.#state, fleet, strategy, now(), MAX_EMISSIONS_PER_ACT);
    for (const [pool, list] of Map.groupBy(emissions, (emission) => emission.pool)) {
      const states = list.map((emission) => emission.state);
      work.track(this.#send(pool, states));
    }
    if (emissions.length >= MAX_EMISSIONS_PER_ACT) schedule();
  }

  async #send(pool: string, states: TaskState[]): Promise<void> {
    const { queues, fleet, metrics, log, now } = this.#context;
    try {
      const serving = fleet.pools().get(pool);
      const jobs = states.map((state) => {
        const history_pool = historyElsewhere(this.#state, state.lane, pool);
        const job = jobOf(state, this.#state.failures.of(state), serving);
        return history_pool === undefined ? job : { ...job, history_pool };
      });
      await queues.add(pool, jobs);
      metrics.emitted.inc(states.length);
    } catch (error) {
      log.error({ err: error, pool }, 'could not put jobs into the queue');
      // After any other failure they may be there all the same: the reconciler finds out.
      if (!isFenced(error)) return;
      for (const state of states) if (state.emission?.pool.name === pool) this.#state.returnToReady(state, now());
    }
  }

  withdraw(): void {
    for (const state of this.#state.toWithdraw) {
      if (this.#withdrawing.has(state)) continue;
      this.#state.phases.startWithdrawing(state);
      this.#withdrawing.add(state);
      this.#context.work.track(this.#withdrawOne(state).finally(() => this.#withdrawing.delete(state)));
    }
  }

  async #withdrawOne(state: TaskState): Promise<void> {
    const { queues, fleet, nats, now, schedule, onAbort } = this.#context;
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
      this.#state.returnToReady(state, now());
      schedule();
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
    // A worker that does not have it ignores this; the one that has it publishes the outcome.
    for (const worker_id of fleet.pools().get(pool)?.workers ?? [])
      nats.publish(workerCommandSubject(worker_id), command);
    onAbort(state);
  }
}
