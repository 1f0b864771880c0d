import { checkpointKey } from '@benchwire/shared/contracts/checkpoint.ts';
import { type Outcome, outcomeIsFinal, outcomeMessageId, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import { publishEvent } from '@benchwire/shared/runtime/publish-event.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { SchedulerMetrics } from '../metrics.ts';
import { finishedEvent } from '../state/events.ts';
import { outcomeOf } from '../state/messages.ts';
import type { RunState } from '../state/model.ts';
import type { SchedulerState } from '../state/scheduler-state.ts';
import type { BackgroundWork } from './background-work.ts';

interface RunCompletionContext {
  jetstream: JetStreamClient;
  checkpoints: KV;
  log: Log;
  metrics: SchedulerMetrics;
  now: () => number;
  work: BackgroundWork;
  /** Asks for another round of decisions. */
  schedule: () => void;
  /** Takes the messages of a run out of RUNS. */
  ack: (run_id: string) => void;
}

/** Publications of the scheduler's own outcomes that may be under way at once. */
const MAX_SETTLING = 512;

/** Ends attempts that no worker can end, and runs whose tasks are all over. */
export class RunCompletion {
  readonly #state: SchedulerState;
  readonly #context: RunCompletionContext;
  readonly #finishing = new Set<RunState>();
  #settling = 0;

  constructor(state: SchedulerState, context: RunCompletionContext) {
    this.#state = state;
    this.#context = context;
  }

  settle(): void {
    const { jetstream, now, work, schedule } = this.#context;
    for (const state of this.#state.toSettle) {
      if (this.#settling >= MAX_SETTLING) return;
      this.#state.phases.startSettling(state);
      if (state.verdict === undefined) continue;
      this.#settling++;
      const outcome = outcomeOf(state, state.verdict, now());
      const done = publish(jetstream, outcomeSubject(outcome), JSON.stringify(outcome), {
        id: outcomeMessageId(outcome),
        signal: work.signal,
      }).finally(() => {
        this.#settling--;
        if (this.#state.toSettle.size > 0) schedule();
      });
      work.track(done.then(() => this.#forgetCheckpoint(outcome)));
    }
  }

  /** What earlier attempts of a task saved is of no use once it is over; the code that ends it clears up. */
  async #forgetCheckpoint(outcome: Outcome): Promise<void> {
    const never_ran = outcome.attempt === 1 && outcome.started_at === null && outcome.worker_id === null;
    if (!outcomeIsFinal(outcome) || never_ran) return;
    await this.#context.checkpoints.delete(checkpointKey(outcome));
  }

  finish(): void {
    for (const run of this.#state.finished) {
      if (this.#finishing.has(run)) continue;
      this.#finishing.add(run);
      this.#context.work.track(this.#finishOne(run).finally(() => this.#finishing.delete(run)));
    }
  }

  async #finishOne(run: RunState): Promise<void> {
    const { jetstream, now, work, ack, metrics, log } = this.#context;
    const { run_id } = run.submitted;
    const event = finishedEvent(run, now());
    await publishEvent(jetstream, event, work.signal);
    ack(run_id);
    this.#state.dropRun(run);
    metrics.finished.inc();
    log.info({ run_id, ...run.counts }, 'run finished');
  }
}
