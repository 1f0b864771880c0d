import { workerCommandSubject } from '@benchwire/shared/contracts/worker.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { isFenced } from './adapters/fence.ts';
import type { PoolQueues } from './adapters/pool-queues.ts';
import { planEmissions } from './decide/emit.ts';
import type { Fleet } from './decide/fleet.ts';
import { jobOf } from './decide/messages.ts';
import { idOf } from './decide/reconcile.ts';
import type { TaskState } from './decide/run-state.ts';
import type { SchedulerState } from './decide/scheduler-state.ts';
import type { Strategy } from './decide/strategy.ts';
import { endOf } from './decide/verdicts.ts';
import type { SchedulerMetrics } from './metrics.ts';
import type { SideWork } from './side-work.ts';

interface EmissionsParts {
  nats: NatsConnection;
  queues: PoolQueues;
  fleet: Fleet;
  strategy: Strategy;
  log: Log;
  metrics: SchedulerMetrics;
  now: () => number;
  work: SideWork;
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
  readonly #parts: EmissionsParts;
  readonly #withdrawing = new Set<TaskState>();

  constructor(state: SchedulerState, parts: EmissionsParts) {
    this.#state = state;
    this.#parts = parts;
  }

  emit(): void {
    const { fleet, strategy, now, work, schedule } = this.#parts;
    const emissions = planEmissions(this.#state, fleet, strategy, now(), MAX_EMISSIONS_PER_ACT);
    for (const [pool, list] of Map.groupBy(emissions, (emission) => emission.pool)) {
      const states = list.map((emission) => emission.state);
      work.track(this.#send(pool, states));
    }
    if (emissions.length >= MAX_EMISSIONS_PER_ACT) schedule();
  }

  async #send(pool: string, states: TaskState[]): Promise<void> {
    const { queues, fleet, metrics, log, now } = this.#parts;
    try {
      const serving = fleet.pools().get(pool);
      const jobs = states.map((state) => jobOf(state, this.#state.failures.of(state), serving));
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
      this.#state.toWithdraw.delete(state);
      this.#withdrawing.add(state);
      this.#parts.work.track(this.#withdrawOne(state).finally(() => this.#withdrawing.delete(state)));
    }
  }

  async #withdrawOne(state: TaskState): Promise<void> {
    const { queues, fleet, nats, now, schedule, onAbort } = this.#parts;
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
    // Whoever does not have it ignores this; the one that has it publishes the outcome.
    for (const worker_id of fleet.pools().get(pool)?.workers ?? [])
      nats.publish(workerCommandSubject(worker_id), command);
    onAbort(state);
  }
}
