import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import { type RunMessage, runMessageId, runSubject } from '@benchwire/shared/contracts/run.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { Fleet } from '../fleet/fleet.ts';
import { planBindings } from '../placement/unplaceable.ts';
import type { TaskState } from '../state/model.ts';
import type { SchedulerState } from '../state/scheduler-state.ts';
import type { BackgroundWork } from './background-work.ts';

interface BindingsContext {
  jetstream: JetStreamClient;
  fleet: Fleet;
  now: () => number;
  work: BackgroundWork;
}

/** Stores in RUNS which pools an `each` task runs on: from then on every leader knows it. */
export class Bindings {
  readonly #state: SchedulerState;
  readonly #context: BindingsContext;
  readonly #binding = new Set<TaskState>();

  constructor(state: SchedulerState, context: BindingsContext) {
    this.#state = state;
    this.#context = context;
  }

  bind(): void {
    const { fleet, now, jetstream, work } = this.#context;
    if (this.#state.unbound.size === 0) return;
    for (const { state, pools } of planBindings(this.#state, fleet, now())) {
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
        signal: work.signal,
      });
      work.track(stored.then(() => undefined).finally(() => this.#binding.delete(state)));
    }
  }
}
