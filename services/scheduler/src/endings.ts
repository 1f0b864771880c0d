import { checkpointKey } from '@benchwire/shared/contracts/checkpoint.ts';
import { type Outcome, outcomeIsFinal, outcomeMessageId, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import { publishEvent } from '@benchwire/shared/runtime/publish-event.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import { finishedEvent } from './decide/events.ts';
import { outcomeOf } from './decide/messages.ts';
import type { RunState } from './decide/run-state.ts';
import type { SchedulerState } from './decide/scheduler-state.ts';
import type { SchedulerMetrics } from './metrics.ts';
import type { SideWork } from './side-work.ts';

interface EndingsParts {
  jetstream: JetStreamClient;
  checkpoints: KV;
  log: Log;
  metrics: SchedulerMetrics;
  now: () => number;
  work: SideWork;
  /** Asks for another round of decisions. */
  schedule: () => void;
  /** Takes the messages of a run out of RUNS. */
  ack: (run_id: string) => void;
}

/** Publications of the scheduler's own outcomes that may be under way at once. */
const MAX_SETTLING = 512;

/** Ends attempts that no worker can end, and runs whose tasks are all over. */
export class Endings {
  readonly #state: SchedulerState;
  readonly #parts: EndingsParts;
  readonly #finishing = new Set<RunState>();
  #settling = 0;

  constructor(state: SchedulerState, parts: EndingsParts) {
    this.#state = state;
    this.#parts = parts;
  }

  settle(): void {
    const { jetstream, now, work, schedule } = this.#parts;
    for (const state of this.#state.toSettle) {
      if (this.#settling >= MAX_SETTLING) return;
      this.#state.toSettle.delete(state);
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

  /** What earlier attempts of a task saved is of no use once it is over; whoever ends it clears up. */
  async #forgetCheckpoint(outcome: Outcome): Promise<void> {
    const never_ran = outcome.attempt === 1 && outcome.started_at === null && outcome.worker_id === null;
    if (!outcomeIsFinal(outcome) || never_ran) return;
    await this.#parts.checkpoints.delete(checkpointKey(outcome));
  }

  finish(): void {
    for (const run of this.#state.finished) {
      if (this.#finishing.has(run)) continue;
      this.#finishing.add(run);
      this.#parts.work.track(this.#finishOne(run).finally(() => this.#finishing.delete(run)));
    }
  }

  async #finishOne(run: RunState): Promise<void> {
    const { jetstream, now, work, ack, metrics, log } = this.#parts;
    const { run_id } = run.submitted;
    const event = finishedEvent(run, now());
    await publishEvent(jetstream, event, work.signal);
    ack(run_id);
    this.#state.dropRun(run);
    metrics.finished.inc();
    log.info({ run_id, ...run.counts }, 'run finished');
  }
}
